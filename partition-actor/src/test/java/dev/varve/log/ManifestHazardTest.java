package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Files that are missing, shortened, lengthened, swapped, of another log or of the past. Each case ends in an error that names the
 * file and leaves everything as it was, or in the right data; never in a log that is silently shorter.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ManifestHazardTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final Path MANIFEST = DIRECTORY.resolve("manifest");
    private static final long LOG_ID = 5;

    private final ManualClock clock = new ManualClock();
    private final SimDisk pristine = new SimDisk(31);
    private final Ledger ledger = new Ledger();

    /** Each manifest that the log ever had, oldest first. */
    private final Set<ByteBuffer> manifests = new LinkedHashSet<>();

    private List<Path> segments;

    private LogOptions options(SimDisk disk) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withLogId(LOG_ID)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048));
    }

    /** Batches of one size, so that all full segments are equally long. */
    private static List<NewRecord> batch(Ledger ledger) {
        List<NewRecord> batch = new ArrayList<>();
        for (NewRecord record : ledger.batch(2)) {
            byte[] value = Arrays.copyOf(record.value(), 60);
            batch.add(NewRecord.of(record.timestamp(), value));
        }
        return batch;
    }

    @BeforeEach
    void five_segments_of_a_log_that_was_closed() {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(pristine))) {
            while (log.describe().segments().size() < 5) {
                List<NewRecord> batch = batch(ledger);
                ledger.acknowledge(log.append(batch), batch);
                manifests.add(ByteBuffer.wrap(pristine.bytes(MANIFEST)));
            }
            for (int i = 0; i < 2; i++) {
                List<NewRecord> batch = batch(ledger);
                ledger.acknowledge(log.append(batch), batch);
            }
        }
        segments = logs(pristine);
        assertThat(segments).hasSize(5);
        assertThat(manifests).hasSize(5);
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

    /** What the log answered to the attempt to open it; null if it opened. */
    private LogException open(SimDisk disk, String context) {
        // Locking creates a file, which is not what this is about.
        if (!disk.names(DIRECTORY).contains("lock")) {
            disk.put(DIRECTORY.resolve("lock"), new byte[0]);
        }
        Snapshot before = Snapshot.of(disk, DIRECTORY);
        boolean isWhole = false;
        try (ObservedLog observed = ObservedLog.open(DIRECTORY, options(disk))) {
            isWhole = checkRightOrTold(observed, context + ", from outside").isNothing();
        } catch (LogException.Broken e) {
            assertThat(e.file()).as(context).isNotNull();
        }
        if (!isWhole) {
            assertThat(findings(disk)).as("%s: what verify finds", context).isNotEmpty();
            assertThat(isDumpedWhole(disk))
                    .as("%s: whether a dump shows it all", context)
                    .isFalse();
        }
        before.assertUnchanged(context + ", from outside");
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            checkRightOrTold(log, context);
            assertThat(log.append(Ledger.record(900_000))).as(context).isGreaterThanOrEqualTo(ledger.nextOffset());
        } catch (LogException.Broken | LogException.TailLost e) {
            before.assertUnchanged(context);
            assertThat(e.getMessage()).contains("Nothing was changed").contains(DIRECTORY.toString());
            return e;
        }
        return null;
    }

    /** What verify says; a log without a usable manifest it may refuse instead. */
    private List<String> findings(SimDisk disk) {
        List<String> findings = new ArrayList<>();
        try {
            LogInspector.verify(DIRECTORY, options(disk), damage -> findings.add(damage.toString()), bytes -> {});
        } catch (LogException.Broken e) {
            findings.add(e.getMessage());
        }
        return findings;
    }

    /** Whether a dump tells of no damage and does not stop with an error. */
    private boolean isDumpedWhole(SimDisk disk) {
        boolean[] isWhole = {true};
        try {
            LogInspector.dump(DIRECTORY, options(disk), 0, new LogInspector.FrameVisitor() {
                @Override
                public boolean frame(FrameDescription frame) {
                    return true;
                }

                @Override
                public boolean damage(Damage damage) {
                    isWhole[0] = false;
                    return false;
                }
            });
        } catch (LogException.Broken e) {
            isWhole[0] = false;
        }
        return isWhole[0];
    }

    /** Every record is right, or told to be damaged or missing; none is passed over in silence, none is made up. */
    private Told checkRightOrTold(ReadableLog log, String context) {
        Told told = new Told();
        long next = log.describe().logStartOffset();
        while (next < ledger.nextOffset()) {
            try {
                ReadResult result = log.read(next, 300);
                assertThat(result.nextOffset())
                        .as("%s: a read of offset %d that gives nothing", context, next)
                        .isGreaterThan(next);
                long expected = next;
                for (LogRecord record : result.records()) {
                    assertThat(record.offset()).as(context).isEqualTo(expected++);
                    assertThat(record.toNewRecord())
                            .as("%s: offset %d", context, record.offset())
                            .isEqualTo(ledger.at(record.offset()));
                }
                assertThat(expected).as(context).isEqualTo(result.nextOffset());
                next = result.nextOffset();
            } catch (LogException.CorruptRecord e) {
                assertThat(e.firstOffset()).as(context).isLessThanOrEqualTo(next);
                assertThat(e.lastOffset()).as(context).isGreaterThanOrEqualTo(next);
                for (; next <= e.lastOffset(); next++) {
                    told.damaged.add(next);
                }
            } catch (LogException.Broken e) {
                told.broken.add(next++);
            }
        }
        return told;
    }

    private static final class Told {
        private final TreeSet<Long> damaged = new TreeSet<>();
        private final TreeSet<Long> broken = new TreeSet<>();

        boolean isNothing() {
            return damaged.isEmpty() && broken.isEmpty();
        }
    }

    @Test
    void a_missing_segment_is_named_be_it_the_first_a_middle_one_or_the_last() {
        for (Path segment : segments) {
            SimDisk disk = pristine.copy();
            disk.remove(segment);
            LogException refused = open(disk, "without " + segment);
            assertThat(refused)
                    .isInstanceOf(LogException.Broken.class)
                    .hasMessageContaining(segment.toString())
                    .hasMessageContaining("missing")
                    .hasMessageContaining("from offset " + baseOffset(segment));
        }
    }

    @Test
    void an_observer_reads_what_is_left_beside_a_missing_segment() {
        for (Path segment : segments.subList(0, 4)) {
            SimDisk disk = pristine.copy();
            disk.remove(segment);
            try (ObservedLog observed = ObservedLog.open(DIRECTORY, options(disk))) {
                Told told = checkRightOrTold(observed, "without " + segment);
                assertThat(told.damaged).isEmpty();
                assertThat(told.broken.first()).isEqualTo(baseOffset(segment));
                assertThat(told.broken).hasSize((int) (baseOffset(segments.get(1)) - baseOffset(segments.get(0))));
            }
        }
    }

    @Test
    void a_sealed_segment_that_is_shorter_by_any_number_of_bytes_is_named() {
        for (Path segment : segments.subList(0, 4)) {
            int size = pristine.bytes(segment).length;
            for (int length = 0; length < size; length += segment.equals(segments.get(1)) ? 1 : 61) {
                SimDisk disk = pristine.copy();
                disk.cutTo(segment, length);
                assertThat(open(disk, segment + " cut to " + length))
                        .isInstanceOf(LogException.Broken.class)
                        .hasMessageContaining(segment.toString())
                        .hasMessageContaining("has " + length + " bytes instead of " + size);
            }
        }
    }

    @Test
    void a_log_whose_end_is_missing_by_any_number_of_bytes_is_refused_and_the_rest_is_read_from_outside() {
        Path last = segments.get(4);
        int size = pristine.bytes(last).length;
        for (int length = 0; length < size; length++) {
            SimDisk disk = pristine.copy();
            disk.cutTo(last, length);
            assertThat(open(disk, "cut to " + length))
                    .isInstanceOf(LogException.TailLost.class)
                    .hasMessageContaining(last.toString())
                    .hasMessageContaining("up to but not including offset " + ledger.nextOffset());
            try (ObservedLog observed = ObservedLog.open(DIRECTORY, options(disk))) {
                assertThat(observed.describe().logEndOffset()).isEqualTo(ledger.nextOffset());
                Told told = checkRightOrTold(observed, "cut to " + length);
                assertThat(told.damaged).contains(ledger.nextOffset() - 1);
            }
        }
    }

    @Test
    void a_segment_that_is_longer_than_it_was_is_read_as_it_was() {
        for (Path segment : segments) {
            int size = pristine.bytes(segment).length;
            byte[] garbage = new byte[700];
            new Random(1).nextBytes(garbage);
            byte[] frames = Arrays.copyOfRange(pristine.bytes(segment), 512, size);
            for (byte[] more :
                    List.of(new byte[1], new byte[8], new byte[9000], garbage, Arrays.copyOf(garbage, 3), frames)) {
                SimDisk disk = pristine.copy();
                disk.overwrite(segment, size, more);
                assertThat(open(disk, segment + " and " + more.length + " bytes"))
                        .isNull();
                try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
                    Told told = checkRightOrTold(log, segment + " and more");
                    assertThat(told.damaged).isEmpty();
                    assertThat(told.broken).isEmpty();
                    if (!segment.equals(segments.get(4))) {
                        assertThat(log.recovery().damage())
                                .extracting(Damage::kind)
                                .containsExactly(Damage.Kind.SEGMENT_LENGTH);
                        assertThat(disk.bytes(segment)).hasSize(size + more.length);
                    }
                }
            }
        }
    }

    @Test
    void no_older_manifest_makes_the_log_shorter() {
        int refused = 0;
        int opened = 0;
        for (ByteBuffer old : manifests) {
            SimDisk disk = pristine.copy();
            disk.put(MANIFEST, old.array());
            LogException answer = open(disk, "with manifest " + (refused + opened));
            if (answer == null) {
                opened++;
            } else {
                refused++;
                assertThat(answer)
                        .isInstanceOf(LogException.Broken.class)
                        .hasMessageContaining("the manifest is older than the segments")
                        .hasMessageContaining(".log");
            }
        }
        assertThat(refused).as("those that do not know of the newest segment").isEqualTo(4);
        assertThat(opened).as("that of the last roll").isEqualTo(1);
    }

    @Test
    void a_manifest_from_before_a_deletion_does_not_make_up_what_is_deleted() {
        SimDisk disk = pristine.copy();
        byte[] before = disk.bytes(MANIFEST);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            log.deleteBefore(baseOffset(segments.get(2)) + 3);
        }
        disk.put(MANIFEST, before);
        assertThat(open(disk, "deleted meanwhile"))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContaining(segments.get(0).toString());
    }

    @Test
    void a_frame_over_the_limit_of_an_older_manifest_is_not_cut_off() {
        SimDisk disk = new SimDisk(1);
        LogOptions small = options(disk).withMaxBatchBytes(1024);
        PartitionLog.open(DIRECTORY, small).close();
        byte[] old = disk.bytes(MANIFEST);
        PartitionLog log = PartitionLog.open(DIRECTORY, small.withMaxBatchBytes(1 << 20));
        log.append(NewRecord.of(1, new byte[100_000]));
        disk.kill();
        disk.restart();
        disk.put(MANIFEST, old);
        Snapshot before = Snapshot.of(disk, DIRECTORY);
        assertThatThrownBy(() -> PartitionLog.open(DIRECTORY, small))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContaining("over the limit of 1024")
                .hasMessageContaining("varve.max-batch-bytes");
        before.assertUnchanged("refused");
        try (PartitionLog again = PartitionLog.open(DIRECTORY, small.withMaxBatchBytes(1 << 20))) {
            assertThat(again.read(0, 0).records().get(0).value()).hasSize(100_000);
        }
    }

    @Test
    void a_manifest_that_is_gone_or_unusable_is_never_taken_for_no_log() {
        byte[] whole = pristine.bytes(MANIFEST);
        SimDisk gone = pristine.copy();
        gone.remove(MANIFEST);
        assertThat(open(gone, "no manifest"))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContaining("the manifest is missing, but there are segments");
        for (int length = 0; length < whole.length / 2; length++) {
            SimDisk disk = pristine.copy();
            disk.put(MANIFEST, Arrays.copyOf(whole, length));
            assertThat(open(disk, "manifest cut to " + length))
                    .isInstanceOf(LogException.Broken.class)
                    .hasMessageContaining(MANIFEST.toString());
        }
    }

    @Test
    void a_manifest_whose_first_copy_is_whole_is_used_and_put_in_order_whatever_follows() {
        byte[] whole = pristine.bytes(MANIFEST);
        for (int length = whole.length / 2; length < whole.length + 100; length++) {
            if (length != whole.length) {
                SimDisk disk = pristine.copy();
                disk.put(MANIFEST, Arrays.copyOf(whole, length));
                try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
                    assertThat(log.recovery().damage()).extracting(Damage::kind).containsExactly(Damage.Kind.MANIFEST);
                    ledger.checkAndAdopt(log);
                }
                assertThat(disk.bytes(MANIFEST)).hasSameSizeAs(whole);
            }
        }
    }

    @Test
    void both_copies_of_the_manifest_damaged_is_told_as_such() {
        int half = pristine.bytes(MANIFEST).length / 2;
        for (int at = 0; at < half; at += 13) {
            SimDisk disk = pristine.copy();
            disk.flipBit(MANIFEST, at * 8L + at % 8);
            disk.flipBit(MANIFEST, (half + (at * 7) % half) * 8L + at % 8);
            assertThat(open(disk, "damaged at " + at))
                    .isInstanceOf(LogException.Broken.class)
                    .hasMessageContaining("the first copy of the manifest")
                    .hasMessageContaining("the second copy of the manifest");
        }
    }

    @Test
    void a_manifest_that_contradicts_itself_with_a_right_checksum_is_refused() {
        byte[] whole = pristine.bytes(MANIFEST);
        int half = whole.length / 2;
        // Fields of the body, and of the second segment: id, base offset, length, last offset, records.
        int second = 24 + 56 + 64;
        for (int field : new int[] {
            24 + 8, 24 + 16, 24 + 24, 24 + 32, 24 + 40, second, second + 8, second + 16, second + 24, second + 32
        }) {
            byte[] bytes = whole.clone();
            for (int copy : new int[] {0, half}) {
                ByteBuffer.wrap(bytes).putLong(copy + field, -7);
            }
            Seals.manifest(bytes);
            SimDisk disk = pristine.copy();
            disk.put(MANIFEST, bytes);
            assertThat(open(disk, "field at " + field))
                    .as("field at %d", field)
                    .isInstanceOf(LogException.Broken.class)
                    .message()
                    .containsAnyOf("contradicts itself", "-7 segments");
        }
    }

    @Test
    void a_log_of_which_everything_was_deleted_does_not_begin_again_at_offset_0_when_its_manifest_is_lost() {
        SimDisk disk = pristine.copy();
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            log.deleteBefore(log.logEndOffset());
        }
        assertThat(logs(disk)).hasSize(1);
        assertThat(disk.bytes(logs(disk).get(0))).hasSize(512);
        disk.remove(MANIFEST);
        Snapshot before = Snapshot.of(disk, DIRECTORY);
        assertThatThrownBy(() -> PartitionLog.open(DIRECTORY, options(disk)))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContaining("the manifest is missing, but there are segments");
        before.assertUnchanged("refused");
    }

    @Test
    void what_a_crash_in_the_creation_of_a_log_leaves_is_no_log() {
        for (int size : new int[] {0, 100, 512}) {
            SimDisk disk = new SimDisk(1);
            disk.put(DIRECTORY.resolve("00000000000000000000.log"), new byte[size]);
            disk.put(DIRECTORY.resolve("manifest.tmp"), new byte[9]);
            try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
                assertThat(log.recovery().created()).isTrue();
                assertThat(log.append(Ledger.record(1))).isZero();
            }
        }
    }

    @Test
    void segments_that_changed_places_are_never_read_as_each_other() {
        for (int a = 0; a < 4; a++) {
            for (int b = 0; b < 4; b++) {
                if (a != b) {
                    SimDisk disk = pristine.copy();
                    disk.put(segments.get(a), pristine.bytes(segments.get(b)));
                    assertThat(disk.bytes(segments.get(a))).hasSameSizeAs(pristine.bytes(segments.get(a)));
                    try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
                        Told told = checkRightOrTold(log, b + " in the place of " + a);
                        assertThat(told.broken).contains(baseOffset(segments.get(a)));
                        assertThat(told.broken).hasSize((int) baseOffset(segments.get(1)));
                        assertThatThrownBy(() -> log.read(baseOffset(segments.get(0)) + 1000, 0))
                                .isInstanceOf(LogException.AboveLogEnd.class);
                    }
                }
            }
        }
    }

    @Test
    void a_segment_of_another_log_is_neither_read_nor_written() {
        SimDisk other = new SimDisk(32);
        Ledger others = new Ledger();
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(other).withLogId(LOG_ID + 1))) {
            while (others.size() < ledger.size()) {
                log.append(batch(others));
                others.acknowledge(others.size(), List.of(Ledger.record(0), Ledger.record(1)));
            }
        }
        assertThat(logs(other)).isEqualTo(segments);
        for (Path segment : segments) {
            SimDisk disk = pristine.copy();
            disk.put(segment, other.bytes(segment));
            assertThat(disk.bytes(segment)).hasSameSizeAs(pristine.bytes(segment));
            LogException answer = open(disk, segment + " of another log");
            if (segment.equals(segments.get(4))) {
                assertThat(answer)
                        .as("the segment that appends would go into")
                        .isInstanceOf(LogException.Broken.class)
                        .hasMessageContaining(segment.toString())
                        .hasMessageContaining("of log 0000000000000006");
            } else {
                assertThat(answer).isNull();
                try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
                    Told told = checkRightOrTold(log, segment + " of another log");
                    assertThat(told.broken.first()).isEqualTo(baseOffset(segment));
                    assertThat(told.broken).hasSize((int) baseOffset(segments.get(1)));
                }
            }
        }
        SimDisk disk = pristine.copy();
        disk.put(MANIFEST, other.bytes(MANIFEST));
        Snapshot before = Snapshot.of(disk, DIRECTORY);
        assertThatThrownBy(() -> PartitionLog.open(DIRECTORY, options(disk))).isInstanceOf(LogException.Broken.class);
        assertThatThrownBy(() -> PartitionLog.open(DIRECTORY, options(disk).withLogId(LOG_ID + 1)))
                .isInstanceOf(LogException.Broken.class);
        before.assertUnchanged("the manifest of another log");
    }

    private List<FrameDescription> frames(SimDisk disk) {
        List<FrameDescription> frames = new ArrayList<>();
        LogInspector.dump(DIRECTORY, options(disk), 0, new LogInspector.FrameVisitor() {
            @Override
            public boolean frame(FrameDescription frame) {
                return frames.add(frame);
            }

            @Override
            public boolean damage(Damage damage) {
                return fail("%s", damage);
            }
        });
        return frames;
    }

    @Test
    void a_frame_that_was_written_in_the_place_of_another_is_told_and_no_other_record_is_lost() {
        List<FrameDescription> frames = frames(pristine);
        for (FrameDescription from : frames) {
            for (FrameDescription to : frames) {
                if (from != to && from.bytes() == to.bytes()) {
                    byte[] file = pristine.bytes(DIRECTORY.resolve(from.file()));
                    SimDisk disk = pristine.copy();
                    int at = (int) from.position();
                    disk.overwrite(
                            DIRECTORY.resolve(to.file()),
                            to.position(),
                            Arrays.copyOfRange(file, at, at + from.bytes()));
                    try (ObservedLog log = ObservedLog.open(DIRECTORY, options(disk))) {
                        Told told = checkRightOrTold(log, from + " in the place of " + to);
                        assertThat(told.damaged).containsExactly(to.baseOffset(), to.lastOffset());
                        assertThat(told.broken).isEmpty();
                    }
                }
            }
        }
    }

    @Test
    void a_sector_whose_write_was_lost_or_went_elsewhere_is_told() {
        for (Path segment : segments) {
            byte[] bytes = pristine.bytes(segment);
            for (int sector = 512; sector < bytes.length; sector += 512) {
                int length = Math.min(512, bytes.length - sector);
                for (int from = 0; from < bytes.length; from += 512) {
                    if (from == sector) {
                        continue;
                    }
                    SimDisk lost = pristine.copy();
                    lost.overwrite(segment, sector, new byte[length]);
                    SimDisk misdirected = pristine.copy();
                    byte[] moved = Arrays.copyOf(
                            Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + length)), length);
                    misdirected.overwrite(segment, sector, moved);
                    for (SimDisk disk : List.of(lost, misdirected)) {
                        String context = segment + ", sector at " + sector + ", content from " + from;
                        assertThat(open(disk, context)).as(context).isNull();
                        try (ObservedLog log = ObservedLog.open(DIRECTORY, options(disk))) {
                            Told told = checkRightOrTold(log, context);
                            assertThat(told.damaged).as(context).isNotEmpty();
                            assertThat(told.damaged.last() - told.damaged.first())
                                    .as("%s: offsets lost", context)
                                    .isLessThan(8);
                        }
                    }
                }
            }
        }
    }

    @Test
    void files_that_are_not_part_of_the_log_do_not_change_it() {
        List<String> ours = List.of(
                "manifest.tmp",
                "00000000000000000000.index.tmp",
                "00000000000000000000.log.deleted",
                "00000000000000000007.log.deleted");
        List<String> notOurs = List.of(
                "notes.txt",
                "00000000000000000000.log.bak",
                "00000000000000000000.512.quarantine",
                "00000000000000000009.log.quarantine",
                "99999999999999999999.log",
                "0.log",
                "00000000000000000000.logx",
                "manifest.old");
        SimDisk disk = pristine.copy();
        byte[] segment = pristine.bytes(segments.get(0));
        ours.forEach(name -> disk.put(DIRECTORY.resolve(name), segment));
        notOurs.forEach(name -> disk.put(DIRECTORY.resolve(name), segment));
        assertThat(open(disk, "with files beside it")).isNull();
        assertThat(disk.names(DIRECTORY)).containsAll(notOurs).doesNotContainAnyElementsOf(ours);
        notOurs.forEach(name -> assertThat(disk.bytes(DIRECTORY.resolve(name))).isEqualTo(segment));
    }

    @Test
    void a_copy_of_a_segment_under_the_name_of_another_offset_is_put_aside() {
        SimDisk disk = pristine.copy();
        byte[] copy = pristine.bytes(segments.get(1));
        disk.put(DIRECTORY.resolve("00000000000000000003.log"), copy);
        disk.put(DIRECTORY.resolve("00000000000000000003.index"), new byte[48]);
        assertThat(open(disk, "a segment twice")).isNull();
        assertThat(disk.bytes(DIRECTORY.resolve("00000000000000000003.log.quarantine")))
                .isEqualTo(copy);
    }

    /** Marks alone can be damaged without any record being lost: there is no offset for a new segment then. */
    @Test
    void damage_in_a_segment_without_records_leaves_the_segment_and_its_file_in_place() {
        SimDisk disk = new SimDisk(33);
        Ledger small = new Ledger();
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
        small.append(log, 3);
        log.roll();
        Path active = DIRECTORY.resolve("00000000000000000003.log");
        // Two lives that begin after a crash with zeros written ahead; each of them leaves a mark.
        for (int life = 0; life < 2; life++) {
            long end = log.describe().segments().get(1).bytes();
            disk.kill();
            disk.restart();
            disk.overwrite(active, end, new byte[700]);
            log = PartitionLog.open(DIRECTORY, options(disk));
            clock.advance(Duration.ofSeconds(1));
            log.housekeep();
        }
        disk.kill();
        disk.restart();
        disk.flipBit(active, (512 + 20) * 8);
        try (PartitionLog again = PartitionLog.open(DIRECTORY, options(disk))) {
            assertThat(again.recovery().damage()).hasSize(1);
            assertThat(small.append(again, 2)).isEqualTo(3);
            small.checkAndAdopt(again);
        }
        assertThat(disk.names(DIRECTORY)).contains(active.getFileName().toString());
        try (PartitionLog again = PartitionLog.open(DIRECTORY, options(disk))) {
            small.checkAndAdopt(again);
            assertThat(again.describe().damage()).hasSize(1);
        }
    }

    @Test
    void what_was_left_out_is_said_in_words_that_help() {
        SimDisk disk = pristine.copy();
        disk.put(segments.get(2), "not a segment at all".getBytes(StandardCharsets.UTF_8));
        assertThat(open(disk, "text")).hasMessageContaining("restore the file from a copy");
    }
}
