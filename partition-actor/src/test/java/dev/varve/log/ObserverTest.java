package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What is seen from outside beside an owner that appends, rolls, deletes, dies and comes back. */
class ObserverTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final Path FILE = DIRECTORY.resolve("00000000000000000000.log");

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(1);
    private final Ledger ledger = new Ledger();

    private LogOptions options(SimDisk on) {
        return LogOptions.defaults().withDisk(on).withClock(clock);
    }

    private LogOptions smallSegments() {
        return options(disk).withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048));
    }

    private PartitionLog own() {
        return PartitionLog.open(DIRECTORY, options(disk));
    }

    private ObservedLog observe() {
        return ObservedLog.open(DIRECTORY, options(disk));
    }

    private static NewRecord large(int bytes) {
        byte[] value = new byte[bytes];
        Arrays.fill(value, (byte) 'v');
        return NewRecord.of(1, value);
    }

    @Test
    void a_cut_off_tail_is_damage_and_never_the_end_of_the_log() {
        try (PartitionLog log = own()) {
            for (int i = 0; i < 6; i++) {
                ledger.append(log, 1 + i % 3);
            }
        }
        int size = disk.bytes(FILE).length;
        for (int left = 0; left < size; left++) {
            SimDisk cut = disk.copy();
            cut.cutTo(FILE, left);
            try (ObservedLog observed = ObservedLog.open(DIRECTORY, options(cut))) {
                assertThat(observed.describe().logEndOffset()).isEqualTo(ledger.nextOffset());
                long next = 0;
                long firstLost = -1;
                while (next < ledger.nextOffset()) {
                    try {
                        ReadResult result = observed.read(next, 200);
                        assertThat(firstLost).as("no record behind the cut").isEqualTo(-1);
                        assertThat(result.nextOffset()).isGreaterThan(next);
                        result.forEach(
                                record -> assertThat(record.toNewRecord()).isEqualTo(ledger.at(record.offset())));
                        next = result.nextOffset();
                    } catch (LogException.CorruptRecord e) {
                        assertThat(e.firstOffset()).isEqualTo(next);
                        assertThat(e.lastOffset()).isGreaterThanOrEqualTo(next);
                        firstLost = firstLost < 0 ? next : firstLost;
                        next = e.lastOffset() + 1;
                    }
                }
                assertThat(next).isEqualTo(ledger.nextOffset());
                assertThat(firstLost).isNotNegative();
                checkFinding(cut, firstLost);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("cut to " + left + ": " + e, e);
            }
        }
    }

    private void checkFinding(SimDisk cut, long firstOffset) {
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(DIRECTORY, options(cut), findings::add, bytes -> {});
        Damage last = findings.get(findings.size() - 1);
        assertThat(last.kind()).isEqualTo(Damage.Kind.SEGMENT_LENGTH);
        assertThat(last.firstOffset()).isEqualTo(firstOffset);
        assertThat(last.lastOffset()).isEqualTo(ledger.nextOffset() - 1);
    }

    @Test
    void a_log_that_was_deleted_and_created_anew_is_not_taken_for_the_old_one() {
        for (LogOptions options : List.of(options(disk), options(disk).withLogId(7))) {
            PartitionLog old = PartitionLog.open(DIRECTORY, options);
            for (int i = 0; i < 20; i++) {
                old.append(LogContract.text(1, "old " + i));
            }
            ObservedLog observed = observe();
            assertThat(observed.read(0, 100_000).records()).hasSize(20);
            old.delete();
            assertThatThrownBy(observed::refresh)
                    .isInstanceOf(LogException.Broken.class)
                    .hasMessageContaining("there is no log");
            clock.advance(Duration.ofMillis(1));
            PartitionLog young = PartitionLog.open(DIRECTORY, options);
            for (int i = 0; i < 30; i++) {
                young.append(LogContract.text(1, "young " + i));
            }
            assertThatThrownBy(observed::refresh)
                    .isInstanceOf(LogException.Broken.class)
                    .hasMessageContaining("another one is in its place");
            observed.close();
            young.delete();
        }
    }

    @Test
    void what_was_written_but_cut_back_for_want_of_room_is_not_taken_for_damage() {
        for (int lost = 1; lost <= 3; lost++) {
            SimDisk full = new SimDisk(1);
            LogOptions options = options(full);
            PartitionLog log = PartitionLog.open(DIRECTORY, options);
            log.append(Ledger.record(0));
            ObservedLog observed = ObservedLog.open(DIRECTORY, options);
            // The first batches of the commit are written whole, and seen, before the disk is full.
            AtomicBoolean seen = new AtomicBoolean();
            full.onOperation(operation -> {
                if (operation.kind() == Kind.TRUNCATE && seen.compareAndSet(false, true)) {
                    observed.refresh();
                }
            });
            Commit commit = log.newCommit();
            for (int i = 0; i < 8; i++) {
                commit.stage(List.of(large(900)));
            }
            full.inject(Fault.at(
                    1,
                    operation -> operation.kind() == Kind.WRITE && operation.on(".log"),
                    Effect.SHORT_WRITE_NO_SPACE));
            assertThatThrownBy(() -> log.commit(commit)).isInstanceOf(LogException.ReadOnly.class);
            assertThat(observed.describe().logEndOffset()).isEqualTo(5);
            full.heal();
            if (lost == 1) {
                assertThat(observed.refresh()).isTrue();
                assertThat(observed.describe().logEndOffset()).isEqualTo(1);
            }
            clock.advance(Duration.ofSeconds(1));
            log.housekeep();
            if (lost == 2) {
                log.append(Ledger.record(1));
                log.append(Ledger.record(2));
            }
            if (lost == 3) {
                log.append(large(5000));
                log.append(Ledger.record(2));
            }
            observed.refresh();
            assertThat(observed.describe().damage()).isEmpty();
            assertThat(observed.describe().logEndOffset()).isEqualTo(log.logEndOffset());
            assertThat(Ledger.readAll(observed, 1 << 20)).isEqualTo(Ledger.readAll(log, 1 << 20));
        }
    }

    @Test
    void a_refresh_sees_that_the_owner_closed_the_log_and_what_it_made_durable() {
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk).withSyncPolicy(SyncPolicy.none()));
        ledger.append(log, 3);
        try (ObservedLog observed = observe()) {
            ledger.append(log, 3);
            observed.refresh();
            assertThat(observed.describe().state()).isEqualTo(LogState.UNFINISHED);
            assertThat(observed.describe().durableOffset()).isZero();
            log.close();
            assertThat(observed.refresh()).isFalse();
            assertThat(observed.describe().state()).isEqualTo(LogState.CLEAN);
            assertThat(observed.describe().durableOffset()).isEqualTo(6);
            PartitionLog again = own();
            ledger.append(again, 1);
            assertThat(observed.refresh()).isTrue();
            assertThat(observed.describe().state()).isEqualTo(LogState.UNFINISHED);
            ledger.checkAndAdopt(observed);
            again.close();
        }
    }

    /** A log, its bytes before its last commit, and that commit. */
    private byte[] lastCommit(int batches, int bytesEach) {
        PartitionLog log = own();
        for (int i = 0; i < batches; i++) {
            log.append(large(bytesEach));
        }
        int start = (int) log.describe().bytes();
        SimDisk ahead = disk.copy();
        log.append(large(3_000));
        byte[] commit =
                Arrays.copyOfRange(disk.bytes(FILE), start, (int) log.describe().bytes());
        disk.put(FILE, ahead.bytes(FILE));
        return commit;
    }

    @Test
    void a_half_written_commit_is_the_end_of_the_log_until_it_is_whole_and_costs_no_scan_of_the_segment() {
        byte[] commit = lastCommit(40, 100_000);
        int start;
        try (ObservedLog observed = observe()) {
            start = (int) observed.describe().bytes();
            assertThat(observed.describe().logEndOffset()).isEqualTo(40);
            disk.recordOperations();
            for (int written = 8; written < commit.length; written += 8) {
                disk.overwrite(FILE, start, Arrays.copyOf(commit, written));
                assertThat(observed.refresh()).isFalse();
            }
            assertThat(bytesRead() / (commit.length / 8))
                    .as("bytes read by a refresh, beside the manifest: no more than what was written ahead")
                    .isLessThan(3 << 20);
            disk.overwrite(FILE, start, commit);
            assertThat(observed.refresh()).isTrue();
            assertThat(observed.describe().logEndOffset()).isEqualTo(41);
            assertThat(observed.describe().damage()).isEmpty();
        }
    }

    private long bytesRead() {
        return disk.operations().stream()
                .filter(operation -> operation.kind() == Kind.READ)
                .mapToLong(Operation::length)
                .sum();
    }

    @Test
    void bytes_that_go_bad_where_an_observer_stands_are_damage_as_soon_as_something_behind_them_is_durable() {
        PartitionLog log = own();
        ledger.append(log, 3);
        try (ObservedLog observed = observe()) {
            int start = (int) observed.describe().bytes();
            ledger.append(log, 2);
            disk.flipBit(FILE, (start + 100) * 8L);
            assertThat(observed.refresh()).isFalse();
            ledger.append(log, 2);
            assertThat(observed.refresh()).isTrue();
            assertThat(observed.describe().logEndOffset()).isEqualTo(7);
            assertThatThrownBy(() -> observed.read(3, 100)).isInstanceOf(LogException.CorruptRecord.class);
            assertThat(observed.read(5, 100).records()).isNotEmpty();
            assertThat(observed.describe().damage()).hasSize(1);
            ledger.append(log, 2);
            assertThat(observed.refresh()).isTrue();
            assertThat(observed.describe().logEndOffset()).isEqualTo(9);
        }
        log.close();
    }

    @Test
    void bytes_that_go_bad_where_an_observer_stands_are_damage_as_soon_as_the_manifest_counts_them() {
        PartitionLog log = own();
        ledger.append(log, 3);
        try (ObservedLog observed = observe()) {
            int start = (int) observed.describe().bytes();
            ledger.append(log, 2);
            disk.flipBit(FILE, (start + 100) * 8L);
            assertThat(observed.refresh()).isFalse();
            log.close();
            assertThat(observed.refresh()).isTrue();
            assertThat(observed.describe().logEndOffset()).isEqualTo(5);
            assertThatThrownBy(() -> observed.read(3, 100)).isInstanceOf(LogException.CorruptRecord.class);
        }
    }

    @Test
    void a_refresh_of_an_idle_log_reads_little() {
        PartitionLog log = own();
        for (int i = 0; i < 20; i++) {
            log.append(large(1_000_000));
        }
        try (ObservedLog observed = observe()) {
            disk.recordOperations();
            assertThat(observed.refresh()).isFalse();
            assertThat(bytesRead()).isLessThan(2 << 20);
        }
        log.close();
        try (ObservedLog observed = observe()) {
            disk.recordOperations();
            assertThat(observed.refresh()).isFalse();
            assertThat(bytesRead()).isLessThan(4096);
        }
    }

    /** Appends as soon as somebody else reads behind a position, as a fast owner would. */
    private void appendWhenSomebodyReadsBehind(PartitionLog log, long position, int batches) {
        AtomicBoolean done = new AtomicBoolean();
        disk.onOperation(operation -> {
            if (operation.kind() == Kind.READ
                    && operation.on(".log")
                    && operation.position() > position
                    && done.compareAndSet(false, true)) {
                for (int i = 0; i < batches; i++) {
                    log.append(large(50_000));
                }
            }
        });
    }

    @Test
    void an_append_while_a_log_is_looked_at_is_not_taken_for_damage() {
        PartitionLog log = own();
        for (int i = 0; i < 24; i++) {
            log.append(large(50_000));
        }
        appendWhenSomebodyReadsBehind(log, 1_000_000, 12);
        List<Damage> findings = new ArrayList<>();
        LogInspector.Verified verified = LogInspector.verify(DIRECTORY, options(disk), findings::add, bytes -> {});
        assertThat(log.logEndOffset()).as("the owner did append").isEqualTo(36);
        assertThat(findings).isEmpty();
        assertThat(verified.records()).isBetween(24L, 36L);
    }

    @Test
    void an_append_while_an_observer_opens_is_not_taken_for_damage() {
        PartitionLog log = own();
        for (int i = 0; i < 24; i++) {
            log.append(large(50_000));
        }
        appendWhenSomebodyReadsBehind(log, 1_000_000, 12);
        try (ObservedLog observed = observe()) {
            assertThat(log.logEndOffset()).as("the owner did append").isEqualTo(36);
            assertThat(observed.describe().damage()).isEmpty();
            assertThat(observed.describe().logEndOffset()).isBetween(24L, 36L);
            assertThat(Ledger.readAll(observed, 1 << 20))
                    .hasSize((int) observed.describe().logEndOffset());
        }
    }

    @Test
    void an_append_while_a_log_is_dumped_is_not_taken_for_damage() {
        PartitionLog log = own();
        for (int i = 0; i < 24; i++) {
            log.append(large(50_000));
        }
        appendWhenSomebodyReadsBehind(log, 1_000_000, 12);
        List<Damage> damage = new ArrayList<>();
        List<FrameDescription> frames = dump(0, damage);
        assertThat(log.logEndOffset()).as("the owner did append").isEqualTo(36);
        assertThat(damage).isEmpty();
        assertThat(frames).hasSizeBetween(24, 36);
    }

    private List<FrameDescription> dump(long fromOffset, List<Damage> damage) {
        List<FrameDescription> frames = new ArrayList<>();
        LogInspector.dump(DIRECTORY, options(disk), fromOffset, new LogInspector.FrameVisitor() {
            @Override
            public boolean frame(FrameDescription frame) {
                return frames.add(frame);
            }

            @Override
            public boolean damage(Damage found) {
                return damage.add(found);
            }
        });
        return frames;
    }

    @Test
    void an_append_while_a_refresh_is_under_way_is_seen_now_or_by_the_next_one() {
        PartitionLog log = own();
        log.append(large(50_000));
        try (ObservedLog observed = observe()) {
            for (int i = 0; i < 15; i++) {
                log.append(large(50_000));
            }
            appendWhenSomebodyReadsBehind(log, 1_000_000, 12);
            assertThat(observed.refresh()).isTrue();
            assertThat(observed.describe().damage()).isEmpty();
            observed.refresh();
            assertThat(observed.describe().logEndOffset()).isEqualTo(log.logEndOffset());
            assertThat(Ledger.readAll(observed, 1 << 20)).hasSize((int) log.logEndOffset());
        }
    }

    @Test
    void segments_that_the_owner_deleted_are_missed_by_nobody_who_looks_from_outside() {
        PartitionLog log = PartitionLog.open(DIRECTORY, smallSegments());
        for (int i = 0; i < 40; i++) {
            ledger.append(log, 2);
        }
        try (ObservedLog observed = observe()) {
            log.deleteBefore(60);
            ledger.deletedBefore(60);
            assertThat(observed.offsetForTimestamp(0)).isEqualTo(OptionalLong.of(60));
            long time = ledger.at(70).timestamp();
            assertThat(observed.offsetForTimestamp(time)).isEqualTo(OptionalLong.of(70));
            assertThatThrownBy(() -> observed.read(10, 100)).isInstanceOf(LogException.BelowLogStart.class);
        }
        AtomicBoolean done = new AtomicBoolean();
        disk.onOperation(operation -> {
            if (operation.kind() == Kind.OPEN && operation.on(".log") && done.compareAndSet(false, true)) {
                log.deleteBefore(70);
            }
        });
        List<Damage> damage = new ArrayList<>();
        List<FrameDescription> frames = dump(0, damage);
        assertThat(log.logStartOffset()).isEqualTo(70);
        assertThat(damage).isEmpty();
        assertThat(frames.get(frames.size() - 1).lastOffset()).isEqualTo(79);
    }

    @Test
    void records_that_were_seen_whole_stay_whole_while_the_owner_dies_and_comes_back() {
        List<LogRecord> seen = new ArrayList<>();
        PartitionLog log = PartitionLog.open(DIRECTORY, smallSegments());
        ledger.append(log, 1);
        try (ObservedLog observed = ObservedLog.open(DIRECTORY, smallSegments())) {
            for (int life = 0; life < 12; life++) {
                for (int i = 0; i < 7; i++) {
                    ledger.append(log, 1 + i % 3);
                    observed.refresh();
                    follow(observed, seen);
                    assertThat(seen).hasSize((int) ledger.nextOffset());
                }
                if (life % 3 == 0) {
                    log.close();
                } else {
                    // It dies with a commit half written.
                    disk.overwrite(active(log), activeBytes(log), new byte[] {1, 2, 3, 4, 5});
                    disk.killOwners();
                }
                observed.refresh();
                follow(observed, seen);
                log = PartitionLog.open(DIRECTORY, smallSegments());
                observed.refresh();
                follow(observed, seen);
                assertThat(observed.describe().damage()).isEmpty();
            }
            log.close();
        }
        for (LogRecord record : seen) {
            assertThat(record.toNewRecord()).isEqualTo(ledger.at(record.offset()));
        }
    }

    private static Path active(PartitionLog log) {
        List<SegmentDescription> segments = log.describe().segments();
        return DIRECTORY.resolve(segments.get(segments.size() - 1).file());
    }

    private static long activeBytes(PartitionLog log) {
        List<SegmentDescription> segments = log.describe().segments();
        return segments.get(segments.size() - 1).bytes();
    }

    private static void follow(ObservedLog observed, List<LogRecord> seen) {
        while (true) {
            ReadResult result = observed.read(seen.size(), 100);
            if (result.nextOffset() == seen.size()) {
                return;
            }
            seen.addAll(result.records());
        }
    }
}
