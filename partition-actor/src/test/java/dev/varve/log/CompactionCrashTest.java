package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.log.compaction.CompactionPolicy.Keep;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Fault.Effect;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Compaction and retention broken off, or met by an error, at each of their steps. */
class CompactionCrashTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final CompactionPolicy POLICY = CompactionPolicy.of(Keep.LATEST_OF_KEY);
    private static final RetentionPolicy SMALL = RetentionPolicy.KEEP_ALL.withMaxBytes(3000);

    private final ManualClock clock = new ManualClock();

    private LogOptions options(SimDisk disk) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withKeyMemoryBytes(1 << 20)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static NewRecord record(int number, String key) {
        return new NewRecord(number, bytes(key), number + 1, bytes("value " + number), List.of());
    }

    /** A log with segments that go as a whole, some that lose a part, and one that was deleted from. */
    private PartitionLog fill(SimDisk disk) {
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
        for (int i = 0; i < 45; i++) {
            log.append(List.of(record(i, "key-" + i % 2), record(100 + i, i % 15 == 14 ? "rare-" + i : "key-2")));
        }
        log.keys().deleteTo(bytes("rare-14"), Long.MAX_VALUE);
        return log;
    }

    private static TreeMap<Long, NewRecord> contents(ReadableLog log) {
        TreeMap<Long, NewRecord> contents = new TreeMap<>();
        for (LogRecord record : Ledger.readAll(log, 300)) {
            contents.put(record.offset(), record.toNewRecord());
        }
        return contents;
    }

    private static TreeMap<String, NewRecord> latest(ReadableLog log) {
        TreeMap<String, NewRecord> latest = new TreeMap<>();
        contents(log).values().forEach(record -> latest.put(new String(record.key(), StandardCharsets.UTF_8), record));
        return latest;
    }

    private static void compact(PartitionLog log) {
        log.compact(POLICY, bytes -> {});
    }

    /** What must hold whatever happened: the last record of each key, the ends, nothing invented, a clean bill. */
    private void check(SimDisk disk, PartitionLog log, TreeMap<Long, NewRecord> before) {
        TreeMap<Long, NewRecord> now = contents(log);
        assertThat(before.entrySet()).containsAll(now.entrySet());
        assertThat(log.logEndOffset()).isEqualTo(91);
        assertThat(log.logStartOffset()).isZero();
        TreeMap<String, NewRecord> latest = latest(log);
        assertThat(latest.get("key-0")).isEqualTo(record(44, "key-0"));
        assertThat(latest.get("key-1")).isEqualTo(record(43, "key-1"));
        assertThat(latest.get("key-2")).isEqualTo(record(143, "key-2"));
        assertThat(latest.get("rare-29")).isEqualTo(record(129, "rare-29"));
        assertThat(latest.get("rare-44")).isEqualTo(record(144, "rare-44"));
        assertThat(log.keys().state(bytes("rare-14")).highestSequence()).isEqualTo(115);
        assertThat(log.keys().state(bytes("rare-14")).deletedTo()).isEqualTo(115);
        assertThat(log.keys().read(bytes("rare-29"), 0, 0, 100).records()).hasSize(1);
        if (log.state() == LogState.FAILED) {
            // Hints may be those of the other segment until it is opened again.
            return;
        }
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(DIRECTORY, options(disk), findings::add, bytes -> {});
        assertThat(findings).isEmpty();
    }

    private static long changes(SimDisk disk) {
        return disk.operations().stream().filter(Operation::changes).count();
    }

    private long operationsOfCompaction() {
        SimDisk disk = new SimDisk(0);
        PartitionLog log = fill(disk);
        disk.recordOperations();
        compact(log);
        long operations = changes(disk);
        assertThat(latest(log)).hasSize(5);
        assertThat(contents(log)).hasSizeLessThan(25);
        log.close();
        return operations;
    }

    @ParameterizedTest
    @EnumSource(
            value = Effect.class,
            names = {"POWER_LOSS", "KILL"})
    void compaction_may_be_broken_off_at_every_step(Effect effect) {
        long operations = operationsOfCompaction();
        assertThat(operations).isGreaterThan(40);
        for (long at = 1; at <= operations; at++) {
            for (long seed = 0; seed < (effect == Effect.KILL ? 1 : 6); seed++) {
                SimDisk disk = new SimDisk(seed);
                PartitionLog log = fill(disk);
                TreeMap<Long, NewRecord> before = contents(log);
                disk.inject(Fault.at(at, Operation::changes, effect));
                assertThatThrownBy(() -> compact(log)).isInstanceOf(LogException.class);
                disk.restart();
                try {
                    // Those who only look find the same before anybody has cleared up.
                    try (ObservedLog observed = ObservedLog.open(DIRECTORY, options(disk))) {
                        assertThat(before.entrySet())
                                .containsAll(contents(observed).entrySet());
                    }
                    try (PartitionLog again = PartitionLog.open(DIRECTORY, options(disk))) {
                        check(disk, again, before);
                        assertThat(disk.names(DIRECTORY))
                                .noneMatch(name -> name.contains(".compacted") || name.endsWith(".deleted"));
                        compact(again);
                        check(disk, again, before);
                    }
                    try (PartitionLog again = PartitionLog.open(DIRECTORY, options(disk))) {
                        assertThat(again.recovery().clean()).isTrue();
                        check(disk, again, before);
                    }
                } catch (LogException | AssertionError e) {
                    throw new AssertionError(effect + " at operation " + at + ", " + disk + ": " + e, e);
                }
            }
        }
    }

    private void meetAtEveryStep(Effect effect, Predicate<Operation> which, boolean logGoesOn) {
        SimDisk counting = new SimDisk(0);
        PartitionLog counted = fill(counting);
        counting.recordOperations();
        compact(counted);
        long operations = counting.operations().stream().filter(which).count();
        counted.close();
        assertThat(operations).isPositive();
        for (long at = 1; at <= operations; at++) {
            SimDisk disk = new SimDisk(at);
            PartitionLog log = fill(disk);
            TreeMap<Long, NewRecord> before = contents(log);
            disk.inject(Fault.at(at, which, effect));
            try {
                try {
                    compact(log);
                } catch (LogException.IoFailed | LogException.OutcomeUnknown e) {
                    assertThat(e.getMessage()).isNotEmpty();
                }
                disk.heal();
                check(disk, log, before);
                if (logGoesOn) {
                    assertThat(log.state()).isEqualTo(LogState.READY);
                    compact(log);
                    assertThat(contents(log)).hasSizeLessThan(25);
                }
                log.close();
                try (PartitionLog again = PartitionLog.open(DIRECTORY, options(disk))) {
                    check(disk, again, before);
                    assertThat(disk.names(DIRECTORY)).noneMatch(name -> name.contains(".compacted"));
                    compact(again);
                    check(disk, again, before);
                    assertThat(contents(again)).hasSizeLessThan(25);
                    assertThat(again.append(record(7, "key-0"))).isEqualTo(91);
                }
            } catch (LogException | AssertionError e) {
                throw new AssertionError(effect + " at operation " + at + ": " + e, e);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Effect.class,
            names = {"NO_SPACE", "SHORT_WRITE_NO_SPACE"})
    void where_there_is_no_room_for_a_step_the_log_takes_appends_as_before(Effect effect) {
        meetAtEveryStep(
                effect,
                operation -> switch (operation.kind()) {
                    case WRITE, CREATE, RENAME -> true;
                    default -> false;
                },
                true);
    }

    @Test
    void a_read_that_fails_harms_nothing() {
        meetAtEveryStep(Effect.IO_ERROR, operation -> operation.kind() == Operation.Kind.READ, true);
    }

    @Test
    void a_step_that_fails_for_good_loses_nothing() {
        meetAtEveryStep(Effect.IO_ERROR, Operation::changes, false);
    }

    @ParameterizedTest
    @EnumSource(
            value = Effect.class,
            names = {"POWER_LOSS", "KILL"})
    void retention_may_be_broken_off_at_every_step(Effect effect) {
        SimDisk counting = new SimDisk(0);
        PartitionLog counted = fill(counting);
        counting.recordOperations();
        long start = counted.applyRetention(SMALL).logStartOffset();
        long operations = changes(counting);
        counted.close();
        assertThat(start).isPositive();
        for (long at = 1; at <= operations; at++) {
            for (long seed = 0; seed < (effect == Effect.KILL ? 1 : 6); seed++) {
                SimDisk disk = new SimDisk(seed);
                PartitionLog log = fill(disk);
                TreeMap<Long, NewRecord> before = contents(log);
                disk.inject(Fault.at(at, Operation::changes, effect));
                try {
                    log.applyRetention(SMALL);
                } catch (LogException e) {
                    // Files that could not be removed are no error: the next open removes them.
                }
                disk.restart();
                try (PartitionLog again = PartitionLog.open(DIRECTORY, options(disk))) {
                    assertThat(again.logStartOffset()).isIn(0L, start);
                    assertThat(contents(again)).isEqualTo(new TreeMap<>(before.tailMap(again.logStartOffset())));
                    again.applyRetention(SMALL);
                    assertThat(again.logStartOffset()).isGreaterThanOrEqualTo(start);
                } catch (LogException | AssertionError e) {
                    throw new AssertionError(effect + " at operation " + at + ", " + disk + ": " + e, e);
                }
            }
        }
    }
}
