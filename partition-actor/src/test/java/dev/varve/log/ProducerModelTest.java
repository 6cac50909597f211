package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Fault.Effect;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.Operation.Kind;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Producers that lose answers send to a log that is killed, loses power, has a disk that refuses, runs full, rolls, deletes and is
 * restarted, and whose notes of them are damaged or lost: each batch is stored exactly once.
 */
class ProducerModelTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    @Test
    void each_batch_of_lossy_producers_is_stored_exactly_once_whatever_happens() {
        for (long seed = 0; seed < 150; seed++) {
            runSeed(seed);
        }
    }

    @Tag("soak")
    @Test
    void each_batch_of_lossy_producers_is_stored_exactly_once_whatever_happens_ten_thousand_times() {
        for (long seed = 1_000; seed < 11_000; seed++) {
            runSeed(seed);
        }
    }

    private static void runSeed(long seed) {
        try {
            new Run(seed).run();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
        }
    }

    private static final class Run {
        private final Random random;
        private final SimDisk disk;
        private final ManualClock clock = new ManualClock();
        /** What was deleted is known from the notes alone, so either they are damaged or something is deleted. */
        private final boolean damagesNotes;

        private final List<LossyProducer> producers = new ArrayList<>();
        private int anonymous;
        private PartitionLog log;
        private Commit commit;

        Run(long seed) {
            random = new Random(seed);
            disk = new SimDisk(seed);
            damagesNotes = random.nextBoolean();
            for (int id = 0; id < 1 + random.nextInt(4); id++) {
                producers.add(new LossyProducer(id, random));
            }
        }

        private LogOptions options() {
            return LogOptions.defaults()
                    .withDisk(disk)
                    .withClock(clock)
                    .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048));
        }

        private void open() {
            log = PartitionLog.open(DIRECTORY, options());
            commit = log.newCommit();
        }

        void run() {
            open();
            for (int step = 0; step < 60; step++) {
                step();
            }
            if (log.state() != LogState.READY) {
                restart();
            }
            producers.forEach(producer -> producer.finish(log));
            check();
            restart();
            check();
            log.close();
            List<Damage> findings = new ArrayList<>();
            LogInspector.verify(DIRECTORY, options(), findings::add, bytes -> {});
            // A sync that fails may forget that a file was cut; what lies behind its end then is zeros, and harmless.
            assertThat(findings)
                    .filteredOn(finding ->
                            finding.kind() != Damage.Kind.PRODUCERS && finding.kind() != Damage.Kind.SEGMENT_LENGTH)
                    .isEmpty();
        }

        private void check() {
            List<LogRecord> records = Ledger.readAll(log, 1 << 20);
            producers.forEach(producer -> producer.check(records, log.logStartOffset()));
        }

        private void step() {
            switch (random.nextInt(14)) {
                case 0 -> withFault(Effect.POWER_LOSS);
                case 1 -> withFault(Effect.KILL);
                case 2 -> withFault(Effect.IO_ERROR);
                case 3 -> withFault(Effect.NO_SPACE);
                case 4 -> restart();
                case 5 -> attempt(log::roll);
                case 6 -> {
                    clock.advance(Duration.ofMillis(150));
                    log.housekeep();
                }
                case 7 -> change();
                default -> commit();
            }
            if (log.state() == LogState.READ_ONLY) {
                disk.heal();
                clock.advance(Duration.ofSeconds(1));
                log.housekeep();
            }
        }

        /** Something is deleted, or a note damaged. */
        private void change() {
            if (damagesNotes) {
                List<String> notes = disk.names(DIRECTORY).stream()
                        .filter(name -> name.endsWith(".producers"))
                        .toList();
                if (!notes.isEmpty()) {
                    Path note = DIRECTORY.resolve(notes.get(random.nextInt(notes.size())));
                    if (random.nextBoolean()) {
                        disk.remove(note);
                    } else {
                        disk.flipBit(note, random.nextInt(disk.bytes(note).length * 8));
                    }
                }
            } else {
                long start = log.logStartOffset();
                attempt(() ->
                        log.deleteBefore(start + (long) (random.nextDouble() * (log.logEndOffset() - start + 1))));
            }
        }

        private void withFault(Effect effect) {
            // Only what takes room can find none; a sync that fails is never about that.
            Predicate<Operation> which = effect == Effect.NO_SPACE
                    ? operation -> operation.kind() == Kind.WRITE
                            || operation.kind() == Kind.CREATE
                            || operation.kind() == Kind.RENAME
                    : Operation::changes;
            disk.inject(Fault.at(1 + random.nextInt(6), which, effect));
            commit();
            if (random.nextBoolean()) {
                attempt(log::roll);
            }
            boolean isDown = effect == Effect.POWER_LOSS || effect == Effect.KILL;
            if (isDown) {
                // If it was not hit yet, it is by closing, perhaps.
                restart();
            } else {
                disk.heal();
            }
        }

        private void attempt(Runnable work) {
            try {
                work.run();
            } catch (LogException.OutcomeUnknown | LogException.ReadOnly e) {
                if (log.state() == LogState.FAILED) {
                    restart();
                }
            }
        }

        private void restart() {
            if (random.nextBoolean() || log.state() == LogState.FAILED) {
                try {
                    log.close();
                } catch (LogException.IoFailed e) {
                    // What was injected is still to come, or has come: then it is not a clean close.
                }
            }
            disk.kill();
            disk.restart();
            open();
        }

        private void commit() {
            commit.clear();
            List<LossyProducer.Staged> staged = new ArrayList<>();
            for (LossyProducer producer : producers) {
                if (random.nextInt(3) > 0) {
                    producer.stage(commit, staged);
                }
                if (random.nextInt(3) == 0) {
                    commit.stage(List.of(NewRecord.of(1_000_000, ("nobody:" + anonymous++).getBytes())));
                    staged.add(null);
                }
            }
            Commit given = commit;
            attempt(() -> {
                try {
                    log.commit(given);
                } finally {
                    for (int i = 0; i < staged.size(); i++) {
                        if (staged.get(i) != null) {
                            staged.get(i).by().hear(staged.get(i), given, i);
                        }
                    }
                }
            });
        }
    }
}
