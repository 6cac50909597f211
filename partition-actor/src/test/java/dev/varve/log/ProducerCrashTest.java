package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.LogRecord;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Fault.Effect;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Producers send while everything goes on, and something happens before each single operation that changes the disk; then they send
 * again what they do not know the fate of: each batch is stored once.
 */
class ProducerCrashTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private final ManualClock clock = new ManualClock();

    private LogOptions options(SimDisk disk) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048));
    }

    private static List<LossyProducer> producers() {
        Random random = new Random(5);
        return List.of(new LossyProducer(1, random), new LossyProducer(2, random));
    }

    /** Two lives of appends, a mark, a roll, a deletion and a clean close; the same each time, up to where it is interrupted. */
    private void work(SimDisk disk, List<LossyProducer> producers) {
        for (int life = 0; life < 2; life++) {
            PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
            Commit commit = log.newCommit();
            for (int i = 0; i < 10; i++) {
                commit(log, commit, producers);
                if (i == 3) {
                    clock.advance(Duration.ofMillis(150));
                    log.housekeep();
                }
                if (i == 6) {
                    log.deleteBefore(log.logEndOffset() / 3);
                }
                if (i == 8) {
                    log.roll();
                }
            }
            log.close();
        }
    }

    private static void commit(PartitionLog log, Commit commit, List<LossyProducer> producers) {
        commit.clear();
        List<LossyProducer.Staged> staged = new ArrayList<>();
        producers.forEach(producer -> producer.stage(commit, staged));
        try {
            log.commit(commit);
        } finally {
            for (int i = 0; i < staged.size(); i++) {
                staged.get(i).by().hear(staged.get(i), commit, i);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Effect.class,
            names = {"POWER_LOSS", "KILL", "IO_ERROR"})
    void each_batch_is_stored_once_wherever_it_happens(Effect effect) {
        SimDisk whole = new SimDisk(0);
        whole.recordOperations();
        work(whole, producers());
        long operations = whole.operations().stream().filter(Operation::changes).count();
        assertThat(operations).isGreaterThan(150);
        for (long at = 1; at <= operations; at++) {
            for (long seed = 0; seed < (effect == Effect.POWER_LOSS ? 3 : 1); seed++) {
                interruptAt(effect, at, seed);
            }
        }
    }

    private void interruptAt(Effect effect, long at, long seed) {
        String context = effect + " at operation " + at + ", seed " + seed;
        SimDisk disk = new SimDisk(seed);
        disk.inject(Fault.at(at, Operation::changes, effect));
        List<LossyProducer> producers = producers();
        try {
            try {
                work(disk, producers);
            } catch (LogException e) {
                // What is not known now is sent again.
            }
            disk.kill();
            disk.restart();
            for (int life = 0; life < 2; life++) {
                try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
                    producers.forEach(producer -> producer.finish(log));
                    List<LogRecord> records = Ledger.readAll(log, 1 << 20);
                    producers.forEach(producer -> producer.check(records, log.logStartOffset()));
                }
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(context + ": " + e.getMessage(), e);
        }
    }
}
