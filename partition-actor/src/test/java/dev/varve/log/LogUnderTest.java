package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A log on a simulated disk beside its model, and what a step of a test may do to both. Each step ends with a comparison. A
 * follower looks on from outside all the while, as another process would.
 */
final class LogUnderTest {
    static final int SEGMENT_BYTES = 2048;
    static final int MAX_BATCH_BYTES = 6 << 10;
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private final SyncPolicy policy;
    private final SimDisk disk = new SimDisk(7);
    private final ManualClock clock = new ManualClock();
    private final LogModel model = new LogModel();
    private PartitionLog log;
    private ObservedLog follower;
    /** What the log says in this life; it never falls. */
    private long durableOffset;

    /** The greatest that it ever said: so much no loss of power may take. */
    private long everDurable;

    private long lastSequence;
    private int number;
    private boolean hasRoom = true;

    LogUnderTest(SyncPolicy policy) {
        this.policy = policy;
        this.log = open();
        this.follower = ObservedLog.open(DIRECTORY, options());
    }

    private LogOptions options() {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withSyncPolicy(policy)
                .withMaxBatchBytes(MAX_BATCH_BYTES)
                .withRollPolicy(new RollPolicy(SEGMENT_BYTES, Duration.ofHours(1), 1000));
    }

    private PartitionLog open() {
        return PartitionLog.open(DIRECTORY, options());
    }

    /** A batch as a step describes it: the lengths of its values, and a seed for all else. */
    private List<NewRecord> batch(List<Integer> valueBytes, long seed) {
        Random random = new Random(seed);
        List<NewRecord> batch = new ArrayList<>();
        for (int bytes : valueBytes) {
            byte[] value = bytes < 0 ? null : new byte[bytes];
            if (value != null) {
                random.nextBytes(value);
            }
            byte[] key = random.nextInt(3) == 0
                    ? null
                    : ("key-" + number++).getBytes(java.nio.charset.StandardCharsets.UTF_8);
            batch.add(NewRecord.of(random.nextInt(300) - 20, key, value));
        }
        return batch;
    }

    private static List<LogRecord> placed(long baseOffset, List<NewRecord> batch) {
        List<LogRecord> records = new ArrayList<>();
        for (NewRecord record : batch) {
            records.add(new LogRecord(
                    baseOffset + records.size(), record.timestamp(), record.key(), record.value(), record.headers()));
        }
        return records;
    }

    /** One commit of several batches; those that the log says it stored are in the model then. */
    void commit(List<List<Integer>> shapes, long seed) {
        Commit commit = log.newCommit();
        List<List<NewRecord>> staged = new ArrayList<>();
        for (List<Integer> shape : shapes) {
            List<NewRecord> batch = batch(shape, seed + staged.size());
            try {
                commit.stage(batch);
                staged.add(batch);
            } catch (LogException.BatchTooLarge e) {
                assertThat(e.batchBytes()).isGreaterThan(MAX_BATCH_BYTES);
            }
        }
        try {
            log.commit(commit);
            assertThat(commit.storedBatches()).isEqualTo(staged.size());
        } catch (LogException.ReadOnly e) {
            assertThat(log.state()).isEqualTo(LogState.READ_ONLY);
        }
        for (int i = 0; i < commit.storedBatches(); i++) {
            long expected = model.logEndOffset();
            assertThat(commit.baseOffset(i)).as("no gap, no repetition").isEqualTo(expected);
            model.add(placed(expected, staged.get(i)));
            lastSequence++;
        }
        check();
    }

    /** A batch with a given place: behind a gap, of a later epoch. */
    void commitAt(long gap, int epochs, int sequenceGap, List<Integer> shape, long seed) {
        List<LogRecord> records = placed(model.logEndOffset() + gap, batch(shape, seed));
        Commit commit = log.newCommit();
        try {
            commit.stageAt(log.epoch() + epochs, lastSequence + 1 + sequenceGap, records, null);
            log.commit(commit);
            model.add(records);
            lastSequence += 1 + sequenceGap;
        } catch (LogException.BatchTooLarge | LogException.ReadOnly e) {
            assertThat(commit.storedBatches()).isZero();
            // A segment may have been begun for it, behind the gap.
            model.mayHaveSkippedTo(log.logEndOffset(), model.logEndOffset() + gap);
        }
        check();
    }

    /** What does not follow the log is refused and changes nothing. */
    void commitOutOfPlace() {
        if (log.state() == LogState.READY && model.logEndOffset() > 0) {
            Commit commit = log.newCommit();
            commit.stageAt(
                    log.epoch(),
                    lastSequence + 1,
                    List.of(new LogRecord(model.logEndOffset() - 1, 1, null, null, List.of())),
                    null);
            assertThatThrownBy(() -> log.commit(commit)).isInstanceOf(LogException.InvalidBatch.class);
        }
        check();
    }

    void roll() {
        refusedOnlyWhenFull(log::roll);
        check();
    }

    void flush() {
        refusedOnlyWhenFull(() -> assertThat(log.flush()).isEqualTo(model.logEndOffset()));
        check();
    }

    /** Up to this part of the log, in percent. */
    void deleteBefore(int percent) {
        long span = model.logEndOffset() - model.logStartOffset();
        long offset = model.logStartOffset() + (span < 1 << 20 ? span * percent / 100 : span / 100 * percent);
        refusedOnlyWhenFull(() -> {
            assertThat(log.deleteBefore(offset)).isEqualTo(offset);
            model.deletedBefore(offset);
        });
        check();
    }

    private void refusedOnlyWhenFull(Runnable step) {
        try {
            step.run();
        } catch (LogException.ReadOnly e) {
            assertThat(log.state()).isEqualTo(LogState.READ_ONLY);
        }
    }

    void letTimePass(long millis) {
        clock.advance(Duration.ofMillis(millis));
        Duration rest = log.housekeep();
        assertThat(rest).isBetween(Duration.ofNanos(1), Duration.ofSeconds(1));
        if (policy instanceof SyncPolicy.EveryNWrites every
                && log.state() == LogState.READY
                && millis >= every.maxDelay().toMillis()) {
            assertThat(log.durableOffset()).as("after the delay").isEqualTo(model.logEndOffset());
        }
        check();
    }

    void setTheClock(long millis) {
        clock.jumpTo(clock.wallMillis() + millis);
        log.housekeep();
        check();
    }

    void leaveRoomFor(int bytes) {
        disk.setCapacityBytes(usedBytes() + bytes);
        hasRoom = false;
        check();
    }

    private long usedBytes() {
        return disk.names(DIRECTORY).stream()
                .mapToLong(name -> disk.bytes(DIRECTORY.resolve(name)).length)
                .sum();
    }

    void makeRoom() {
        disk.setCapacityBytes(Long.MAX_VALUE);
        hasRoom = true;
        clock.advance(Duration.ofSeconds(1));
        log.housekeep();
        assertThat(log.state()).isEqualTo(LogState.READY);
        check();
    }

    void closeAndOpen() {
        boolean clean = log.state() == LogState.READY && hasRoom;
        log.close();
        log = open();
        if (clean) {
            assertThat(log.recovery().clean()).isTrue();
        }
        reopened();
    }

    void killAndOpen() {
        // Else there may be a torn commit that had no room in quarantine.
        boolean wasReady = log.state() == LogState.READY;
        disk.kill();
        disk.restart();
        log = open();
        if (wasReady) {
            assertThat(log.recovery().quarantinedBytes())
                    .as("nothing was under way")
                    .isZero();
        }
        reopened();
    }

    void losePowerAndOpen(long seed) {
        Random random = new Random(seed);
        disk.powerLoss(sector -> random.nextBoolean(), random.nextBoolean());
        disk.restart();
        log = open();
        if (policy instanceof SyncPolicy.EveryWrite) {
            assertThat(log.logEndOffset()).as("nothing acknowledged is lost").isEqualTo(model.logEndOffset());
        }
        model.fellBackTo(log.logEndOffset(), everDurable);
        reopened();
    }

    private void reopened() {
        assertThat(log.recovery().damage()).as("a crash is no damage").isEmpty();
        if (!(policy instanceof SyncPolicy.None) && log.state() == LogState.READY) {
            assertThat(log.durableOffset())
                    .as("durable offset when opened again")
                    .isEqualTo(model.logEndOffset());
        }
        durableOffset = log.durableOffset();
        // Files that were open when the machine went down stay dead.
        follower.close();
        follower = ObservedLog.open(DIRECTORY, options());
        check();
        assertThat(Ledger.readAll(log, 1000)).isEqualTo(model.records());
    }

    void read(int percent, int budget) {
        long span = model.logEndOffset() - model.logStartOffset();
        long offset = model.logStartOffset() + (span < 1 << 20 ? span * percent / 100 : span / 100 * percent);
        model.check(log.read(offset, budget), offset, budget);
        model.check(follower.read(offset, budget), offset, budget);
        assertThatThrownBy(() -> log.read(model.logStartOffset() - 1, budget))
                .isInstanceOf(LogException.BelowLogStart.class);
        assertThatThrownBy(() -> log.read(model.logEndOffset() + 1, budget))
                .isInstanceOf(LogException.AboveLogEnd.class);
    }

    void lookUp(long timestamp) {
        assertThat(log.offsetForTimestamp(timestamp)).isEqualTo(model.offsetForTimestamp(timestamp));
        assertThat(follower.offsetForTimestamp(timestamp)).isEqualTo(model.offsetForTimestamp(timestamp));
    }

    void verify() {
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(DIRECTORY, options(), findings::add, bytes -> {});
        assertThat(findings).isEmpty();
    }

    /** What must hold after every step, from inside and from outside. */
    private void check() {
        assertThat(log.state()).isIn(LogState.READY, LogState.READ_ONLY);
        assertThat(log.logStartOffset()).as("log start offset").isEqualTo(model.logStartOffset());
        assertThat(log.logEndOffset()).as("log end offset").isEqualTo(model.logEndOffset());
        assertThat(log.durableOffset()).as("durable offset").isBetween(durableOffset, model.logEndOffset());
        durableOffset = log.durableOffset();
        everDurable = Math.max(everDurable, durableOffset);
        if (policy instanceof SyncPolicy.EveryWrite && log.state() == LogState.READY) {
            assertThat(durableOffset).isEqualTo(model.logEndOffset());
        }
        long previous = -1;
        for (SegmentDescription segment : log.describe().segments()) {
            assertThat(segment.baseOffset()).as("segments in order").isGreaterThan(previous);
            assertThat(segment.bytes() <= SEGMENT_BYTES || segment.records() <= 40)
                    .isTrue();
            previous = Math.max(segment.baseOffset(), segment.lastOffset());
        }
        follower.refresh();
        assertThat(follower.describe().logStartOffset())
                .as("log start offset from outside")
                .isEqualTo(model.logStartOffset());
        assertThat(follower.describe().logEndOffset())
                .as("log end offset from outside")
                .isEqualTo(model.logEndOffset());
        assertThat(follower.describe().durableOffset())
                .as("durable offset from outside")
                .isLessThanOrEqualTo(durableOffset);
        assertThat(follower.describe().damage()).isEmpty();
    }

    void finish() {
        makeRoom();
        verify();
        assertThat(Ledger.readAll(follower, 3000)).as("from outside").isEqualTo(model.records());
        closeAndOpen();
        verify();
        log.close();
        follower.close();
    }
}
