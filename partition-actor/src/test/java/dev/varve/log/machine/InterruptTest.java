package dev.varve.log.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.Ledger;
import dev.varve.log.LogException;
import dev.varve.log.LogOptions;
import dev.varve.log.LogState;
import dev.varve.log.PartitionLog;
import dev.varve.log.RollPolicy;
import dev.varve.log.format.LogRecord;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java platform closes a file, for everybody, when a thread that is at work on it is interrupted. */
class InterruptTest {
    @TempDir
    Path temporary;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);
    private final Ledger ledger = new Ledger();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void endThreads() {
        threads.shutdownNow();
    }

    private PartitionLog open() {
        return PartitionLog.open(
                temporary.resolve("log"),
                LogOptions.defaults().withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(8192)));
    }

    @Test
    void a_reader_that_is_interrupted_reads_on_and_so_do_all_others() throws Exception {
        try (PartitionLog log = open()) {
            for (int i = 0; i < 100; i++) {
                ledger.append(log, 4);
            }
            AtomicBoolean done = new AtomicBoolean();
            AtomicLong interruptsSeen = new AtomicLong();
            AtomicReference<Thread> victim = new AtomicReference<>();
            Future<?> interrupted = threads.submit(() -> {
                victim.set(Thread.currentThread());
                while (!done.get()) {
                    readEverything(log);
                    if (Thread.interrupted()) {
                        interruptsSeen.incrementAndGet();
                    }
                }
            });
            Future<Long> other = threads.submit(() -> {
                long reads = 0;
                while (!done.get()) {
                    readEverything(log);
                    assertThat(Thread.currentThread().isInterrupted()).isFalse();
                    reads++;
                }
                return reads;
            });
            try {
                for (int i = 0; i < 300 && !interrupted.isDone(); i++) {
                    LockSupport.parkNanos(random.nextInt(400_000));
                    interrupt(victim.get());
                    if (i % 50 == 0) {
                        ledger.append(log, 1);
                    }
                }
            } finally {
                done.set(true);
            }
            interrupted.get(60, TimeUnit.SECONDS);
            assertThat(other.get(60, TimeUnit.SECONDS)).isPositive();
            assertThat(interruptsSeen).as("each is handed on to its thread").hasPositiveValue();
            assertThat(log.state()).isEqualTo(LogState.READY);
            ledger.append(log, 1);
            ledger.checkAndAdopt(log);
        }
    }

    private static void interrupt(Thread thread) {
        if (thread != null) {
            thread.interrupt();
        }
    }

    private static void readEverything(PartitionLog log) {
        long expected = 0;
        for (LogRecord record : Ledger.readAll(log, 3000)) {
            assertThat(record.offset()).isEqualTo(expected);
            assertThat(record.toNewRecord()).isEqualTo(Ledger.record((int) expected));
            expected++;
        }
        assertThat(expected).isGreaterThanOrEqualTo(400);
    }

    @Test
    void an_interrupt_that_is_pending_when_the_log_is_called_is_put_off_until_it_is_done() {
        for (int life = 0; life < 2; life++) {
            Thread.currentThread().interrupt();
            try (PartitionLog log = open()) {
                ledger.append(log, 4);
                log.flush();
                log.roll();
                ledger.append(log, 4);
                ledger.deletedBefore(log.deleteBefore(ledger.nextOffset() - 3));
                ledger.checkAndAdopt(log);
                log.housekeep();
                assertThat(log.state()).isEqualTo(LogState.READY);
            } finally {
                assertThat(Thread.interrupted())
                        .as("it is still pending afterwards")
                        .isTrue();
            }
        }
    }

    @Test
    void a_writer_that_is_interrupted_at_work_fails_its_log_and_loses_nothing() throws Exception {
        int failures = 0;
        for (int life = 0; failures < 4; life++) {
            assertThat(life)
                    .as("lives until four were hit at work, seed %d", seed)
                    .isLessThan(200);
            try (PartitionLog log = open()) {
                ledger.checkAndAdopt(log);
                AtomicReference<Thread> writer = new AtomicReference<>();
                AtomicBoolean done = new AtomicBoolean();
                Future<Boolean> hit = threads.submit(() -> {
                    writer.set(Thread.currentThread());
                    return appendUntil(log, done);
                });
                for (int i = 0; i < 20 && !hit.isDone(); i++) {
                    LockSupport.parkNanos(random.nextInt(2_000_000));
                    interrupt(writer.get());
                }
                done.set(true);
                if (hit.get(60, TimeUnit.SECONDS)) {
                    failures++;
                    assertThat(log.state()).isEqualTo(LogState.FAILED);
                    // What is in doubt is not shown before the log is opened again.
                    long shown = Ledger.readAll(log, 10_000).size();
                    assertThat(shown).isEqualTo(ledger.size());
                } else {
                    assertThat(log.state()).isEqualTo(LogState.READY);
                }
            } catch (AssertionError | LogException e) {
                throw new AssertionError("life " + life + ", seed " + seed + ": " + e.getMessage(), e);
            }
        }
        try (PartitionLog log = open()) {
            assertThat(log.recovery().damage()).isEmpty();
            ledger.checkAndAdopt(log);
            ledger.append(log, 1);
        }
    }

    /** Whether an interrupt hit an append at work; one that came between two of them is cleared. */
    private boolean appendUntil(PartitionLog log, AtomicBoolean done) {
        while (!done.get()) {
            try {
                ledger.append(log, 1 + ledger.size() % 3);
            } catch (LogException.OutcomeUnknown e) {
                assertThat(Thread.interrupted()).isTrue();
                return true;
            }
            Thread.interrupted();
        }
        return false;
    }
}
