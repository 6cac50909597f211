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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Batches behind gaps that are wider than a segment reaches, as a replica that catches up writes them: each begins a segment, also
 * where the one before it holds nothing but marks. A crash anywhere in between loses nothing, and the log opens.
 */
class GapTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private LogOptions options(SimDisk disk, ManualClock clock) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withRollPolicy(RollPolicy.DEFAULT.withMaxOffsetSpan(100));
    }

    /** Goes on until it is done or the disk goes down; gives what was acknowledged. */
    private void work(SimDisk disk, List<LogRecord> acknowledged) {
        ManualClock clock = new ManualClock();
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk, clock));
        long offset = 0;
        for (int i = 0; i < 6; i++) {
            if (i % 2 == 1) {
                // The new segment is idle, and so gets a mark while it has no records.
                log.roll();
            }
            clock.advance(Duration.ofMillis(150));
            log.housekeep();
            offset = log.logEndOffset() + 150;
            LogRecord record = new LogRecord(offset, i, null, new byte[] {(byte) i}, List.of());
            Commit commit = log.newCommit();
            commit.stageAt(1, 10 * (i + 1), List.of(record), null);
            log.commit(commit);
            acknowledged.add(record);
        }
        log.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = Effect.class,
            names = {"POWER_LOSS", "KILL"})
    void a_crash_anywhere_loses_nothing_and_the_log_opens(Effect effect) {
        SimDisk counting = new SimDisk(0);
        counting.recordOperations();
        work(counting, new ArrayList<>());
        long operations =
                counting.operations().stream().filter(Operation::changes).count();
        for (long at = 1; at <= operations; at++) {
            for (long seed = 0; seed < 6; seed++) {
                SimDisk disk = new SimDisk(seed);
                disk.inject(Fault.at(at, Operation::changes, effect));
                List<LogRecord> acknowledged = new ArrayList<>();
                try {
                    work(disk, acknowledged);
                } catch (LogException e) {
                    assertThat(e.getCause()).isNotNull();
                }
                disk.restart();
                String context = effect + " at operation " + at + ", seed " + seed;
                try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk, new ManualClock()))) {
                    List<LogRecord> found = Ledger.readAll(log, 1000);
                    // And at most the one that was under way.
                    assertThat(found.size()).as(context).isBetween(acknowledged.size(), acknowledged.size() + 1);
                    assertThat(found.subList(0, acknowledged.size()))
                            .as(context)
                            .isEqualTo(acknowledged);
                    assertThat(log.recovery().damage()).as(context).isEmpty();
                } catch (LogException e) {
                    throw new AssertionError(context + ": " + e.getMessage() + " " + disk.names(DIRECTORY), e);
                }
            }
        }
    }
}
