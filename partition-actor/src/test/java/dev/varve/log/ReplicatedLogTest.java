package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A log that replication writes is changed by nobody else, and is read by everybody. */
class ReplicatedLogTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final Path MANIFEST = DIRECTORY.resolve("manifest");
    private static final int FLAGS_AT = 20;

    private final SimDisk disk = new SimDisk(7);
    private final LogOptions direct = LogOptions.defaults().withDisk(disk).withClock(new ManualClock());
    private final LogOptions replicated = direct.withReplicated(true);

    @BeforeEach
    void a_replica_with_a_record() {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, replicated)) {
            log.append(NewRecord.of(1, new byte[] {1}));
        }
    }

    private Map<String, byte[]> files(Path directory) throws Exception {
        Map<String, byte[]> files = new TreeMap<>();
        for (var file : disk.list(directory)) {
            files.put(file.name(), disk.bytes(directory.resolve(file.name())));
        }
        return files;
    }

    @Test
    void whoever_is_not_the_replication_can_neither_open_nor_delete_it_and_changes_nothing() throws Exception {
        Map<String, byte[]> before = files(DIRECTORY);
        assertThatThrownBy(() -> PartitionLog.open(DIRECTORY, direct))
                .isInstanceOf(LogException.Replicated.class)
                .hasMessageContaining(DIRECTORY.toString())
                .hasMessageContaining("replica of a partition");
        assertThatThrownBy(() -> PartitionLog.delete(DIRECTORY, direct)).isInstanceOf(LogException.Replicated.class);
        assertThat(files(DIRECTORY)).usingRecursiveComparison().isEqualTo(before);
        // The lock was let go of.
        PartitionLog.open(DIRECTORY, replicated).close();
    }

    @Test
    void it_stays_a_replica_through_rolls_deletions_and_crashes() throws Exception {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, replicated)) {
            log.roll();
            log.append(NewRecord.of(2, new byte[] {2}));
            log.deleteBefore(1);
        }
        assertThatThrownBy(() -> PartitionLog.open(DIRECTORY, direct)).isInstanceOf(LogException.Replicated.class);
        PartitionLog crashed = PartitionLog.open(DIRECTORY, replicated);
        crashed.append(NewRecord.of(3, new byte[] {3}));
        disk.kill();
        disk.restart();
        assertThatThrownBy(() -> PartitionLog.open(DIRECTORY, direct)).isInstanceOf(LogException.Replicated.class);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, replicated)) {
            assertThat(log.logEndOffset()).isEqualTo(3);
        }
    }

    @Test
    void a_log_of_before_becomes_one_when_replication_opens_it() {
        Path older = Path.of("/simulated/older");
        PartitionLog.open(older, direct).close();
        PartitionLog.open(older, direct).close();
        PartitionLog.open(older, replicated).close();
        assertThatThrownBy(() -> PartitionLog.open(older, direct)).isInstanceOf(LogException.Replicated.class);
    }

    @Test
    void replication_may_delete_it_and_another_log_may_begin_there() {
        assertThat(PartitionLog.delete(DIRECTORY, replicated)).isTrue();
        try (PartitionLog log = PartitionLog.open(DIRECTORY, direct)) {
            assertThat(log.logEndOffset()).isZero();
        }
    }

    @Test
    void what_repair_copies_of_a_replica_is_one_too() {
        Path copy = Path.of("/simulated/copy");
        LogRepair.repair(DIRECTORY, copy, direct, new ToldNothing(), bytes -> {});
        assertThatThrownBy(() -> PartitionLog.open(copy, direct)).isInstanceOf(LogException.Replicated.class);
    }

    /** Damage is not looked for here. */
    private static final class ToldNothing implements LogRepair.Told {
        @Override
        public void leftOut(Damage damage) {
            throw new AssertionError(damage);
        }

        @Override
        public void note(String text) {
            throw new AssertionError(text);
        }
    }

    @Test
    void a_flag_of_a_later_version_is_refused_with_advice() {
        byte[] manifest = disk.bytes(MANIFEST);
        int half = manifest.length / 2;
        for (int start : new int[] {0, half}) {
            manifest[start + FLAGS_AT + 3] |= 2;
            CRC32C crc = new CRC32C();
            crc.update(new byte[8]);
            crc.update(manifest, start, 16);
            crc.update(manifest, start + 20, half - 20);
            for (int i = 0; i < 4; i++) {
                manifest[start + 16 + i] = (byte) (crc.getValue() >> (24 - 8 * i));
            }
        }
        disk.put(MANIFEST, manifest);
        assertThatThrownBy(() -> PartitionLog.open(DIRECTORY, replicated))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContaining("flags 3")
                .hasMessageContaining("or a later one");
    }
}
