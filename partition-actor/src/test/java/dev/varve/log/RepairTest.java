package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.Operation.Kind;
import dev.varve.log.testkit.SimDisk;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a repair makes of a damaged log: every good record, in a log that opens, verifies, and goes on above all offsets that there
 * ever were; whatever is missing is told; and nobody touches the damaged one.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RepairTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final Path TARGET = Path.of("/simulated/repaired");
    private static final Path MANIFEST = DIRECTORY.resolve("manifest");
    private static final long LOG_ID = 5;

    private final ManualClock clock = new ManualClock();
    private final SimDisk pristine = new SimDisk(31);
    private final Ledger ledger = new Ledger();
    /** Each manifest that the log ever had, oldest first. */
    private final Set<ByteBuffer> manifests = new LinkedHashSet<>();

    private List<Path> segments;
    private int producerSequence;

    private LogOptions options(SimDisk disk) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048));
    }

    private void append(PartitionLog log) {
        List<NewRecord> batch = ledger.batch(2);
        ledger.acknowledge(log.append(batch, new Producer(7, (short) 1, producerSequence)), batch);
        producerSequence += 2;
    }

    @BeforeEach
    void five_segments_of_a_log_that_was_closed() {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(pristine).withLogId(LOG_ID))) {
            while (log.describe().segments().size() < 5) {
                append(log);
                manifests.add(ByteBuffer.wrap(pristine.bytes(MANIFEST)));
            }
            append(log);
            append(log);
        }
        segments = logs(pristine);
        assertThat(segments).hasSize(5);
    }

    private static List<Path> logs(SimDisk disk) {
        return disk.names(DIRECTORY).stream()
                .filter(name -> name.endsWith(".log"))
                .map(DIRECTORY::resolve)
                .toList();
    }

    private static long baseOffset(Path segment) {
        return Long.parseLong(segment.getFileName().toString().substring(0, 20));
    }

    private Path last() {
        return segments.get(segments.size() - 1);
    }

    /** What a repair told. */
    private static final class Told implements LogRepair.Told {
        private final List<Damage> leftOut = new ArrayList<>();
        private final List<String> notes = new ArrayList<>();

        @Override
        public void leftOut(Damage damage) {
            leftOut.add(damage);
        }

        @Override
        public void note(String text) {
            notes.add(text);
        }

        boolean isToldOf(long offset) {
            return leftOut.stream().anyMatch(damage -> damage.firstOffset() <= offset && offset <= damage.lastOffset());
        }

        List<Damage.Kind> kinds() {
            return leftOut.stream().map(Damage::kind).toList();
        }
    }

    /** Repairs, and checks all that holds whatever was damaged; that every good record is there but for what was told. */
    private Told repair(SimDisk disk, String context) {
        Told told = new Told();
        LogRepair.Repaired repaired = repairInto(disk, told, context);
        checkCopy(disk, told, repaired, context);
        return told;
    }

    private LogRepair.Repaired repairInto(SimDisk disk, Told told, String context) {
        Snapshot before = Snapshot.of(disk, DIRECTORY);
        disk.recordOperations();
        LogRepair.Repaired repaired = LogRepair.repair(DIRECTORY, TARGET, options(disk), told, bytes -> {});
        assertThat(disk.operations())
                .as(context)
                .filteredOn(operation -> operation.path().startsWith(DIRECTORY))
                .extracting(Operation::kind)
                .isSubsetOf(Kind.OPEN, Kind.READ, Kind.SIZE, Kind.LIST);
        before.assertUnchanged(context);
        assertThat(disk.openFiles()).as(context).isZero();
        assertThat(repaired.leftOut()).as(context).isEqualTo(told.leftOut.size());
        return repaired;
    }

    private void checkCopy(SimDisk disk, Told told, LogRepair.Repaired repaired, String context) {
        String what = context + ", told " + told.leftOut + told.notes;
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(TARGET, options(disk), findings::add, bytes -> {});
        assertThat(findings).as(what).isEmpty();
        try (PartitionLog log = PartitionLog.open(TARGET, options(disk))) {
            assertThat(log.recovery().clean()).as(what).isTrue();
            TreeMap<Long, NewRecord> found = new TreeMap<>();
            for (LogRecord record : Ledger.readAll(log, 500)) {
                found.put(record.offset(), record.toNewRecord());
            }
            ledger.acknowledged().forEach((offset, record) -> {
                NewRecord copied = found.remove(offset);
                if (copied == null) {
                    assertThat(told.isToldOf(offset))
                            .as("offset %d; %s", offset, what)
                            .isTrue();
                } else {
                    assertThat(copied).as(what).isEqualTo(record);
                }
            });
            assertThat(found).as(what).isEmpty();
            assertThat(log.logEndOffset()).as(what).isEqualTo(repaired.logEndOffset());
            NewRecord next = Ledger.record(900_000);
            long offset = log.append(next);
            assertThat(log.read(offset, 1).records().get(0).toNewRecord()).isEqualTo(next);
        }
    }

    /** As {@link #repair}, where what follows is known to be behind all that was ever acknowledged. */
    private Told repairKnowingTheEnd(SimDisk disk, String context) {
        Told told = new Told();
        LogRepair.Repaired repaired = repairInto(disk, told, context);
        assertThat(repaired.logEndOffset()).as(context).isGreaterThanOrEqualTo(ledger.nextOffset());
        checkCopy(disk, told, repaired, context);
        return told;
    }

    @Test
    void a_log_without_damage_is_copied_byte_for_byte() {
        SimDisk disk = pristine.copy();
        Told told = new Told();
        LogRepair.Repaired repaired = repairInto(disk, told, "");
        assertThat(told.leftOut).isEmpty();
        assertThat(told.notes).isEmpty();
        for (Path segment : segments) {
            assertThat(disk.bytes(TARGET.resolve(segment.getFileName()))).isEqualTo(disk.bytes(segment));
        }
        assertThat(disk.bytes(TARGET.resolve("manifest"))).isEqualTo(disk.bytes(MANIFEST));
        assertThat(repaired.logId()).isEqualTo(LOG_ID);
        assertThat(repaired.records()).isEqualTo(ledger.size());
        checkCopy(disk, told, repaired, "");
    }

    @Test
    void whichever_byte_of_whichever_file_is_flipped_no_other_batch_is_lost() {
        for (String name : pristine.names(DIRECTORY)) {
            Path file = DIRECTORY.resolve(name);
            int size = pristine.bytes(file).length;
            for (int position = 0; position < size; position += 11) {
                SimDisk disk = pristine.copy();
                disk.flipBit(file, position * 8L + position % 8);
                String context = "byte " + position + " of " + name;
                Told told = repairKnowingTheEnd(disk, context);
                assertThat(told.leftOut).as(context).hasSizeLessThanOrEqualTo(1);
                for (Damage damage : told.leftOut) {
                    assertThat(damage.file()).as(context).isEqualTo(name);
                    assertThat(damage.lastOffset() - damage.firstOffset())
                            .as(context)
                            .isLessThanOrEqualTo(1);
                }
                if (!name.endsWith(".log") || position < 512) {
                    assertThat(told.leftOut).as(context).isEmpty();
                }
            }
        }
    }

    @Test
    void a_missing_segment_is_told_and_the_others_are_there() {
        for (Path segment : segments) {
            SimDisk disk = pristine.copy();
            disk.remove(segment);
            Told told = repairKnowingTheEnd(disk, "without " + segment);
            assertThat(told.kinds()).containsExactly(Damage.Kind.MISSING_SEGMENT);
            assertThat(told.leftOut.get(0).firstOffset()).isEqualTo(baseOffset(segment));
        }
    }

    @Test
    void a_shortened_segment_gives_what_is_left_of_it() {
        for (Path segment : segments) {
            for (int cut = 1; cut < 1500; cut += 13) {
                SimDisk disk = pristine.copy();
                int size = disk.bytes(segment).length;
                if (cut >= size) {
                    break;
                }
                disk.cutTo(segment, size - cut);
                Told told = repairKnowingTheEnd(disk, cut + " bytes cut off " + segment);
                assertThat(told.leftOut).isNotEmpty();
            }
        }
    }

    @Test
    void without_a_manifest_the_segments_tell_of_everything_but_their_first_and_last() {
        for (String how : List.of("gone", "zeros", "cut")) {
            SimDisk disk = pristine.copy();
            destroyManifest(disk, how);
            Told told = repairKnowingTheEnd(disk, how);
            assertThat(told.kinds()).containsExactly(Damage.Kind.MANIFEST);
            assertThat(disk.bytes(TARGET.resolve(last().getFileName()))).startsWith(disk.bytes(last()));
        }
        for (Path segment : segments) {
            SimDisk disk = pristine.copy();
            destroyManifest(disk, "gone");
            disk.remove(segment);
            boolean isInTheMiddle = segment != segments.get(0) && segment != last();
            if (isInTheMiddle) {
                assertThat(repairKnowingTheEnd(disk, "without " + segment).kinds())
                        .containsExactly(Damage.Kind.MANIFEST, Damage.Kind.MISSING_SEGMENT);
            } else {
                Told told = new Told();
                LogRepair.Repaired repaired = repairInto(disk, told, "without " + segment);
                assertThat(repaired.logEndOffset()).isGreaterThanOrEqualTo(baseOffset(last()));
            }
        }
        for (Path segment : segments.subList(0, 4)) {
            SimDisk disk = pristine.copy();
            destroyManifest(disk, "gone");
            disk.cutTo(segment, 1024);
            Told told = repairKnowingTheEnd(disk, "cut " + segment);
            assertThat(told.leftOut).hasSizeGreaterThan(1);
        }
    }

    private static void destroyManifest(SimDisk disk, String how) {
        switch (how) {
            case "gone" -> disk.remove(MANIFEST);
            case "zeros" -> disk.put(MANIFEST, new byte[disk.bytes(MANIFEST).length]);
            default -> disk.cutTo(MANIFEST, 11);
        }
    }

    @Test
    void a_manifest_of_the_past_hides_no_segment() {
        for (ByteBuffer manifest : manifests) {
            SimDisk disk = pristine.copy();
            disk.put(MANIFEST, manifest.array());
            Told told = repairKnowingTheEnd(disk, "an older manifest");
            assertThat(told.leftOut).isEmpty();
        }
    }

    @Test
    void a_segment_whose_header_is_lost_with_the_manifest_is_known_by_what_lies_beside_it() {
        for (Path segment : segments) {
            SimDisk disk = pristine.copy();
            disk.remove(MANIFEST);
            disk.overwrite(segment, 0, new byte[512]);
            Told told = repairKnowingTheEnd(disk, "no header in " + segment);
            assertThat(told.kinds()).containsExactly(Damage.Kind.MANIFEST);
            assertThat(told.notes).singleElement().asString().contains("beside it");
        }
    }

    @Test
    void files_of_another_log_and_second_copies_are_left_out_and_misnamed_ones_found() {
        SimDisk other = new SimDisk(4);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(other).withLogId(99))) {
            log.append(Ledger.record(1));
        }
        byte[] foreign = other.bytes(segments.get(0));
        SimDisk disk = pristine.copy();
        disk.put(segments.get(2), foreign);
        Told told = repairKnowingTheEnd(disk, "a foreign segment in the place of one");
        assertThat(told.kinds()).containsExactly(Damage.Kind.SEGMENT_HEADER);
        assertThat(told.leftOut.get(0).firstOffset()).isEqualTo(baseOffset(segments.get(2)));

        disk = pristine.copy();
        disk.put(DIRECTORY.resolve("00000000000000000777.log"), foreign);
        disk.put(DIRECTORY.resolve("00000000000000000778.log"), disk.bytes(segments.get(1)));
        told = repairKnowingTheEnd(disk, "a foreign segment and a second copy besides");
        assertThat(told.leftOut)
                .extracting(Damage::file)
                .containsExactly("00000000000000000777.log", "00000000000000000778.log");

        for (boolean hasManifest : new boolean[] {true, false}) {
            disk = pristine.copy();
            byte[] misnamed = disk.bytes(segments.get(1));
            disk.remove(segments.get(1));
            disk.put(DIRECTORY.resolve("00000000000000000777.log"), misnamed);
            if (!hasManifest) {
                disk.remove(MANIFEST);
            }
            told = repairKnowingTheEnd(disk, "a misnamed segment");
            assertThat(told.notes).anySatisfy(note -> assertThat(note).contains("under a wrong name"));
            assertThat(told.kinds()).doesNotContain(Damage.Kind.MISSING_SEGMENT);
        }
    }

    @Test
    void a_torn_commit_of_a_crashed_log_is_told_and_whole_ones_are_copied() {
        SimDisk disk = pristine.copy();
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
        append(log);
        append(log);
        List<NewRecord> torn = ledger.batch(2);
        long tornOffset = log.append(torn);
        ledger.acknowledge(tornOffset, torn);
        disk.kill();
        disk.restart();
        Path active = logs(disk).get(logs(disk).size() - 1);
        assertThat(repairKnowingTheEnd(disk.copy(), "crashed").leftOut).isEmpty();
        byte[] bytes = disk.bytes(active);
        int lastFrame = bytes.length;
        for (int position = 512; position < bytes.length && bytes[position + 8] == 'V'; ) {
            lastFrame = position;
            position += ByteBuffer.wrap(bytes).getInt(position + 4) + 8;
        }
        ledger.acknowledged().keySet().removeIf(offset -> offset >= tornOffset);
        for (int position = lastFrame; position < lastFrame + 120; position += 5) {
            SimDisk damaged = disk.copy();
            damaged.flipBit(active, position * 8L);
            Told told = repairKnowingTheEnd(damaged, "position " + position);
            assertThat(told.leftOut).singleElement().satisfies(damage -> assertThat(damage.detail())
                    .contains("may be an unfinished commit"));
        }
    }

    @Test
    void random_damage_of_all_kinds_at_once_loses_nothing_in_silence() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            SimDisk disk = pristine.copy();
            List<String> done = new ArrayList<>();
            for (int i = 0; i < 1 + random.nextInt(5); i++) {
                List<String> names = disk.names(DIRECTORY);
                Path file = DIRECTORY.resolve(names.get(random.nextInt(names.size())));
                int size = disk.bytes(file).length;
                if (size == 0) {
                    continue;
                }
                int position = random.nextInt(size);
                byte[] noise = new byte[1 + random.nextInt(Math.min(300, size))];
                random.nextBytes(noise);
                switch (random.nextInt(4)) {
                    case 0 -> disk.flipBit(file, position * 8L);
                    case 1 -> disk.overwrite(file, position, noise);
                    case 2 -> disk.cutTo(file, position);
                    default -> disk.overwrite(file, position, new byte[noise.length]);
                }
                done.add(file.getFileName() + " at " + position);
            }
            String context = "seed " + seed + ": " + done;
            try {
                repair(disk, context);
            } catch (LogException.Broken e) {
                assertThat(e).as(context).hasMessageContaining("nothing tells which log");
            }
        }
    }

    @Test
    void blocks_that_the_disk_cannot_read_are_damage_and_the_rest_is_copied() {
        SimDisk disk = pristine.copy();
        disk.inject(Fault.from(
                1,
                operation -> operation.kind() == Kind.READ
                        && operation.path().equals(segments.get(2))
                        && operation.position() <= 600
                        && operation.position() + operation.length() > 600,
                Fault.Effect.IO_ERROR));
        Told told = repairKnowingTheEnd(disk, "a bad block");
        assertThat(told.leftOut).isNotEmpty().allMatch(damage -> damage.file()
                .equals(segments.get(2).getFileName().toString()));
        assertThat(told.notes).anySatisfy(note -> assertThat(note).contains("could not read"));
    }

    @Test
    void a_repair_that_is_broken_off_leaves_no_log_and_one_that_is_not_a_whole_one() {
        SimDisk counted = pristine.copy();
        counted.recordOperations();
        LogRepair.repair(DIRECTORY, TARGET, options(counted), new Told(), bytes -> {});
        int operations = counted.operations().size();
        int whole = 0;
        for (Fault.Effect effect : List.of(Fault.Effect.KILL, Fault.Effect.POWER_LOSS)) {
            for (int at = 1; at <= operations + 1; at++) {
                SimDisk disk = pristine.copy(at);
                disk.inject(Fault.at(at, operation -> true, effect));
                try {
                    LogRepair.repair(DIRECTORY, TARGET, options(disk), new Told(), bytes -> {});
                } catch (LogException.IoFailed | LogException.Broken e) {
                    assertThat(e.getMessage()).contains("/simulated/");
                }
                if (effect == Fault.Effect.POWER_LOSS) {
                    disk.powerLoss();
                }
                disk.restart();
                String context = effect + " at operation " + at;
                if (!PartitionLog.exists(TARGET, options(disk))) {
                    assertThat(disk.names(TARGET)).as(context).isSubsetOf("lock", "manifest.tmp");
                    continue;
                }
                try (PartitionLog log = PartitionLog.open(TARGET, options(disk))) {
                    assertThat(Ledger.readAll(log, 500)).as(context).hasSize(ledger.size());
                    whole++;
                } catch (LogException.Broken e) {
                    assertThat(e).hasMessageContaining("did not come to its end");
                }
            }
        }
        assertThat(whole)
                .as("repairs that were over before they were broken off")
                .isPositive();
    }

    @Test
    void an_error_of_the_disk_that_is_written_to_is_told_and_leaves_no_log() {
        for (Kind kind : List.of(Kind.WRITE, Kind.SYNC, Kind.CREATE)) {
            for (Fault.Effect effect : List.of(Fault.Effect.IO_ERROR, Fault.Effect.NO_SPACE)) {
                SimDisk disk = pristine.copy();
                disk.inject(Fault.at(
                        4,
                        operation ->
                                operation.kind() == kind && operation.path().startsWith(TARGET),
                        effect));
                assertThatThrownBy(() -> repair(disk, kind + " " + effect))
                        .isInstanceOf(LogException.IoFailed.class)
                        .hasMessageContaining("not whole");
                assertThatThrownBy(() -> PartitionLog.open(TARGET, options(disk)))
                        .isInstanceOf(LogException.Broken.class)
                        .hasMessageContaining("did not come to its end");
                assertThat(disk.openFiles()).isZero();
            }
        }
    }

    @Test
    void producers_go_on_where_they_were_whatever_was_damaged() {
        List<SimDisk> damaged = new ArrayList<>();
        damaged.add(pristine.copy());
        for (Path segment : segments) {
            SimDisk disk = pristine.copy();
            disk.flipBit(segment, 620 * 8);
            damaged.add(disk);
        }
        SimDisk withoutManifest = pristine.copy();
        withoutManifest.remove(MANIFEST);
        damaged.add(withoutManifest);
        for (SimDisk disk : damaged) {
            LogRepair.repair(DIRECTORY, TARGET, options(disk), new Told(), bytes -> {});
            try (PartitionLog log = PartitionLog.open(TARGET, options(disk))) {
                long end = log.logEndOffset();
                Producer last = new Producer(7, (short) 1, producerSequence - 2);
                assertThat(log.append(
                                List.of(ledger.at(ledger.nextOffset() - 2), ledger.at(ledger.nextOffset() - 1)), last))
                        .isEqualTo(ledger.nextOffset() - 2);
                assertThat(log.append(List.of(Ledger.record(1)), new Producer(7, (short) 1, producerSequence)))
                        .isEqualTo(end);
            }
        }
    }

    @Test
    void a_batch_of_an_unfinished_commit_can_be_sent_again() {
        SimDisk disk = pristine.copy();
        PartitionLog crashed = PartitionLog.open(DIRECTORY, options(disk));
        Path active = logs(disk).get(logs(disk).size() - 1);
        int position = disk.bytes(active).length;
        Producer producer = new Producer(7, (short) 1, producerSequence);
        List<NewRecord> batch = ledger.batch(1);
        crashed.append(batch, producer);
        disk.kill();
        disk.restart();
        // The fixed fields reached the disk, the records did not.
        disk.overwrite(active, position + 110, new byte[4]);
        Told told = new Told();
        LogRepair.repair(DIRECTORY, TARGET, options(disk), told, bytes -> {});
        assertThat(told.kinds()).containsExactly(Damage.Kind.FRAME);
        try (PartitionLog log = PartitionLog.open(TARGET, options(disk))) {
            long offset = log.append(batch, producer);
            assertThat(log.read(offset, 1).records().get(0).toNewRecord()).isEqualTo(batch.get(0));
        }
    }

    @Test
    void what_the_note_alone_remembers_of_producers_is_kept_beside_damage() {
        SimDisk disk = new SimDisk(8);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            log.append(List.of(Ledger.record(1)), new Producer(3, (short) 2, 0));
            log.roll();
            log.deleteBefore(1);
            for (int i = 0; i < 8; i++) {
                log.append(Ledger.record(i));
            }
        }
        Path segment = DIRECTORY.resolve("00000000000000000001.log");
        disk.flipBit(segment, 600 * 8);
        Told told = new Told();
        LogRepair.Repaired repaired = LogRepair.repair(DIRECTORY, TARGET, options(disk), told, bytes -> {});
        assertThat(told.leftOut).hasSize(1);
        assertThat(repaired.logStartOffset()).isEqualTo(1);
        try (PartitionLog log = PartitionLog.open(TARGET, options(disk))) {
            assertThat(log.append(List.of(Ledger.record(1)), new Producer(3, (short) 2, 0)))
                    .isZero();
            assertThat(log.append(List.of(Ledger.record(2)), new Producer(3, (short) 2, 1)))
                    .isEqualTo(9);
        }
    }

    @Test
    void keys_are_found_in_the_copy_of_a_log_that_finds_records_by_key() {
        SimDisk disk = new SimDisk(9);
        LogOptions keyed = options(disk).withKeyMemoryBytes(1 << 20);
        byte[] key = {'k'};
        try (PartitionLog log = PartitionLog.open(DIRECTORY, keyed)) {
            for (int i = 1; i <= 60; i++) {
                log.append(new NewRecord(i, key, i, new byte[50], List.of()));
            }
            log.append(new NewRecord(61, new byte[] {'f'}, 1, new byte[5], List.of()));
            log.keys().forget(new byte[] {'f'});
        }
        disk.flipBit(DIRECTORY.resolve("00000000000000000000.log"), 800 * 8);
        Told told = new Told();
        LogRepair.Repaired repaired = LogRepair.repair(DIRECTORY, TARGET, keyed, told, bytes -> {});
        assertThat(told.leftOut).hasSize(1);
        assertThat(disk.names(TARGET)).contains("keydirectory", "00000000000000000000.keys");
        try (PartitionLog log = PartitionLog.open(TARGET, keyed)) {
            assertThat(log.keys().read(key, 0, 0, 1 << 20).records()).hasSize(59);
            assertThat(log.keys().state(key).highestSequence()).isEqualTo(60);
            assertThat(log.keys().read(new byte[] {'f'}, 0, 0, 1 << 20).records())
                    .isEmpty();
        }
        assertThat(repaired.records()).isGreaterThanOrEqualTo(60);
    }

    @Test
    void deleted_records_do_not_come_back() {
        SimDisk disk = pristine.copy();
        byte[] first = disk.bytes(segments.get(0));
        long start = baseOffset(segments.get(2)) + 2;
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            log.deleteBefore(start);
        }
        // A crash between the manifest and the removal of the file.
        disk.put(segments.get(0), first);
        ledger.acknowledged().keySet().removeIf(offset -> offset < start);
        Told told = new Told();
        LogRepair.Repaired repaired = LogRepair.repair(DIRECTORY, TARGET, options(disk), told, bytes -> {});
        assertThat(told.leftOut).isEmpty();
        assertThat(repaired.logStartOffset()).isEqualTo(start);
        assertThat(disk.names(TARGET))
                .doesNotContain(segments.get(0).getFileName().toString());
        checkCopy(disk, told, repaired, "deleted");
    }

    @Test
    void what_compaction_wrote_is_copied_and_what_it_replaced_is_not() {
        for (int operations = 1; ; operations++) {
            SimDisk disk = new SimDisk(9);
            LogOptions keyed = options(disk).withKeyMemoryBytes(1 << 20);
            PartitionLog log = PartitionLog.open(DIRECTORY, keyed);
            for (int i = 0; i < 70; i++) {
                log.append(NewRecord.of(i, new byte[] {(byte) (i % 4 == 0 ? i : 1)}, new byte[50]));
            }
            log.roll();
            disk.inject(Fault.at(
                    operations,
                    operation -> operation.kind() == Kind.RENAME || operation.kind() == Kind.SYNC_DIRECTORY,
                    Fault.Effect.KILL));
            boolean isKilled = false;
            try {
                log.compact(CompactionPolicy.of(CompactionPolicy.Keep.LATEST_OF_KEY), bytes -> {});
            } catch (LogException e) {
                isKilled = true;
            }
            disk.kill();
            disk.restart();
            Told told = new Told();
            repairInto(disk, told, "killed at operation " + operations);
            assertThat(told.leftOut).as("killed at operation " + operations).isEmpty();
            List<Damage> findings = new ArrayList<>();
            LogInspector.verify(TARGET, keyed, findings::add, bytes -> {});
            assertThat(findings).isEmpty();
            try (PartitionLog whole = PartitionLog.open(DIRECTORY, keyed);
                    PartitionLog copy = PartitionLog.open(TARGET, keyed)) {
                assertThat(offsets(copy))
                        .isEqualTo(offsets(whole))
                        .contains(69L)
                        .hasSizeGreaterThan(15);
            }
            if (!isKilled) {
                break;
            }
        }
    }

    private static List<Long> offsets(PartitionLog log) {
        return Ledger.readAll(log, 500).stream().map(LogRecord::offset).toList();
    }

    @Test
    void records_that_make_no_sense_behind_a_right_checksum_are_left_out() {
        SimDisk disk = pristine.copy();
        byte[] bytes = disk.bytes(segments.get(1));
        // The first record's offset.
        bytes[512 + 104] = 77;
        Seals.frame(bytes, 512, LOG_ID, 2);
        disk.put(segments.get(1), bytes);
        Told told = repairKnowingTheEnd(disk, "senseless records");
        assertThat(told.kinds()).containsExactly(Damage.Kind.RECORDS);
    }

    @Test
    void what_was_put_aside_is_told_and_not_copied() {
        SimDisk disk = pristine.copy();
        String name = "00000000000000000000.1024.quarantine";
        disk.put(DIRECTORY.resolve(name), new byte[77]);
        Told told = repairKnowingTheEnd(disk, "quarantine");
        assertThat(told.leftOut).isEmpty();
        assertThat(told.notes).singleElement().asString().contains(name).contains("77 bytes");
        assertThat(disk.names(TARGET)).doesNotContain(name);
    }

    @Test
    void the_epoch_and_the_sequence_go_on_above_those_of_what_is_lost() {
        SimDisk disk = pristine.copy();
        disk.remove(last());
        FrameDescription lost = lastFrame(pristine, DIRECTORY);
        repairKnowingTheEnd(disk, "");
        FrameDescription next = lastFrame(disk, TARGET);
        assertThat(next.sequence()).isGreaterThan(lost.sequence());
        assertThat(next.epoch()).isGreaterThan(lost.epoch());
    }

    private FrameDescription lastFrame(SimDisk disk, Path directory) {
        List<FrameDescription> frames = FrameList.of(directory, options(disk)).frames();
        return frames.get(frames.size() - 1);
    }

    @Test
    void what_cannot_be_done_is_refused_before_anything_is_written() {
        SimDisk disk = pristine.copy();
        disk.put(TARGET.resolve("something"), new byte[1]);
        assertThatThrownBy(() -> repair(disk, ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("something");
        assertThatThrownBy(() -> LogRepair.repair(
                        DIRECTORY, DIRECTORY.resolve("inside"), options(disk), new Told(), bytes -> {}))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LogRepair.repair(
                        Path.of("/simulated/nothing"), Path.of("/simulated/x"), options(disk), new Told(), bytes -> {}))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContaining("no log");
        SimDisk later = pristine.copy();
        byte[] manifest = later.bytes(MANIFEST);
        manifest[11] = 2;
        manifest[manifest.length / 2 + 11] = 2;
        Seals.manifest(manifest);
        later.put(MANIFEST, manifest);
        assertThatThrownBy(() -> repair(later, ""))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContaining("a later one");
        assertThat(later.names(TARGET)).isEmpty();
        SimDisk deleted = pristine.copy();
        byte[] bytes = deleted.bytes(MANIFEST);
        deleted.remove(MANIFEST);
        deleted.put(DIRECTORY.resolve("manifest.deleted"), Arrays.copyOf(bytes, bytes.length));
        assertThatThrownBy(() -> repair(deleted, ""))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContaining("was deleted");
    }
}
