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
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A log lives through many owners, each with a policy of its own, who append, roll, delete, flush and leave gaps, meet full and
 * broken disks, and die in every way. What was said to be durable survives a loss of power, what was acknowledged the death of a
 * process; of the rest a first part is there, in whole batches; and an observer sees no more and no less.
 */
class RandomLivesTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private static final class Life {
        private final Random random;
        private final ManualClock clock = new ManualClock();
        private final SimDisk disk;
        /** Acknowledged records by offset. */
        private final TreeMap<Long, NewRecord> acknowledged = new TreeMap<>();
        /** The offset of the first record of each acknowledged batch, and that of the last. */
        private final TreeMap<Long, Long> batches = new TreeMap<>();
        /** Batches that may or may not be there, behind all others. */
        private final List<List<NewRecord>> inDoubt = new ArrayList<>();

        private final StringBuilder story = new StringBuilder();
        private long durable;
        private long logStart;
        private long mayStart;
        private int number;
        private PartitionLog log;
        private ObservedLog observed;

        Life(long seed) {
            random = new Random(seed);
            disk = new SimDisk(seed);
        }

        private LogOptions options() {
            SyncPolicy policy =
                    switch (random.nextInt(3)) {
                        case 0 -> SyncPolicy.none();
                        case 1 -> SyncPolicy.everyNWrites(1 + random.nextInt(6), Duration.ofMillis(50));
                        default -> SyncPolicy.everyWrite();
                    };
            story.append("\nopen ").append(policy);
            return LogOptions.defaults()
                    .withDisk(disk)
                    .withClock(clock)
                    .withMaxBatchBytes(8 << 10)
                    .withSyncPolicy(policy)
                    .withRollPolicy(
                            new RollPolicy(1024 + random.nextInt(4096), Duration.ofMinutes(1 + random.nextInt(5)), 40));
        }

        void live(int owners) {
            for (int owner = 0; owner < owners; owner++) {
                open();
                int steps = random.nextInt(40);
                for (int i = 0; i < steps && log.state() != LogState.FAILED; i++) {
                    step();
                    noteDurable();
                }
                end();
            }
            open();
            log.close();
        }

        private void open() {
            LogOptions options = options();
            if (random.nextInt(4) == 0) {
                dieWhileOpening(options);
            }
            log = PartitionLog.open(DIRECTORY, options);
            check(log);
            adopt();
            assertThat(log.recovery().damage()).isEmpty();
            assertThat(log.state()).isEqualTo(LogState.READY);
            List<Damage> findings = new ArrayList<>();
            LogInspector.verify(DIRECTORY, options, findings::add, bytes -> {});
            assertThat(findings).isEmpty();
            observed = ObservedLog.open(DIRECTORY, options);
            noteDurable();
        }

        /** An owner that does not get far. What it has shown nobody is not lost, either. */
        private void dieWhileOpening(LogOptions options) {
            boolean powerLoss = random.nextBoolean();
            disk.inject(
                    Fault.at(1 + random.nextInt(12), Operation::changes, powerLoss ? Effect.POWER_LOSS : Effect.KILL));
            try {
                PartitionLog opened = PartitionLog.open(DIRECTORY, options);
                story.append("; opened and died");
                check(opened);
                durable = Math.max(durable, opened.durableOffset());
                disk.kill();
            } catch (LogException.IoFailed e) {
                story.append("; died while opening, ").append(powerLoss ? "power loss" : "kill");
                if (powerLoss && disk.names(DIRECTORY).contains("manifest")) {
                    loseATail();
                }
            }
            disk.restart();
        }

        private void noteDurable() {
            assertThat(log.durableOffset()).isLessThanOrEqualTo(log.logEndOffset());
            durable = Math.max(durable, log.durableOffset());
        }

        private void step() {
            switch (random.nextInt(16)) {
                case 0 -> attempt("roll", log::roll);
                case 1 -> attempt("flush", () -> assertThat(log.flush()).isEqualTo(log.logEndOffset()));
                case 2, 3 -> {
                    clock.advance(Duration.ofMillis(random.nextInt(400)));
                    story.append("; housekeep");
                    log.housekeep();
                }
                case 4 -> {
                    clock.advance(Duration.ofSeconds(random.nextInt(300)));
                    story.append("; rest");
                }
                case 5 -> deleteBefore();
                case 6 -> observe();
                case 7 -> fault();
                case 8 -> {
                    disk.heal();
                    clock.advance(Duration.ofMillis(250));
                    story.append("; heal");
                }
                case 9, 10 -> appendBehindAGap();
                default -> append();
            }
        }

        private void attempt(String what, Runnable work) {
            story.append("; ").append(what);
            try {
                work.run();
            } catch (LogException.ReadOnly | LogException.Failed e) {
                story.append(" (refused)");
            } catch (LogException.OutcomeUnknown e) {
                story.append(" (failed)");
            }
        }

        private void fault() {
            Effect effect = Effect.values()[random.nextInt(4)];
            boolean full = effect == Effect.NO_SPACE || effect == Effect.SHORT_WRITE_NO_SPACE;
            long at = 1 + random.nextInt(10);
            story.append("; fault ").append(effect).append(" at ").append(at);
            disk.inject(Fault.at(
                    at,
                    operation -> full
                            ? operation.kind() == Kind.WRITE
                                    || operation.kind() == Kind.CREATE
                                    || operation.kind() == Kind.RENAME
                            : operation.changes(),
                    effect));
        }

        private void append() {
            Commit commit = log.newCommit();
            List<List<NewRecord>> contents = new ArrayList<>();
            for (int i = 0; i < 1 + random.nextInt(4); i++) {
                contents.add(records(1 + random.nextInt(6)));
                commit.stage(contents.get(i));
            }
            commit(commit, contents, 1);
        }

        private List<NewRecord> records(int size) {
            List<NewRecord> records = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                records.add(Ledger.record(number++));
            }
            return records;
        }

        private void appendBehindAGap() {
            long offset = log.logEndOffset() + random.nextInt(60);
            int stride = 1 + random.nextInt(3);
            List<NewRecord> contents = records(1 + random.nextInt(4));
            List<LogRecord> placed = new ArrayList<>();
            for (int i = 0; i < contents.size(); i++) {
                NewRecord record = contents.get(i);
                placed.add(new LogRecord(
                        offset + (long) i * stride,
                        record.timestamp(),
                        record.key(),
                        record.keySequence(),
                        record.value(),
                        List.of()));
            }
            Commit commit = log.newCommit();
            // Far above any that the log gave itself.
            commit.stageAt(log.epoch(), 1_000_000L + number, placed, null);
            commit(commit, List.of(contents), stride);
        }

        private void commit(Commit commit, List<List<NewRecord>> contents, int stride) {
            story.append("; commit ").append(contents.size());
            boolean unknown = false;
            try {
                log.commit(commit);
            } catch (LogException.ReadOnly | LogException.Failed e) {
                story.append(" (refused)");
            } catch (LogException.OutcomeUnknown e) {
                story.append(" (failed)");
                unknown = true;
            }
            for (int i = 0; i < commit.storedBatches(); i++) {
                acknowledge(commit.baseOffset(i), contents.get(i), stride);
            }
            for (int i = commit.storedBatches(); unknown && i < contents.size(); i++) {
                inDoubt.add(contents.get(i));
            }
        }

        private void acknowledge(long offset, List<NewRecord> records, int stride) {
            for (int i = 0; i < records.size(); i++) {
                assertThat(acknowledged.put(offset + (long) i * stride, records.get(i)))
                        .isNull();
            }
            batches.put(offset, offset + (long) (records.size() - 1) * stride);
        }

        private void deleteBefore() {
            long offset = log.logStartOffset()
                    + random.nextInt((int) Math.min(1_000_000, log.logEndOffset() - log.logStartOffset() + 1));
            mayStart = Math.max(mayStart, offset);
            attempt("delete before " + offset, () -> logStart = Math.max(logStart, log.deleteBefore(offset)));
        }

        private void observe() {
            story.append("; observe");
            try {
                observed.refresh();
                check(observed);
            } catch (LogException.IoFailed e) {
                story.append(" (not now)");
            }
        }

        /** Reads all there is: nothing acknowledged is missing, nothing is there that nobody appended. */
        private void check(ReadableLog any) {
            long start = any.describe().logStartOffset();
            assertThat(start).isBetween(logStart, Math.max(logStart, mayStart));
            TreeMap<Long, NewRecord> found = new TreeMap<>();
            for (LogRecord record : Ledger.readAll(any, random.nextInt(3_000))) {
                found.put(record.offset(), record.toNewRecord());
            }
            assertThat(any.describe().damage()).isEmpty();
            for (Map.Entry<Long, NewRecord> entry : acknowledged.tailMap(start).entrySet()) {
                assertThat(found.remove(entry.getKey()))
                        .as("offset %d of %s, durable up to %d", entry.getKey(), acknowledged.lastEntry(), durable)
                        .isEqualTo(entry.getValue());
            }
            if (!found.isEmpty()) {
                assertThat(inDoubt.stream().flatMap(List::stream).toList())
                        .as("what was never acknowledged")
                        .containsAll(found.values());
            }
        }

        /** What was in doubt and is there has come to stay. */
        private void adopt() {
            for (LogRecord record : Ledger.readAll(log, 1 << 20)) {
                if (acknowledged.put(record.offset(), record.toNewRecord()) == null) {
                    batches.merge(record.offset(), record.offset(), Math::max);
                    List<NewRecord> whole = inDoubt.stream()
                            .filter(batch -> batch.contains(record.toNewRecord()))
                            .findFirst()
                            .orElseThrow();
                    assertThat(Ledger.readAll(log, 1 << 20))
                            .extracting(LogRecord::toNewRecord)
                            .as("a batch that was in doubt is there as a whole")
                            .containsAll(whole);
                }
            }
            inDoubt.clear();
        }

        private void end() {
            LogState state = log.state();
            observed.close();
            switch (random.nextInt(4)) {
                case 0 -> {
                    story.append("; close");
                    disk.heal();
                    log.close();
                    if (state == LogState.READY) {
                        durable = Math.max(durable, log.logEndOffset());
                    }
                }
                case 1 -> {
                    story.append("; kill");
                    disk.kill();
                }
                default -> {
                    story.append("; power loss");
                    disk.powerLoss();
                    loseATail();
                }
            }
            disk.restart();
            logStart = Math.max(logStart, 0);
        }

        /** What of the records that were not durable is still there, as somebody who looks from outside sees it. */
        private void loseATail() {
            disk.restart();
            story.append(" (durable ").append(durable).append(')');
            long kept = -1;
            try (ObservedLog after = ObservedLog.open(
                    DIRECTORY, LogOptions.defaults().withDisk(disk).withClock(clock))) {
                for (LogRecord record : Ledger.readAll(after, 1 << 20)) {
                    kept = record.offset();
                }
                kept = Math.max(kept, after.describe().logStartOffset() - 1);
            }
            assertThat(kept).as("the last record that is left").isGreaterThanOrEqualTo(lastBelow(durable));
            Map.Entry<Long, Long> last = batches.floorEntry(kept);
            if (last != null && last.getValue() > kept) {
                throw new AssertionError("a batch is torn: " + last + " at " + kept);
            }
            acknowledged.tailMap(kept, false).clear();
            batches.tailMap(kept, false).clear();
        }

        private long lastBelow(long offset) {
            Long last = acknowledged.lowerKey(offset);
            return last == null ? -1 : last;
        }
    }

    private static void live(long from, long to) {
        for (long seed = from; seed < to; seed++) {
            Life life = new Life(seed);
            try {
                life.live(8);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e + life.story, e);
            }
        }
    }

    @Test
    void what_was_said_to_be_durable_survives_everything_and_nothing_comes_from_nowhere() {
        live(0, 200);
    }

    @Tag("soak")
    @Test
    void what_was_said_to_be_durable_survives_everything_for_a_long_time() {
        live(1_000, 50_000);
    }
}
