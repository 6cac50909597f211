package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.Compression;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A single bit is flipped, anywhere: it is found, it is confined, and it is never taken for the end of the log. */
class DamageTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private final ManualClock clock = new ManualClock();
    private Compression compression = Compression.NONE;

    private LogOptions options(SimDisk disk, int segmentBytes) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withCompression(compression)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(segmentBytes));
    }

    private SimDisk closedLog(Ledger ledger, int segmentBytes, int segments) {
        SimDisk disk = new SimDisk(5);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk, segmentBytes))) {
            while (log.describe().segments().size() < segments
                    || log.describe().segments().get(segments - 1).bytes() < segmentBytes * 3 / 4) {
                ledger.append(log, 1 + ledger.size() % 3);
            }
        }
        return disk;
    }

    @ParameterizedTest
    @EnumSource
    void every_bit_of_a_small_closed_log_is_watched(Compression kind) {
        compression = kind;
        flipEveryBit(1024);
    }

    @Tag("soak")
    @ParameterizedTest
    @EnumSource
    void every_bit_of_a_larger_closed_log_is_watched(Compression kind) {
        compression = kind;
        flipEveryBit(22 << 10);
    }

    private void flipEveryBit(int segmentBytes) {
        Ledger ledger = new Ledger();
        SimDisk disk = closedLog(ledger, segmentBytes, 3);
        assertThat(FrameList.of(DIRECTORY, options(disk, segmentBytes)).codecs())
                .contains(compression.toString());
        long bits = 0;
        for (String name : disk.names(DIRECTORY)) {
            boolean mustBeFound = name.endsWith(".log") || name.endsWith(".producers") || name.equals("manifest");
            long size = disk.bytes(DIRECTORY.resolve(name)).length;
            for (long bit = 0; bit < size * 8; bit++) {
                SimDisk damaged = disk.copy();
                damaged.flipBit(DIRECTORY.resolve(name), bit);
                try {
                    check(damaged, segmentBytes, ledger, mustBeFound);
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError("bit " + bit + " of " + name + " (byte " + bit / 8 + "): " + e, e);
                }
                bits++;
            }
        }
        assertThat(bits).isGreaterThan(segmentBytes * 2L * 8);
    }

    private void check(SimDisk disk, int segmentBytes, Ledger ledger, boolean mustBeFound) {
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(DIRECTORY, options(disk, segmentBytes), findings::add, bytes -> {});
        if (mustBeFound) {
            assertThat(findings).as("what verify finds").isNotEmpty();
        }
        try (ObservedLog observed = ObservedLog.open(DIRECTORY, options(disk, segmentBytes))) {
            checkReadable(observed, ledger);
            checkTimes(observed, ledger);
        }
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk, segmentBytes))) {
            checkReadable(log, ledger);
            assertThat(log.append(Ledger.record(1_000_000)))
                    .as("the next offset")
                    .isEqualTo(ledger.nextOffset());
        }
    }

    /** Every record is right, or told to be damaged with offsets that hold it; at most one batch's worth is. */
    static void checkReadable(ReadableLog log, Ledger ledger) {
        TreeMap<Long, NewRecord> missing = new TreeMap<>(ledger.acknowledged());
        long next = 0;
        long damaged = 0;
        while (true) {
            try {
                ReadResult result = log.read(next, 300);
                if (result.nextOffset() == next) {
                    break;
                }
                for (LogRecord record : result.records()) {
                    assertThat(missing.remove(record.offset()))
                            .as("offset %d", record.offset())
                            .isEqualTo(record.toNewRecord());
                }
                next = result.nextOffset();
            } catch (LogException.CorruptRecord e) {
                assertThat(e.firstOffset()).isLessThanOrEqualTo(next);
                assertThat(e.lastOffset()).isGreaterThanOrEqualTo(next);
                for (long offset = next; offset <= e.lastOffset(); offset++) {
                    missing.remove(offset);
                    damaged++;
                }
                next = e.lastOffset() + 1;
            }
        }
        assertThat(next).as("where reading ends").isGreaterThanOrEqualTo(ledger.nextOffset());
        assertThat(missing).as("neither read nor told to be damaged").isEmpty();
        assertThat(damaged).as("records lost to one flipped bit").isLessThanOrEqualTo(3);
    }

    private static void checkTimes(ReadableLog log, Ledger ledger) {
        for (Map.Entry<Long, NewRecord> entry : ledger.acknowledged().entrySet()) {
            try {
                assertThat(log.offsetForTimestamp(entry.getValue().timestamp())).hasValue(entry.getKey());
            } catch (LogException.CorruptRecord e) {
                // What was lost at or before it may have been the answer.
                assertThat(e.firstOffset()).isLessThanOrEqualTo(entry.getKey());
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_bit_flipped_before_the_last_commit_of_a_crashed_log_loses_no_other_record(Compression kind) {
        compression = kind;
        Ledger ledger = new Ledger();
        SimDisk disk = new SimDisk(6);
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk, 4096));
        for (int i = 0; i < 12; i++) {
            ledger.append(log, 1 + i % 3);
        }
        long lastCommitAt = log.describe().bytes();
        ledger.append(log, 1);
        disk.kill();
        disk.restart();
        Path file = DIRECTORY.resolve("00000000000000000000.log");
        for (long bit = 0; bit < lastCommitAt * 8; bit++) {
            SimDisk damaged = disk.copy();
            damaged.flipBit(file, bit);
            try (PartitionLog recovered = PartitionLog.open(DIRECTORY, options(damaged, 4096))) {
                checkReadable(recovered, ledger);
                assertThat(recovered.recovery().damage()).isNotEmpty();
                assertThat(recovered.describe().damage()).isNotEmpty();
                assertThat(recovered.recovery().quarantinedBytes()).isZero();
                assertThat(recovered.logEndOffset()).isEqualTo(ledger.nextOffset());
                assertThat(recovered.append(Ledger.record(77))).isEqualTo(ledger.nextOffset());
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("bit " + bit + " (byte " + bit / 8 + "): " + e, e);
            }
        }
    }

    @Test
    void a_missing_manifest_is_not_taken_for_a_missing_log() throws Exception {
        Ledger ledger = new Ledger();
        SimDisk disk = closedLog(ledger, 1024, 2);
        disk.delete(DIRECTORY.resolve("manifest"));
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(DIRECTORY, options(disk, 1024), findings::add, bytes -> {});
        assertThat(findings).extracting(Damage::kind).containsExactly(Damage.Kind.MANIFEST);
        for (ThrowingCallable look : List.<ThrowingCallable>of(
                () -> ObservedLog.open(DIRECTORY, options(disk, 1024)),
                () -> PartitionLog.open(DIRECTORY, options(disk, 1024)))) {
            assertThatThrownBy(look)
                    .isInstanceOf(LogException.Broken.class)
                    .hasMessageContaining(
                            "the manifest is missing, but there are segments:" + " [00000000000000000000.log, ");
        }
    }

    @Test
    void damage_is_still_told_of_after_more_appends_and_restarts() {
        Ledger ledger = new Ledger();
        SimDisk disk = new SimDisk(6);
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk, 4096));
        for (int i = 0; i < 12; i++) {
            ledger.append(log, 2);
        }
        disk.kill();
        disk.restart();
        disk.flipBit(DIRECTORY.resolve("00000000000000000000.log"), (512 + 100) * 8);
        for (int life = 0; life < 3; life++) {
            try (PartitionLog recovered = PartitionLog.open(DIRECTORY, options(disk, 4096))) {
                assertThat(recovered.describe().damage()).hasSize(1);
                assertThat(recovered.describe().damage().get(0).firstOffset()).isZero();
                assertThat(recovered.describe().damage().get(0).lastOffset()).isEqualTo(1);
                assertThat(recovered.describe().segments().get(0).sealed()).isTrue();
                ledger.append(recovered, 2);
                checkReadable(recovered, ledger);
            }
        }
    }
}
