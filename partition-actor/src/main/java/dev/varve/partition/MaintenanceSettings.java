package dev.varve.partition;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import dev.varve.log.RetentionPolicy;
import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.log.compaction.CompactionPolicy.Keep;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * What a partition does about its log in the background. Immutable.
 *
 * @param interval how long from the end of one round to the next, if no segment is sealed meanwhile; more than zero
 * @param bytesPerSecond how much is read and written for it at most, on average; 1 or more
 * @param retention what is kept
 * @param compaction what is taken out of what is kept; empty for nothing
 */
public record MaintenanceSettings(
        Duration interval, long bytesPerSecond, RetentionPolicy retention, Optional<CompactionPolicy> compaction) {

    /** As in the reference configuration: keeps everything. */
    public static final MaintenanceSettings DEFAULT =
            new MaintenanceSettings(Duration.ofMinutes(1), 64 << 20, RetentionPolicy.KEEP_ALL, Optional.empty());

    public MaintenanceSettings {
        Objects.requireNonNull(retention, "retention");
        Objects.requireNonNull(compaction, "compaction");
        if (interval.isZero() || interval.isNegative()) {
            throw new IllegalArgumentException("the interval must be more than zero, not " + interval);
        }
        if (bytesPerSecond < 1) {
            throw new IllegalArgumentException("bytes per second must be 1 or more, not " + bytesPerSecond);
        }
    }

    public MaintenanceSettings withRetention(RetentionPolicy policy) {
        return new MaintenanceSettings(interval, bytesPerSecond, policy, compaction);
    }

    public MaintenanceSettings withCompaction(CompactionPolicy policy) {
        return new MaintenanceSettings(interval, bytesPerSecond, retention, Optional.of(policy));
    }

    static MaintenanceSettings fromConfig(Config varve) {
        Config maintenance = varve.getConfig("partition.maintenance");
        return new MaintenanceSettings(
                maintenance.getDuration("interval"),
                maintenance.getBytes("bytes-per-second"),
                retention(varve.getConfig("log.retention")),
                compaction(varve.getConfig("log.compaction")));
    }

    private static RetentionPolicy retention(Config config) {
        RetentionPolicy policy = RetentionPolicy.KEEP_ALL.withClockTrust(config.getDuration("clock-trust"));
        if (isOn(config, "max-age")) {
            policy = policy.withMaxAge(config.getDuration("max-age"));
        }
        return isOn(config, "max-bytes") ? policy.withMaxBytes(config.getBytes("max-bytes")) : policy;
    }

    private static Optional<CompactionPolicy> compaction(Config config) {
        if (!isOn(config, "keep")) {
            return Optional.empty();
        }
        return Optional.of(new CompactionPolicy(
                keep(config), config.getDouble("min-dead-share"), config.getDuration("tombstone-age")));
    }

    private static Keep keep(Config config) {
        String name = config.getString("keep");
        return switch (name) {
            case "undeleted" -> Keep.UNDELETED;
            case "latest-of-key" -> Keep.LATEST_OF_KEY;
            default ->
                throw new ConfigException.BadValue(
                        config.getValue("keep").origin(),
                        "varve.log.compaction.keep",
                        "off, undeleted or latest-of-key, not " + name);
        };
    }

    private static boolean isOn(Config config, String key) {
        return !config.getString(key).equals("off");
    }
}
