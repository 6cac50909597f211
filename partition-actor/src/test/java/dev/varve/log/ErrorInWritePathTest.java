package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.Operation.Kind;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.AbstractList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Something other than the disk gives up in the middle of the work: no memory, no stack, a bug. Thrown from every single operation
 * in turn, it may fail the log, but leaves nothing half done behind a log that goes on.
 */
class ErrorInWritePathTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private final ManualClock clock = new ManualClock();

    static Stream<Supplier<Throwable>> errors() {
        return Stream.of(
                () -> new OutOfMemoryError("simulated"),
                () -> new StackOverflowError("simulated"),
                () -> new IllegalStateException("a simulated bug"));
    }

    private LogOptions options(SimDisk disk) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048));
    }

    /** Throws from the n-th operation that this lets through, once. */
    private static final class Thrower implements Consumer<Operation> {
        private final Supplier<Throwable> error;
        private final long at;
        private long count;

        Thrower(Supplier<Throwable> error, long at) {
            this.error = error;
            this.at = at;
        }

        @Override
        public void accept(Operation operation) {
            if (++count == at) {
                Throwable thrown = error.get();
                if (thrown instanceof Error e) {
                    throw e;
                }
                throw (RuntimeException) thrown;
            }
        }

        boolean hasThrown() {
            return count >= at;
        }
    }

    @ParameterizedTest
    @MethodSource("errors")
    void an_error_thrown_by_any_operation_leaves_nothing_half_done(Supplier<Throwable> error) {
        boolean sawFailed = false;
        long at = 1;
        for (Thrower thrower; ; at++) {
            SimDisk disk = new SimDisk(at);
            Ledger ledger = new Ledger();
            thrower = new Thrower(error, at);
            disk.onOperation(thrower);
            try {
                sawFailed |= work(disk, ledger);
                disk.onOperation(operation -> {});
                check(disk, ledger);
            } catch (Throwable e) {
                // An error that escapes would end the test run, for JUnit takes it for its own.
                throw new AssertionError(error.get() + " at operation " + at + ": " + e, e);
            }
            if (!thrower.hasThrown()) {
                break;
            }
        }
        assertThat(at).as("operations").isGreaterThan(150);
        assertThat(sawFailed).isTrue();
    }

    /** Works until it is done or fails; whether the log failed. */
    private boolean work(SimDisk disk, Ledger ledger) {
        PartitionLog log;
        try {
            log = PartitionLog.open(DIRECTORY, options(disk));
        } catch (Error | IllegalStateException e) {
            assertThat(e).hasMessageContaining("simulated");
            // Whoever could not open it does not keep others from it either.
            log = PartitionLog.open(DIRECTORY, options(disk));
        }
        for (int i = 0; i < 14 && log.state() != LogState.FAILED; i++) {
            step(log, disk, ledger, i);
        }
        boolean failed = log.state() == LogState.FAILED;
        if (failed) {
            PartitionLog now = log;
            assertThatThrownBy(() -> ledger.append(now, 1)).isInstanceOf(LogException.Failed.class);
        }
        for (long offset = log.logStartOffset(); offset < ledger.nextOffset(); offset++) {
            assertThat(read(log, offset)).isEqualTo(ledger.at(offset));
        }
        Throwable thrown = catchThrowable(log::close);
        assertThat(thrown == null || !failed)
                .as("closing a failed log asks nothing of the disk")
                .isTrue();
        return failed;
    }

    private void step(PartitionLog log, SimDisk disk, Ledger ledger, int i) {
        try {
            switch (i) {
                case 5 -> {
                    clock.advance(Duration.ofMillis(150));
                    log.housekeep();
                }
                case 7 -> ledger.deletedBefore(log.deleteBefore(log.logEndOffset() / 2));
                case 9 -> log.roll();
                case 11 -> fillAndGoOn(log, disk, ledger);
                default -> ledger.append(log, 1 + i % 4);
            }
        } catch (LogException.OutcomeUnknown | LogException.Failed e) {
            assertThat(log.state()).isEqualTo(LogState.FAILED);
        }
    }

    private void fillAndGoOn(PartitionLog log, SimDisk disk, Ledger ledger) {
        disk.setCapacityBytes(1);
        try {
            assertThatThrownBy(() -> ledger.append(log, 20))
                    .isInstanceOfAny(LogException.ReadOnly.class, LogException.OutcomeUnknown.class);
        } finally {
            disk.setCapacityBytes(Long.MAX_VALUE);
        }
        clock.advance(Duration.ofSeconds(1));
        log.housekeep();
        ledger.append(log, 2);
    }

    /** A second time if the error was met by the first reader: then it is that reader's alone. */
    private static NewRecord read(PartitionLog log, long offset) {
        try {
            return log.read(offset, 0).records().get(0).toNewRecord();
        } catch (Error | IllegalStateException e) {
            assertThat(e).hasMessageContaining("simulated");
            return log.read(offset, 0).records().get(0).toNewRecord();
        }
    }

    private void check(SimDisk disk, Ledger ledger) {
        for (int life = 0; life < 2; life++) {
            try (PartitionLog again = PartitionLog.open(DIRECTORY, options(disk))) {
                assertThat(again.recovery().damage()).isEmpty();
                ledger.checkAndAdopt(again);
                ledger.append(again, 2);
                ledger.checkAndAdopt(again);
            }
        }
    }

    /** Records of which only so many can be had. */
    private static final class BrokenRecords extends AbstractList<NewRecord> {
        private final List<NewRecord> records;
        private int left;

        BrokenRecords(List<NewRecord> records, int left) {
            this.records = records;
            this.left = left;
        }

        @Override
        public NewRecord get(int index) {
            if (left-- == 0) {
                throw new StackOverflowError("simulated");
            }
            return records.get(index);
        }

        @Override
        public int size() {
            return records.size();
        }
    }

    @Test
    void an_error_thrown_by_the_records_of_a_batch_leaves_the_log_as_it_was() {
        SimDisk disk = new SimDisk(1);
        Ledger ledger = new Ledger();
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            ledger.append(log, 2);
            int times = 0;
            for (int left = 0; ; left++) {
                BrokenRecords broken = new BrokenRecords(List.of(Ledger.record(77), Ledger.record(78)), left);
                Throwable thrown = catchThrowable(() -> log.append(broken));
                if (thrown == null) {
                    ledger.acknowledge(ledger.nextOffset(), List.of(Ledger.record(77), Ledger.record(78)));
                    break;
                }
                assertThat(thrown).isInstanceOf(StackOverflowError.class);
                assertThat(log.state()).isEqualTo(LogState.READY);
                ledger.append(log, 2);
                times++;
            }
            assertThat(times).isGreaterThan(3);
            ledger.checkAndAdopt(log);
        }
    }

    @Test
    void an_error_in_looking_for_room_fails_the_log_too() {
        for (long at = 1; at <= 3; at++) {
            SimDisk disk = new SimDisk(at);
            Ledger ledger = new Ledger();
            PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
            ledger.append(log, 2);
            disk.setCapacityBytes(1);
            assertThatThrownBy(() -> ledger.append(log, 20)).isInstanceOf(LogException.ReadOnly.class);
            disk.setCapacityBytes(Long.MAX_VALUE);
            clock.advance(Duration.ofSeconds(1));
            Thrower thrower = new Thrower(() -> new OutOfMemoryError("simulated"), at);
            disk.onOperation(operation -> {
                if (operation.kind() == Kind.WRITE) {
                    thrower.accept(operation);
                }
            });
            assertThat(catchThrowable(log::housekeep)).isNull();
            boolean thrown = thrower.hasThrown();
            disk.onOperation(operation -> {});
            assertThat(log.state()).isEqualTo(thrown ? LogState.FAILED : LogState.READY);
            log.close();
            check(disk, ledger);
        }
    }
}
