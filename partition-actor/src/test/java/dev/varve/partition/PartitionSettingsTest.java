package dev.varve.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import dev.varve.log.LogOptions;
import dev.varve.log.RetentionPolicy;
import dev.varve.log.SyncPolicy;
import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.log.compaction.CompactionPolicy.Keep;
import dev.varve.log.format.Compression;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PartitionSettingsTest {
    private static final Path DIRECTORY = Path.of("/somewhere");

    private static PartitionSettings settings(String override) {
        Config config = ConfigFactory.parseString(override).withFallback(ConfigFactory.load());
        return PartitionSettings.fromConfig(DIRECTORY, config.resolve().getConfig("varve"));
    }

    @Test
    void the_reference_configuration_says_the_same_as_the_defaults_in_code() {
        assertThat(settings("")).isEqualTo(PartitionSettings.of(DIRECTORY, LogOptions.defaults()));
    }

    @Test
    void every_sync_policy_can_be_configured() {
        assertThat(settings("varve.log.sync = none").log().syncPolicy()).isEqualTo(SyncPolicy.none());
        assertThat(settings("varve.log { sync = every-n-writes, sync-writes = 7, sync-max-delay = 3 ms }")
                        .log()
                        .syncPolicy())
                .isEqualTo(SyncPolicy.everyNWrites(7, Duration.ofMillis(3)));
    }

    @ParameterizedTest
    @EnumSource
    void every_kind_of_compression_can_be_configured(Compression kind) {
        assertThat(settings("varve.log.compression = " + kind).log().compression())
                .isEqualTo(kind);
    }

    @Test
    void retention_and_compaction_can_be_configured() {
        PartitionSettings settings =
                settings("varve { log { retention { max-age = 3 d, max-bytes = 5 GiB, clock-trust = 2 m },"
                        + " compaction { keep = latest-of-key, min-dead-share = 0.2, tombstone-age = 7 h } },"
                        + " partition.maintenance { interval = 9 s, bytes-per-second = 1 MiB } }");
        assertThat(settings.maintenance())
                .isEqualTo(new MaintenanceSettings(
                        Duration.ofSeconds(9),
                        1 << 20,
                        RetentionPolicy.KEEP_ALL
                                .withMaxAge(Duration.ofDays(3))
                                .withMaxBytes(5L << 30)
                                .withClockTrust(Duration.ofMinutes(2)),
                        Optional.of(new CompactionPolicy(Keep.LATEST_OF_KEY, 0.2, Duration.ofHours(7)))));
        assertThat(settings.log().keyMemoryBytes()).isEqualTo(64 << 20);
        assertThat(settings("varve.log.compaction.keep = undeleted")
                        .maintenance()
                        .compaction())
                .contains(CompactionPolicy.of(Keep.UNDELETED));
    }

    @ParameterizedTest
    @CsvSource({
        "varve.log.compaction.keep = most, 'off, undeleted or latest-of-key, not most'",
        "'varve.log.compaction { keep = undeleted, min-dead-share = 2 }', the dead share must be from 0 to 1",
        "varve.partition.maintenance.interval = 0 s, the interval must be more than zero",
        "varve.partition.maintenance.bytes-per-second = 0, bytes per second must be 1 or more",
        "varve.log.compression = gzip, 'compression is none, lz4 or zstd, not gzip'",
        "varve.log.sync = sometimes, every-n-writes",
        "varve.log.segment-bytes = 5 TiB, segment bytes must be from",
        "varve.max-batch-bytes = 3 GiB, integer overflow",
        "varve.max-batch-bytes = 1 B, max batch bytes must be from",
        "varve.log.max-producers = 100001, max producers must be from 1 to 100000",
        "varve.log.producer-expiry = -1 s, the producer expiry must be zero or more",
        "varve.partition.max-reads = 0, maxReads must be 1 or more",
        "varve.partition.lock-wait = -1 s, lockWait must be zero or more"
    })
    void a_value_out_of_its_range_is_refused_with_the_reason(String override, String reason) {
        assertThatThrownBy(() -> settings(override))
                .isInstanceOf(ConfigException.BadValue.class)
                .hasMessageContaining(reason);
    }
}
