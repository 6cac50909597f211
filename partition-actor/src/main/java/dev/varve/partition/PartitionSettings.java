package dev.varve.partition;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import dev.varve.log.LogOptions;
import dev.varve.log.RollPolicy;
import dev.varve.log.SyncPolicy;
import dev.varve.log.format.Compression;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

/**
 * What a partition actor needs to know. Immutable; start from {@link #of} or {@link #fromConfig} and change what matters.
 *
 * @param directory where the log lies; created if it is not there
 * @param log how the log is opened
 * @param maxWaitingBytes an append is refused while this many bytes wait for a commit or are in one; what waits is at most this and
 *     one batch; 1 or more
 * @param maxReads a read is refused while this many wait for records or are under way; 1 or more
 * @param maxReadBytes the most that one read takes, unless one record alone is larger; 1 or more
 * @param maxReadWait the longest that a read waits for records; zero or more
 * @param maxRequests a request of another kind is refused while this many wait; the same for subscriptions, and for requests
 *     of any kind while the log is being opened; 1 or more
 * @param lockWait how long a log that another owner has is tried again; zero or more
 * @param maintenance what is done in the background
 */
public record PartitionSettings(
        Path directory,
        LogOptions log,
        long maxWaitingBytes,
        int maxReads,
        int maxReadBytes,
        Duration maxReadWait,
        int maxRequests,
        Duration lockWait,
        MaintenanceSettings maintenance) {

    public PartitionSettings {
        Objects.requireNonNull(directory, "directory");
        Objects.requireNonNull(log, "log");
        Objects.requireNonNull(maintenance, "maintenance");
        atLeast(1, maxWaitingBytes, "maxWaitingBytes");
        atLeast(1, maxReads, "maxReads");
        atLeast(1, maxReadBytes, "maxReadBytes");
        atLeast(1, maxRequests, "maxRequests");
        notNegative(maxReadWait, "maxReadWait");
        notNegative(lockWait, "lockWait");
    }

    /** The settings of the reference configuration for the log in a directory. */
    public static PartitionSettings of(Path directory, LogOptions log) {
        return new PartitionSettings(
                directory,
                log,
                32 << 20,
                1_000,
                1 << 20,
                Duration.ofSeconds(30),
                1_000,
                Duration.ofSeconds(5),
                MaintenanceSettings.DEFAULT);
    }

    /**
     * The settings of a configuration.
     *
     * @param config the section {@code varve}, as in {@code reference.conf}
     * @throws ConfigException if a value is missing, of the wrong type, or out of its range
     */
    public static PartitionSettings fromConfig(Path directory, Config config) {
        Config partition = config.getConfig("partition");
        try {
            return new PartitionSettings(
                    directory,
                    logOptions(config),
                    partition.getBytes("max-waiting-bytes"),
                    partition.getInt("max-reads"),
                    Math.toIntExact(partition.getBytes("max-read-bytes")),
                    partition.getDuration("max-read-wait"),
                    partition.getInt("max-requests"),
                    partition.getDuration("lock-wait"),
                    MaintenanceSettings.fromConfig(config));
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new ConfigException.BadValue(config.origin(), "varve", e.getMessage(), e);
        }
    }

    private static LogOptions logOptions(Config config) {
        Config log = config.getConfig("log");
        return LogOptions.defaults()
                .withMaxBatchBytes(Math.toIntExact(config.getBytes("max-batch-bytes")))
                .withSyncPolicy(syncPolicy(log))
                .withRollPolicy(RollPolicy.DEFAULT
                        .withSegmentBytes(log.getBytes("segment-bytes"))
                        .withMaxAge(log.getDuration("max-segment-age")))
                .withCompression(compression(log))
                .withIndexCacheBytes(log.getBytes("index-cache-bytes"))
                .withMarkDelay(log.getDuration("mark-delay"))
                .withProducerExpiry(log.getDuration("producer-expiry"))
                .withMaxProducers(log.getInt("max-producers"))
                .withKeyMemoryBytes(keyMemoryBytes(log));
    }

    /** Whoever compacts must know the keys. */
    private static long keyMemoryBytes(Config log) {
        return log.getString("compaction.keep").equals("off") ? 0 : log.getBytes("compaction.key-memory-bytes");
    }

    private static SyncPolicy syncPolicy(Config log) {
        String name = log.getString("sync");
        return switch (name) {
            case "none" -> SyncPolicy.none();
            case "every-write" -> SyncPolicy.everyWrite();
            case "every-n-writes" ->
                SyncPolicy.everyNWrites(log.getInt("sync-writes"), log.getDuration("sync-max-delay"));
            default ->
                throw new ConfigException.BadValue(
                        log.getValue("sync").origin(),
                        "varve.log.sync",
                        "none, every-write or every-n-writes, not " + name);
        };
    }

    private static Compression compression(Config log) {
        try {
            return Compression.named(log.getString("compression"));
        } catch (IllegalArgumentException e) {
            throw new ConfigException.BadValue(
                    log.getValue("compression").origin(), "varve.log.compression", e.getMessage(), e);
        }
    }

    public PartitionSettings withLog(LogOptions options) {
        return new PartitionSettings(
                directory,
                options,
                maxWaitingBytes,
                maxReads,
                maxReadBytes,
                maxReadWait,
                maxRequests,
                lockWait,
                maintenance);
    }

    public PartitionSettings withMaxWaitingBytes(long bytes) {
        return new PartitionSettings(
                directory, log, bytes, maxReads, maxReadBytes, maxReadWait, maxRequests, lockWait, maintenance);
    }

    public PartitionSettings withMaxReads(int reads) {
        return new PartitionSettings(
                directory, log, maxWaitingBytes, reads, maxReadBytes, maxReadWait, maxRequests, lockWait, maintenance);
    }

    public PartitionSettings withMaxReadBytes(int bytes) {
        return new PartitionSettings(
                directory, log, maxWaitingBytes, maxReads, bytes, maxReadWait, maxRequests, lockWait, maintenance);
    }

    public PartitionSettings withMaxReadWait(Duration wait) {
        return new PartitionSettings(
                directory, log, maxWaitingBytes, maxReads, maxReadBytes, wait, maxRequests, lockWait, maintenance);
    }

    public PartitionSettings withMaxRequests(int requests) {
        return new PartitionSettings(
                directory, log, maxWaitingBytes, maxReads, maxReadBytes, maxReadWait, requests, lockWait, maintenance);
    }

    public PartitionSettings withLockWait(Duration wait) {
        return new PartitionSettings(
                directory, log, maxWaitingBytes, maxReads, maxReadBytes, maxReadWait, maxRequests, wait, maintenance);
    }

    public PartitionSettings withMaintenance(MaintenanceSettings settings) {
        return new PartitionSettings(
                directory, log, maxWaitingBytes, maxReads, maxReadBytes, maxReadWait, maxRequests, lockWait, settings);
    }

    private static void atLeast(long least, long value, String name) {
        if (value < least) {
            throw new IllegalArgumentException(name + " must be " + least + " or more, not " + value);
        }
    }

    private static void notNegative(Duration value, String name) {
        if (value.isNegative()) {
            throw new IllegalArgumentException(name + " must be zero or more, not " + value);
        }
    }
}
