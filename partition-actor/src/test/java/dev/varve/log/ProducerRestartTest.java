package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.FrameHeader.Producer;
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
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a log remembers of its producers when it is opened again: the same as before, whatever became of the notes of it. */
class ProducerRestartTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final int PRODUCERS = 3;

    /** A batch that was acknowledged. */
    private record Sent(Producer producer, List<NewRecord> records, long offset) {}

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(1);
    /** By producer, in order. */
    private final List<List<Sent>> sent = new ArrayList<>();

    private int numbers;

    private LogOptions options(SimDisk on) {
        return LogOptions.defaults()
                .withDisk(on)
                .withClock(clock)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048));
    }

    private PartitionLog open(SimDisk on) {
        return PartitionLog.open(DIRECTORY, options(on));
    }

    private Sent next(int id) {
        while (sent.size() <= id) {
            sent.add(new ArrayList<>());
        }
        List<Sent> before = sent.get(id);
        int sequence = before.stream().mapToInt(batch -> batch.records().size()).sum();
        List<NewRecord> records = new ArrayList<>();
        for (int i = 0; i <= numbers % 3; i++) {
            records.add(Ledger.record(numbers++));
        }
        return new Sent(new Producer(id, (short) 1, sequence), records, -1);
    }

    private void send(PartitionLog log, int id) {
        Sent batch = next(id);
        sent.get(id).add(new Sent(batch.producer(), batch.records(), log.append(batch.records(), batch.producer())));
    }

    /** Producers take turns until there are so many segments; one of them sent only early on. */
    private PartitionLog fill(int segments) {
        PartitionLog log = open(disk);
        for (int i = 0; i < 7; i++) {
            send(log, PRODUCERS);
        }
        for (int i = 0; log.describe().segments().size() < segments || i % 5 != 0; i++) {
            send(log, i % PRODUCERS);
            if (i % 4 == 0) {
                log.append(Ledger.record(numbers++));
            }
        }
        return log;
    }

    /** Every batch that is to be remembered is answered as it was, and every producer can go on. */
    private void checkRemembers(PartitionLog log) {
        LogDescription before = log.describe();
        for (List<Sent> batches : sent) {
            for (Sent batch : batches.subList(Math.max(0, batches.size() - 5), batches.size())) {
                assertThat(log.append(batch.records(), batch.producer()))
                        .as("%s sent again", batch.producer())
                        .isEqualTo(batch.offset());
            }
            if (batches.size() > 5) {
                Sent old = batches.get(batches.size() - 6);
                assertThatThrownBy(() -> log.append(old.records(), old.producer()))
                        .isInstanceOf(LogException.OutOfSequence.class);
            }
        }
        assertThat(log.describe()).isEqualTo(before);
        long end = log.logEndOffset();
        for (int id = 0; id < sent.size(); id++) {
            Sent batch = next(id);
            assertThat(log.append(batch.records(), batch.producer()))
                    .as("the next batch of producer %d", id)
                    .isEqualTo(end);
            end += batch.records().size();
        }
    }

    private static List<Path> files(SimDisk on, String suffix) {
        return on.names(DIRECTORY).stream()
                .filter(name -> name.endsWith(suffix))
                .map(DIRECTORY::resolve)
                .toList();
    }

    private static Path last(SimDisk on, String suffix) {
        List<Path> files = files(on, suffix);
        return files.get(files.size() - 1);
    }

    /** What was read of segments that were sealed when the log was opened. */
    private static List<Operation> readsOfSealed(SimDisk on, Runnable opening) {
        Path active = last(on, ".log");
        on.recordOperations();
        opening.run();
        return on.operations().stream()
                .filter(operation -> operation.on(".log") && !operation.path().equals(active))
                .toList();
    }

    private void checkWithoutReadingSealed(SimDisk on, String context) {
        try {
            PartitionLog[] log = {null};
            assertThat(readsOfSealed(on, () -> log[0] = open(on))).as(context).isEmpty();
            checkRemembers(log[0]);
            log[0].close();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(context + ": " + e.getMessage(), e);
        }
    }

    private void check(SimDisk on, String context) {
        try (PartitionLog log = open(on)) {
            checkRemembers(log);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(context + ": " + e.getMessage(), e);
        }
    }

    /** The disk after its owner went, in both ways. */
    private void inBothWays(PartitionLog log, Consumer<SimDisk> check) {
        SimDisk killed = disk.copy();
        check.accept(killed);
        log.close();
        check.accept(disk);
    }

    @Test
    void a_restart_clean_or_not_forgets_nothing_and_reads_no_sealed_segment() {
        inBothWays(fill(5), on -> checkWithoutReadingSealed(on, "restarted"));
    }

    @Test
    void a_clean_restart_reads_nothing_of_the_active_segment_but_its_header() {
        fill(3).close();
        disk.recordOperations();
        try (PartitionLog log = open(disk)) {
            assertThat(disk.operations())
                    .filteredOn(operation -> operation.kind() == Kind.READ && operation.on(".log"))
                    .allMatch(operation -> operation.position() == 0 && operation.length() == 512);
            assertThat(log.recovery().bytesScanned()).isZero();
        }
    }

    @Test
    void a_repetition_is_answered_across_rolls_and_restarts() {
        PartitionLog log = open(disk);
        send(log, 0);
        for (int life = 0; life < 6; life++) {
            log.roll();
            checkRemembers(log);
            if (life % 2 == 0) {
                log.close();
            } else {
                disk.kill();
                disk.restart();
            }
            sent.get(0).clear();
            log = open(disk);
            sent.get(0).addAll(all(log));
            checkRemembers(log);
            sent.get(0).clear();
            sent.get(0).addAll(all(log));
        }
        log.close();
    }

    /** The batches of producer 0 as the log has them: what a producer that kept no notes finds out by reading. */
    private List<Sent> all(PartitionLog log) {
        List<Sent> batches = new ArrayList<>();
        int sequence = 0;
        long next = 0;
        while (next < log.logEndOffset()) {
            List<LogRecord> batch = log.read(next, 0).records();
            batches.add(new Sent(
                    new Producer(0, (short) 1, sequence),
                    batch.stream().map(LogRecord::toNewRecord).toList(),
                    next));
            sequence += batch.size();
            next += batch.size();
        }
        return batches;
    }

    @Test
    void a_log_that_was_killed_in_its_first_life_remembers() {
        PartitionLog log = open(disk);
        disk.kill();
        disk.restart();
        log = open(disk);
        send(log, 0);
        assertThat(files(disk, ".producers")).isEmpty();
        disk.kill();
        disk.restart();
        check(disk, "killed before the first roll");
    }

    @Test
    void a_note_with_a_flipped_bit_costs_nothing() {
        inBothWays(fill(3), on -> {
            Path note = last(on, ".producers");
            // After a crash a scan shows the rest, whatever the bit: some will do.
            for (long bit = 0; bit < on.bytes(note).length * 8L; bit += on == disk ? 1 : 7) {
                SimDisk damaged = on.copy();
                damaged.flipBit(note, bit);
                List<Damage> findings = new ArrayList<>();
                LogInspector.verify(DIRECTORY, options(damaged), findings::add, bytes -> {});
                assertThat(findings).as("bit %d", bit).hasSize(1);
                assertThat(findings.get(0).kind()).isEqualTo(Damage.Kind.PRODUCERS);
                assertThat(findings.get(0).file()).isEqualTo(note.getFileName().toString());
                checkWithoutReadingSealed(damaged, "bit " + bit);
            }
        });
    }

    @Test
    void a_note_that_is_cut_anywhere_refuses_no_open_and_lets_nothing_in_twice() {
        inBothWays(fill(3), on -> {
            Path note = last(on, ".producers");
            for (long size = 0; size < on.bytes(note).length; size += on == disk ? 1 : 7) {
                SimDisk damaged = on.copy();
                damaged.cutTo(note, size);
                check(damaged, "cut to " + size);
            }
        });
    }

    @Test
    void notes_that_are_missing_or_garbage_are_made_up_for_by_reading_the_frames() {
        inBothWays(fill(5), on -> {
            List<Path> notes = files(on, ".producers");
            for (int kept = 0; kept <= notes.size(); kept++) {
                SimDisk without = on.copy();
                SimDisk garbage = on.copy();
                for (Path note : notes.subList(kept, notes.size())) {
                    without.remove(note);
                    byte[] bytes = new byte[700];
                    new Random(kept).nextBytes(bytes);
                    garbage.put(note, bytes);
                }
                int lost = notes.size() - kept;
                Path firstRead = files(on, ".log").get(kept);
                PartitionLog[] log = {null};
                List<Operation> reads = readsOfSealed(without, () -> log[0] = open(without));
                assertThat(reads)
                        .as("%d notes lost: only what came since the last one is read", lost)
                        .allMatch(operation -> operation.path().compareTo(firstRead) >= 0);
                assertThat(reads.isEmpty()).as("%d notes lost", lost).isEqualTo(lost == 0);
                checkRemembers(log[0]);
                log[0].close();
                check(garbage, lost + " notes are garbage");
            }
        });
    }

    @Test
    void what_was_made_up_for_once_is_noted_down_at_once() {
        fill(5).close();
        files(disk, ".producers").forEach(disk::remove);
        open(disk);
        disk.kill();
        disk.restart();
        checkWithoutReadingSealed(disk, "after notes were lost, and a kill");
    }

    @Test
    void damage_to_both_copies_of_the_newest_note_and_to_a_frame_since_lets_nothing_in_twice() {
        fill(4).close();
        Path note = last(disk, ".producers");
        disk.overwrite(note, 30, new byte[8]);
        disk.overwrite(note, disk.bytes(note).length / 2 + 30, new byte[8]);
        Path sealed = files(disk, ".log").get(2);
        for (long position = 512; position < disk.bytes(sealed).length; position += 8) {
            SimDisk damaged = disk.copy();
            damaged.flipBit(sealed, position * 8);
            try (PartitionLog log = open(damaged)) {
                assertThat(refusedOfTheLastFive(log))
                        .as("byte %d: the batch whose fixed fields are gone, at most", position)
                        .isLessThanOrEqualTo(1);
            }
        }
    }

    /** How many repetitions are refused; all others are answered as they were, and none is written. */
    private int refusedOfTheLastFive(PartitionLog log) {
        LogDescription before = log.describe();
        int refused = 0;
        for (List<Sent> batches : sent) {
            for (Sent batch : batches.subList(Math.max(0, batches.size() - 5), batches.size())) {
                try {
                    assertThat(log.append(batch.records(), batch.producer())).isEqualTo(batch.offset());
                } catch (LogException.OutOfSequence e) {
                    refused++;
                }
            }
        }
        assertThat(log.describe()).isEqualTo(before);
        return refused;
    }

    @Test
    void what_was_deleted_from_the_log_is_remembered_even_if_a_bit_of_the_note_flips() {
        PartitionLog log = fill(4);
        log.deleteBefore(log.logEndOffset());
        inBothWays(log, on -> {
            assertThat(files(on, ".log")).hasSize(1);
            Path note = files(on, ".producers").get(0);
            for (long bit = 0; bit < on.bytes(note).length * 8L; bit += 5) {
                SimDisk damaged = on.copy();
                damaged.flipBit(note, bit);
                checkWithoutReadingSealed(damaged, "bit " + bit);
            }
        });
    }

    @Test
    void a_producer_whose_batches_and_notes_are_all_gone_is_told_so_and_begins_anew() {
        PartitionLog log = fill(4);
        log.deleteBefore(log.logEndOffset());
        log.close();
        files(disk, ".producers").forEach(disk::remove);
        try (PartitionLog again = open(disk)) {
            Sent lost = sent.get(0).get(sent.get(0).size() - 1);
            assertThatThrownBy(() -> again.append(lost.records(), lost.producer()))
                    .isInstanceOf(LogException.OutOfSequence.class)
                    .hasMessageContaining("does not know this producer, or no longer");
            assertThat(again.append(lost.records(), new Producer(0, (short) 2, 0)))
                    .isEqualTo(again.logStartOffset());
        }
    }

    @Test
    void a_note_of_another_time_log_or_segment_is_not_believed() {
        PartitionLog log = fill(3);
        log.close();
        Path note = last(disk, ".producers");
        byte[] earlier = disk.bytes(note);
        log = open(disk);
        send(log, 0);
        send(log, 1);
        log.close();
        SimDisk older = disk.copy();
        older.put(note, earlier);
        check(older, "of an earlier close");
        SimDisk elsewhere = disk.copy();
        elsewhere.put(note, disk.bytes(files(disk, ".producers").get(0)));
        check(elsewhere, "of another segment");
        SimDisk stranger = new SimDisk(2);
        try (PartitionLog other = open(stranger)) {
            for (int i = 0; other.describe().segments().size() < 3; i++) {
                other.append(List.of(Ledger.record(i)), new Producer(0, (short) 9, i));
            }
        }
        SimDisk foreign = disk.copy();
        foreign.put(note, stranger.bytes(last(stranger, ".producers")));
        check(foreign, "of another log");
    }

    /** A note that was made, and then the frames that it knows of were lost, and others took their place. */
    @Test
    void a_note_of_frames_that_were_lost_since_is_not_believed() {
        PartitionLog log = open(disk);
        send(log, 0);
        SimDisk before = disk.copy();
        Sent lost = next(0);
        log.append(lost.records(), lost.producer());
        log.close();
        byte[] note = disk.bytes(last(disk, ".producers"));
        // The same place is taken, in another life, by batches of somebody else.
        before.put(DIRECTORY.resolve("00000000000000000000.producers"), note);
        for (int life = 0; life < 2; life++) {
            log = open(before);
            log.append(
                    lost.records(),
                    new Producer(8, (short) 0, life == 0 ? 0 : lost.records().size()));
            before.kill();
            before.restart();
        }
        try (PartitionLog again = open(before)) {
            long end = again.logEndOffset();
            assertThat(again.append(lost.records(), lost.producer()))
                    .as("never stored in this log")
                    .isEqualTo(end);
        }
    }

    @Test
    void a_note_that_cannot_be_written_is_made_up_for_by_the_next_open() {
        for (Effect effect : List.of(Effect.NO_SPACE, Effect.IO_ERROR, Effect.SHORT_WRITE_NO_SPACE)) {
            SimDisk on = new SimDisk(3);
            sent.clear();
            on.inject(Fault.from(1, operation -> operation.on(".producers.tmp"), effect));
            PartitionLog log = open(on);
            for (int i = 0; log.describe().segments().size() < 4; i++) {
                send(log, i % PRODUCERS);
            }
            SimDisk killed = on.copy();
            log.close();
            assertThat(files(on, ".producers")).isEmpty();
            on.heal();
            check(killed, effect + ", killed");
            check(on.copy(), effect + ", closed");
            open(on).close();
            checkWithoutReadingSealed(on, effect + ", and opened again");
        }
    }

    @Test
    void a_note_that_the_operating_system_cannot_read_is_made_up_for_too() {
        inBothWays(fill(4), on -> {
            SimDisk unreadable = on.copy();
            unreadable.inject(Fault.at(
                    1, operation -> operation.kind() == Kind.READ && operation.on(".producers"), Effect.IO_ERROR));
            check(unreadable, "one note");
            SimDisk none = on.copy();
            none.inject(Fault.from(
                    1, operation -> operation.kind() == Kind.READ && operation.on(".producers"), Effect.IO_ERROR));
            check(none, "no note");
        });
    }

    @Test
    void a_note_that_is_there_but_cannot_be_opened_for_want_of_files_or_rights_refuses_the_open() {
        fill(2).close();
        for (Effect effect : List.of(Effect.TOO_MANY_OPEN_FILES, Effect.ACCESS_DENIED)) {
            SimDisk on = disk.copy();
            on.inject(Fault.at(1, operation -> operation.kind() == Kind.OPEN && operation.on(".producers"), effect));
            assertThatThrownBy(() -> open(on)).isInstanceOf(LogException.IoFailed.class);
            check(on, "when that is over");
        }
    }

    @Test
    void a_torn_commit_is_not_remembered_nor_what_lay_behind_it() {
        PartitionLog log = fill(2);
        log.roll();
        SimDisk[] unsynced = {null};
        disk.onOperation(operation -> {
            if (operation.kind() == Kind.SYNC && unsynced[0] == null) {
                unsynced[0] = disk.copy();
            }
        });
        List<Sent> batches = new ArrayList<>();
        Commit commit = log.newCommit();
        for (int i = 0; i < 3; i++) {
            byte[] value = new byte[400];
            Arrays.fill(value, (byte) (i + 1));
            Producer producer = new Producer(50, (short) 0, i);
            batches.add(new Sent(
                    producer,
                    List.of(NewRecord.of(7, value)),
                    commit.stage(List.of(NewRecord.of(7, value)), producer)));
        }
        long end = log.logEndOffset();
        log.commit(commit);
        Path active = last(disk, ".log");
        int sectors = unsynced[0].unsyncedSectors(active);
        assertThat(sectors).isBetween(3, 8);
        for (int subset = 0; subset < 1 << sectors; subset++) {
            SimDisk torn = unsynced[0].copy();
            int kept = subset;
            torn.powerLoss(sector -> (kept & (1 << sector)) != 0, true);
            torn.restart();
            String context = "sectors " + Integer.toBinaryString(subset);
            try (PartitionLog again = open(torn)) {
                for (int i = 0; i < 3; i++) {
                    Sent batch = batches.get(i);
                    assertThat(again.append(batch.records(), batch.producer()))
                            .as("%s, batch %d", context, i)
                            .isEqualTo(end + i);
                }
                assertThat(again.logEndOffset()).as(context).isEqualTo(end + 3);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_damaged_batch_whose_fixed_fields_are_right_is_remembered(boolean rolledSince) {
        PartitionLog log = open(disk);
        Sent damaged = next(0);
        log.append(damaged.records(), damaged.producer());
        long frameEnd = log.describe().bytes();
        send(log, 1);
        if (rolledSince) {
            log.roll();
            disk.remove(last(disk, ".producers"));
        }
        disk.kill();
        disk.restart();
        // In the record, or its padding: the last bytes of the frame.
        disk.flipBit(files(disk, ".log").get(0), (frameEnd - 12) * 8);
        try (PartitionLog again = open(disk)) {
            assertThatThrownBy(() -> again.read(0, 0)).isInstanceOf(LogException.CorruptRecord.class);
            assertThat(again.append(damaged.records(), damaged.producer())).isZero();
            Sent next = sent.get(1).get(0);
            assertThat(again.append(next.records(), next.producer())).isEqualTo(next.offset());
        }
    }

    @Test
    void notes_go_with_their_segments_and_with_the_log() throws Exception {
        PartitionLog log = fill(6);
        assertThat(files(disk, ".producers")).hasSize(5);
        log.deleteBefore(log.describe().segments().get(3).baseOffset());
        assertThat(files(disk, ".producers")).hasSize(3);
        disk.put(DIRECTORY.resolve("00000000000000000777.producers"), new byte[9]);
        disk.put(DIRECTORY.resolve("00000000000000000778.producers.tmp"), new byte[9]);
        disk.kill();
        disk.restart();
        log = open(disk);
        assertThat(log.recovery().removedFiles())
                .contains("00000000000000000777.producers", "00000000000000000778.producers.tmp");
        log.delete();
        assertThat(disk.list(DIRECTORY)).isEmpty();
    }

    @Test
    void a_log_that_is_only_looked_at_keeps_its_notes_as_they_are() {
        fill(3).close();
        disk.flipBit(last(disk, ".producers"), 100);
        Snapshot before = Snapshot.of(disk, DIRECTORY);
        try (ObservedLog observed = ObservedLog.open(DIRECTORY, options(disk))) {
            Ledger.readAll(observed, 500);
        }
        LogInspector.verify(DIRECTORY, options(disk), damage -> {}, bytes -> {});
        before.assertUnchanged("looked at");
    }

    @Test
    void the_expiry_goes_on_over_restarts_by_the_time_of_the_log_and_not_by_the_clock() {
        PartitionLog log = open(disk);
        log.append(List.of(NewRecord.of(0, new byte[1])), new Producer(1, (short) 0, 0));
        for (int id = 2; id <= 1 + ProducerTable.ALWAYS_REMEMBERED; id++) {
            log.append(List.of(NewRecord.of(1, new byte[1])), new Producer(id, (short) 0, 0));
        }
        log.close();
        clock.advance(Duration.ofDays(1000));
        log = open(disk);
        assertThat(log.append(List.of(NewRecord.of(0, new byte[1])), new Producer(1, (short) 0, 0)))
                .as("no clock has a part in it")
                .isZero();
        log.append(List.of(NewRecord.of(Duration.ofDays(7).toMillis() + 1, new byte[1])));
        disk.kill();
        disk.restart();
        PartitionLog last = open(disk);
        assertThatThrownBy(() -> last.append(List.of(NewRecord.of(0, new byte[1])), new Producer(1, (short) 0, 1)))
                .isInstanceOf(LogException.OutOfSequence.class)
                .hasMessageContaining("does not know");
        last.close();
    }
}
