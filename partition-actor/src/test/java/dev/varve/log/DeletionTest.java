package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Fault.Effect;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.Operation.Kind;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Deleting segments, or a whole log, beside readers and across crashes. */
class DeletionTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(1);
    private final Ledger ledger = new Ledger();

    private LogOptions options(SimDisk on) {
        return LogOptions.defaults()
                .withDisk(on)
                .withClock(clock)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048));
    }

    private PartitionLog open() {
        return PartitionLog.open(DIRECTORY, options(disk));
    }

    private PartitionLog fill(SimDisk on, int batches) {
        PartitionLog log = PartitionLog.open(DIRECTORY, options(on));
        for (int i = 0; i < batches; i++) {
            ledger.append(log, 2);
        }
        return log;
    }

    @Test
    void a_read_that_comes_while_a_segment_is_deleted_does_not_keep_its_file_open() throws Exception {
        PartitionLog log = fill(disk, 40);
        SegmentDescription second = log.describe().segments().get(1);
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch deleting = new CountDownLatch(1);
        CountDownLatch read = new CountDownLatch(1);
        Thread reader = new Thread(() -> {
            assertThat(log.read(0, 4_000).nextOffset()).isGreaterThan(second.baseOffset());
            read.countDown();
        });
        disk.onOperation(operation -> {
            if (operation.kind() == Kind.READ && Thread.currentThread() == reader && reading.getCount() > 0) {
                // It knows the log as it was, and is in the first segment.
                reading.countDown();
                await(deleting);
            }
            if (operation.kind() == Kind.DELETE
                    && operation.path().toString().contains(second.file().substring(0, 20))) {
                // The second segment is no part of the log any more, but its file is still there.
                deleting.countDown();
                await(read);
            }
        });
        reader.start();
        await(reading);
        log.deleteBefore(70);
        reader.join();
        assertThat(read.getCount()).isZero();
        assertThat(disk.openDeletedFiles()).isZero();
        assertThatThrownBy(() -> log.read(0, 100)).isInstanceOf(LogException.BelowLogStart.class);
        log.close();
        assertThat(disk.openFiles()).isZero();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void an_observer_gives_up_the_files_that_the_owner_deleted() {
        PartitionLog log = fill(disk, 40);
        try (ObservedLog observed = ObservedLog.open(DIRECTORY, options(disk))) {
            Ledger.readAll(observed, 500);
            log.deleteBefore(70);
            assertThat(disk.openDeletedFiles()).isPositive();
            observed.refresh();
            assertThat(disk.openDeletedFiles()).isZero();
            ledger.append(log, 2);
            observed.refresh();
            log.deleteBefore(log.logEndOffset());
            observed.refresh();
            assertThat(disk.openDeletedFiles()).isZero();
        }
        log.close();
        assertThat(disk.openFiles()).isZero();
    }

    @Test
    void readers_of_a_thousand_segments_hold_few_files_open() {
        try (PartitionLog log = fill(disk, 2_000)) {
            assertThat(log.describe().segments()).hasSizeGreaterThan(300);
            Ledger.readAll(log, 500);
            for (long offset = 0; offset < 4_000; offset += 7) {
                log.read(offset, 0);
            }
            assertThat(disk.openFiles()).isLessThanOrEqualTo(65);
        }
        assertThat(disk.openFiles()).isZero();
    }

    /** The log start of a log on this disk that has been through a deletion which may have been broken off. */
    private void checkDeletedBefore(SimDisk on, long from, long offset, String context) {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(on))) {
            assertThat(log.logStartOffset()).as(context).isIn(from, offset);
            assertThat(Ledger.readAll(log, 500)).as(context).hasSize((int) (80 - log.logStartOffset()));
            assertThat(log.append(Ledger.record(1))).as(context).isEqualTo(80);
            long files = on.names(DIRECTORY).stream()
                    .filter(name -> name.endsWith(".log"))
                    .count();
            assertThat(files).as(context).isEqualTo(log.describe().segments().size());
        } catch (LogException e) {
            throw new AssertionError(context + ": " + e, e);
        }
    }

    @Test
    void deleting_up_to_any_offset_may_be_broken_off_at_every_step() {
        fill(disk, 40).close();
        for (long offset : new long[] {1, 30, 41, 79, 80}) {
            for (Effect effect : new Effect[] {
                Effect.KILL, Effect.POWER_LOSS, Effect.IO_ERROR, Effect.NO_SPACE, Effect.SHORT_WRITE_NO_SPACE
            }) {
                for (boolean lasting : new boolean[] {false, true}) {
                    for (long at = 1; ; at++) {
                        SimDisk broken = disk.copy(at);
                        PartitionLog log = PartitionLog.open(DIRECTORY, options(broken));
                        broken.inject(
                                lasting
                                        ? Fault.from(at, Operation::changes, effect)
                                        : Fault.at(at, Operation::changes, effect));
                        long operationsBefore = changes(broken);
                        boolean done = deleteBefore(log, offset);
                        boolean hit = changes(broken) - operationsBefore >= at;
                        broken.heal();
                        broken.killOwners();
                        broken.restart();
                        String context = effect + (lasting ? " from" : " at") + " operation " + at
                                + " of deleting before " + offset;
                        checkDeletedBefore(broken, done ? offset : 0, offset, context);
                        if (!hit) {
                            break;
                        }
                    }
                }
            }
        }
    }

    private static long changes(SimDisk on) {
        return Arrays.stream(Kind.values())
                .filter(kind -> new Operation(kind, DIRECTORY, 0, 0).changes())
                .mapToLong(on::count)
                .sum();
    }

    private static boolean deleteBefore(PartitionLog log, long offset) {
        try {
            return log.deleteBefore(offset) == offset;
        } catch (LogException.ReadOnly | LogException.OutcomeUnknown e) {
            return false;
        }
    }

    @Test
    void deleting_a_log_may_be_broken_off_at_every_step_and_leaves_all_or_nothing() {
        fill(disk, 40).close();
        for (Effect effect : List.of(Effect.KILL, Effect.POWER_LOSS, Effect.IO_ERROR)) {
            for (long seed = 0; seed < 3; seed++) {
                for (long at = 1; ; at++) {
                    SimDisk broken = disk.copy(seed);
                    PartitionLog log = PartitionLog.open(DIRECTORY, options(broken));
                    broken.inject(Fault.at(at, Operation::changes, effect));
                    boolean broke = false;
                    try {
                        log.delete();
                    } catch (LogException.IoFailed e) {
                        broke = true;
                    }
                    broken.restart();
                    if (!broke) {
                        break;
                    }
                    try (PartitionLog again = PartitionLog.open(DIRECTORY, options(broken))) {
                        int left = Ledger.readAll(again, 500).size();
                        assertThat(left).as("%s at operation %d", effect, at).isIn(0, 80);
                        assertThat(again.append(Ledger.record(1)))
                                .as("%s at operation %d", effect, at)
                                .isEqualTo(left);
                    }
                    assertThat(PartitionLog.delete(DIRECTORY, options(broken))).isTrue();
                    assertThat(broken.names(DIRECTORY)).isEmpty();
                }
            }
        }
    }

    @Test
    void damage_in_a_segment_is_not_forgotten_because_somebody_looked_at_an_older_state_of_the_log() {
        DamageList damage = new DamageList(List.of());
        damage.add(2, 512, 10, 11);
        assertThat(damage.in(id -> id == 1)).isEmpty();
        assertThat(damage.in(id -> true)).hasSize(1);
        damage.forget(2);
        assertThat(damage.in(id -> true)).isEmpty();
    }

    @Test
    void damage_in_segments_that_are_gone_makes_room_for_other_damage() {
        PartitionLog log = fill(disk, 40);
        String first = log.describe().segments().get(0).file();
        disk.flipBit(DIRECTORY.resolve(first), 600 * 8);
        assertThatThrownBy(() -> log.read(0, 100)).isInstanceOf(LogException.CorruptRecord.class);
        assertThat(log.describe().damage()).hasSize(1);
        log.deleteBefore(70);
        assertThat(log.describe().damage()).isEmpty();
        log.close();
        try (PartitionLog again = open()) {
            assertThat(again.describe().damage()).isEmpty();
        }
    }

    @Test
    void a_damaged_mark_is_told_of_without_offsets() {
        PartitionLog log = fill(disk, 2);
        long mark = log.describe().bytes();
        clock.advance(Duration.ofSeconds(1));
        log.housekeep();
        ledger.append(log, 2);
        clock.advance(Duration.ofSeconds(1));
        log.housekeep();
        disk.kill();
        disk.restart();
        disk.flipBit(DIRECTORY.resolve("00000000000000000000.log"), (mark + 30) * 8);
        try (PartitionLog again = open()) {
            Damage damage = again.describe().damage().get(0);
            assertThat(damage.position()).isEqualTo(mark);
            assertThat(damage.firstOffset()).isEqualTo(-1);
            assertThat(damage.lastOffset()).isEqualTo(-1);
            ledger.checkAndAdopt(again);
        }
    }
}
