package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Whatever happens to the index files, every answer is the one that reading the log from its start would give, and no byte of a
 * segment changes. Also when the index lies with a right checksum.
 */
class IndexHazardTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final long LOG_ID = 77;
    private static final int INDEX_HEADER = 48;
    private static final int SEGMENT_BYTES = 24 << 10;

    private final ManualClock clock = new ManualClock();
    private final SimDisk pristine = new SimDisk(21);
    private final List<LogRecord> all = new ArrayList<>();
    private final List<FrameDescription> frames = new ArrayList<>();

    /** The active segment's index files as an earlier clean close left them. */
    private final List<byte[]> stale = new ArrayList<>();

    private LogOptions options(SimDisk disk, long logId) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withLogId(logId)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(SEGMENT_BYTES));
    }

    private LogOptions options(SimDisk disk) {
        return options(disk, LOG_ID);
    }

    @BeforeEach
    void three_segments_with_times_that_go_up_and_down() {
        write(pristine, LOG_ID);
        LogInspector.dump(DIRECTORY, options(pristine), 0, new LogInspector.FrameVisitor() {
            @Override
            public boolean frame(FrameDescription frame) {
                frames.add(frame);
                return true;
            }

            @Override
            public boolean damage(Damage damage) {
                throw new AssertionError(damage);
            }
        });
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(pristine))) {
            all.addAll(Ledger.readAll(log, 1 << 20));
            assertThat(log.describe().segments()).hasSize(3);
        }
        for (String name : indexNames()) {
            assertThat(entries(name, pristine.bytes(DIRECTORY.resolve(name))))
                    .as("entries of %s", name)
                    .isGreaterThan(2);
        }
    }

    private void write(SimDisk disk, long logId) {
        Random random = new Random(4);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk, logId))) {
            for (int i = 0; log.describe().segments().size() < 3; i++) {
                append(log, random, i);
            }
            for (int i = 0; i < 45; i++) {
                append(log, random, 1000 + i);
            }
        }
        if (logId == LOG_ID) {
            String active = indexNames().get(4).substring(0, 20);
            stale.add(disk.bytes(DIRECTORY.resolve(active + ".index")));
            stale.add(disk.bytes(DIRECTORY.resolve(active + ".timeindex")));
        }
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk, logId))) {
            for (int i = 0; i < 35; i++) {
                append(log, random, 2000 + i);
            }
        }
    }

    private static void append(PartitionLog log, Random random, int i) {
        List<NewRecord> batch = new ArrayList<>();
        for (int r = 0; r <= i % 3; r++) {
            batch.add(NewRecord.of(i * 10L + random.nextInt(60), new byte[40 + random.nextInt(80)]));
        }
        log.append(batch);
    }

    /** Both of each segment, in order. */
    private List<String> indexNames() {
        List<String> names = new ArrayList<>();
        for (String name : pristine.names(DIRECTORY)) {
            if (name.endsWith(".log")) {
                names.add(name.replace(".log", ".index"));
                names.add(name.replace(".log", ".timeindex"));
            }
        }
        return names;
    }

    private static int entryBytes(String name) {
        return name.endsWith(".index") ? 8 : 12;
    }

    private static int entries(String name, byte[] bytes) {
        return (bytes.length - INDEX_HEADER) / entryBytes(name);
    }

    /** Puts these bytes in the place of an index file and asks an observer and an owner everything. */
    private void check(String context, String name, byte[] bytes) {
        check(context, name, bytes, 7);
    }

    private void check(String context, String name, byte[] bytes, int step) {
        SimDisk disk = pristine.copy();
        disk.put(DIRECTORY.resolve(name), bytes);
        check(context + " " + name, disk, step);
    }

    private void check(String context, SimDisk disk, int step) {
        try {
            try (ObservedLog observed = ObservedLog.open(DIRECTORY, options(disk))) {
                checkAnswers(observed, all, step);
            }
            try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
                checkAnswers(log, all, step);
                long next = all.get(all.size() - 1).offset() + 1;
                assertThat(log.append(NewRecord.of(-1, new byte[5000]))).isEqualTo(next);
                assertThat(log.append(NewRecord.of(1 << 20, new byte[10]))).isEqualTo(next + 1);
                assertThat(log.read(next + 1, 0).records().get(0).offset()).isEqualTo(next + 1);
                assertThat(log.offsetForTimestamp(1 << 20)).hasValue(next + 1);
                checkAnswers(log, all, 3 * step);
                assertThat(log.describe().damage()).isEmpty();
            }
            for (String file : pristine.names(DIRECTORY)) {
                if (file.endsWith(".log")) {
                    byte[] before = pristine.bytes(DIRECTORY.resolve(file));
                    assertThat(Arrays.copyOf(disk.bytes(DIRECTORY.resolve(file)), before.length))
                            .as(file)
                            .isEqualTo(before);
                }
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(context + ": " + e.getMessage(), e);
        }
    }

    private static void checkAnswers(ReadableLog log, List<LogRecord> all, int step) {
        TreeMap<Long, Long> greatestSoFar = new TreeMap<>();
        for (LogRecord record : all) {
            if (greatestSoFar.isEmpty() || greatestSoFar.lastKey() < record.timestamp()) {
                greatestSoFar.put(record.timestamp(), record.offset());
            }
        }
        for (int i = all.size() - 1; i >= 0; i -= step) {
            LogRecord expected = all.get(i);
            assertThat(log.read(expected.offset(), 0).records().get(0)).isEqualTo(expected);
            assertThat(log.offsetForTimestamp(expected.timestamp()))
                    .as("first at or after %d", expected.timestamp())
                    .hasValue(greatestSoFar.ceilingEntry(expected.timestamp()).getValue());
        }
    }

    @Test
    void an_index_cut_at_every_length_changes_no_answer() {
        for (String name : indexNames()) {
            byte[] whole = pristine.bytes(DIRECTORY.resolve(name));
            for (int length = 0; length < whole.length; length++) {
                check("cut to " + length, name, Arrays.copyOf(whole, length));
            }
        }
    }

    @Test
    void an_index_with_stray_bytes_behind_it_changes_no_answer() {
        for (String name : indexNames()) {
            byte[] whole = pristine.bytes(DIRECTORY.resolve(name));
            for (int stray = 1; stray <= 24; stray++) {
                byte[] zeros = Arrays.copyOf(whole, whole.length + stray);
                check(stray + " zeros behind", name, zeros);
                byte[] repeated = zeros.clone();
                System.arraycopy(whole, INDEX_HEADER, repeated, whole.length, stray);
                check(stray + " bytes repeated behind", name, repeated);
            }
            check("a megabyte behind", name, Arrays.copyOf(whole, 1 << 20));
        }
    }

    @Test
    void every_bit_of_every_index_may_flip() {
        for (String name : indexNames()) {
            byte[] whole = pristine.bytes(DIRECTORY.resolve(name));
            for (int bit = 0; bit < whole.length * 8; bit++) {
                byte[] flipped = whole.clone();
                flipped[bit / 8] ^= (byte) (1 << (bit % 8));
                check("bit " + bit, name, flipped, 31);
            }
        }
    }

    @Test
    void an_index_of_another_segment_or_log_or_of_the_past_or_none_at_all_changes_no_answer() {
        SimDisk other = new SimDisk(22);
        write(other, LOG_ID + 1);
        List<String> names = indexNames();
        for (String name : names) {
            for (String another : names) {
                check("with the bytes of " + another, name, pristine.bytes(DIRECTORY.resolve(another)));
            }
            check("of another log", name, other.bytes(DIRECTORY.resolve(name)));
            SimDisk without = pristine.copy();
            without.remove(DIRECTORY.resolve(name));
            check("without " + name, without, 1);
        }
        check("of the past", names.get(4), stale.get(0));
        check("of the past", names.get(5), stale.get(1));
        SimDisk none = pristine.copy();
        names.forEach(name -> none.remove(DIRECTORY.resolve(name)));
        check("without any", none, 1);
    }

    @Test
    void an_index_that_cannot_be_read_changes_no_answer() {
        for (Operation.Kind kind : List.of(Operation.Kind.OPEN, Operation.Kind.SIZE, Operation.Kind.READ)) {
            for (Fault.Effect effect : List.of(Fault.Effect.IO_ERROR, Fault.Effect.ACCESS_DENIED)) {
                for (String suffix : List.of(".index", ".timeindex")) {
                    SimDisk disk = pristine.copy();
                    disk.inject(Fault.from(1, operation -> operation.kind() == kind && operation.on(suffix), effect));
                    check(effect + " at " + kind + " of " + suffix, disk, 7);
                }
            }
        }
    }

    /** Entries that are wrong although the checksum is right: only the frames can tell. */
    @Test
    void an_offset_index_that_lies_with_a_right_checksum_changes_no_answer() {
        for (String name : indexNames()) {
            if (name.endsWith(".timeindex")) {
                continue;
            }
            byte[] whole = pristine.bytes(DIRECTORY.resolve(name));
            for (int entry = 0; entry < entries(name, whole); entry++) {
                int at = INDEX_HEADER + 8 * entry;
                for (int lie : lies(name, ByteBuffer.wrap(whole).getInt(at + 4))) {
                    check("entry " + entry + " points to " + lie, name, sealed(whole, at + 4, lie));
                }
                int delta = ByteBuffer.wrap(whole).getInt(at);
                for (int lie :
                        new int[] {delta - 100, delta - 3, delta - 1, delta + 1, delta + 2, delta + 50, 1 << 30, -1}) {
                    check("entry " + entry + " says offset " + lie, name, sealed(whole, at, lie));
                }
            }
        }
    }

    @Test
    void a_time_index_that_lies_with_a_right_checksum_changes_no_answer() {
        for (String name : indexNames()) {
            if (name.endsWith(".index")) {
                continue;
            }
            byte[] whole = pristine.bytes(DIRECTORY.resolve(name));
            int entries = entries(name, whole);
            for (int entry = 0; entry < entries; entry++) {
                int at = INDEX_HEADER + 12 * entry;
                for (int lie : lies(name, ByteBuffer.wrap(whole).getInt(at + 8))) {
                    check("entry " + entry + " points to " + lie, name, sealed(whole, at + 8, lie));
                }
                long time = ByteBuffer.wrap(whole).getLong(at);
                for (long lie :
                        new long[] {time - 400, time - 30, time - 1, time + 1, time + 30, Long.MIN_VALUE, Long.MAX_VALUE
                        }) {
                    byte[] lying = whole.clone();
                    ByteBuffer.wrap(lying).putLong(at, lie);
                    Seals.index(lying);
                    check("entry " + entry + " says time " + lie, name, lying);
                }
            }
            // Each position with the time of the entry before it: all in order, all too far, so that records are
            // skipped.
            byte[] shifted = whole.clone();
            for (int entry = entries - 1; entry > 0; entry--) {
                System.arraycopy(whole, INDEX_HEADER + 12 * (entry - 1), shifted, INDEX_HEADER + 12 * entry, 8);
            }
            ByteBuffer.wrap(shifted).putLong(INDEX_HEADER, Long.MIN_VALUE + 1);
            Seals.index(shifted);
            check("each time with the position of the next", name, shifted);
        }
    }

    private static byte[] sealed(byte[] whole, int at, int value) {
        byte[] lying = whole.clone();
        ByteBuffer.wrap(lying).putInt(at, value);
        Seals.index(lying);
        return lying;
    }

    /** Positions to which an entry may point wrongly: frames near it and far, the middle of frames, the end, nowhere. */
    private TreeSet<Integer> lies(String name, int truth) {
        TreeSet<Integer> lies = new TreeSet<>(List.of(
                0,
                511,
                512,
                truth - 8,
                truth + 8,
                truth - 1,
                truth + 88,
                SEGMENT_BYTES,
                1 << 30,
                -1,
                Integer.MIN_VALUE));
        String log = name.substring(0, 20) + ".log";
        List<Integer> positions = frames.stream()
                .filter(frame -> frame.file().equals(log))
                .map(frame -> (int) frame.position())
                .toList();
        int here = positions.indexOf(truth);
        for (int near = Math.max(0, here - 2); near <= Math.min(positions.size() - 1, here + 2); near++) {
            lies.add(positions.get(near));
        }
        lies.add(positions.get(positions.size() - 1));
        lies.remove(truth);
        return lies;
    }

    @Test
    void entries_at_random_with_a_right_checksum_change_no_answer() {
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            SimDisk disk = pristine.copy();
            for (String name : indexNames()) {
                byte[] bytes = disk.bytes(DIRECTORY.resolve(name)).clone();
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                TreeSet<Integer> positions = new TreeSet<>();
                TreeSet<Integer> keys = new TreeSet<>();
                int n = entries(name, bytes);
                while (positions.size() < n || keys.size() < n) {
                    FrameDescription frame = frames.get(random.nextInt(frames.size()));
                    positions.add((int) frame.position() + (random.nextInt(4) == 0 ? 8 : 0));
                    keys.add(random.nextInt(2500));
                }
                for (int entry = 0; entry < n; entry++) {
                    if (name.endsWith(".index")) {
                        buffer.putInt(INDEX_HEADER + 8 * entry, keys.pollFirst() / 10)
                                .putInt(INDEX_HEADER + 8 * entry + 4, positions.pollFirst());
                    } else {
                        buffer.putLong(INDEX_HEADER + 12 * entry, keys.pollFirst() * 10L)
                                .putInt(INDEX_HEADER + 12 * entry + 8, positions.pollFirst());
                    }
                }
                Seals.index(bytes);
                disk.put(DIRECTORY.resolve(name), bytes);
            }
            check("seed " + seed, disk, 5);
        }
    }

    @Test
    void a_lying_index_costs_one_look_through_its_segment_and_no_more() {
        String name = indexNames().get(0);
        byte[] whole = pristine.bytes(DIRECTORY.resolve(name));
        SimDisk disk = pristine.copy();
        int last = INDEX_HEADER + 8 * (entries(name, whole) - 1);
        disk.put(
                DIRECTORY.resolve(name),
                sealed(whole, last + 4, ByteBuffer.wrap(whole).getInt(last + 4) + 8));
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            long offset = ByteBuffer.wrap(whole).getInt(last) + 1;
            disk.recordOperations();
            log.read(offset, 0);
            assertThat(bytesRead(disk)).isGreaterThan(SEGMENT_BYTES * 3 / 4);
            for (int i = 0; i < 10; i++) {
                disk.forgetOperations();
                log.read(offset, 0);
                assertThat(bytesRead(disk)).isLessThanOrEqualTo(8 << 10);
            }
        }
    }

    private static long bytesRead(SimDisk disk) {
        return disk.operations().stream()
                .filter(operation -> operation.kind() == Operation.Kind.READ && operation.on(".log"))
                .mapToLong(Operation::length)
                .sum();
    }

    @Test
    void a_lying_index_of_the_active_segment_is_put_right_for_good_by_the_first_who_meets_the_lie() {
        String name = indexNames().get(4);
        byte[] whole = pristine.bytes(DIRECTORY.resolve(name));
        SimDisk disk = pristine.copy();
        disk.put(
                DIRECTORY.resolve(name),
                sealed(whole, INDEX_HEADER + 4, ByteBuffer.wrap(whole).getInt(INDEX_HEADER + 4) + 8));
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(DIRECTORY, options(disk), findings::add, bytes -> {});
        assertThat(findings).hasSize(1);
        assertThat(findings.get(0).kind()).isEqualTo(Damage.Kind.INDEX);
        assertThat(findings.get(0).detail()).contains("contradicts the segment");
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            for (int i = 0; i < 5; i++) {
                append(log, new Random(i), 3000 + i);
            }
            checkAnswers(log, all, 1);
            for (int i = 0; i < 30; i++) {
                append(log, new Random(i), 4000 + i);
            }
            checkAnswers(log, Ledger.readAll(log, 1 << 20), 1);
        }
        findings.clear();
        LogInspector.verify(DIRECTORY, options(disk), findings::add, bytes -> {});
        assertThat(findings).isEmpty();
    }

    @Test
    void a_follower_that_began_when_the_segment_was_small_does_not_scan_it_all_for_each_read_when_it_is_full() {
        SimDisk disk = new SimDisk(23);
        Ledger ledger = new Ledger();
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            ledger.append(log, 1);
        }
        try (ObservedLog follower = ObservedLog.open(DIRECTORY, options(disk));
                PartitionLog log = PartitionLog.open(DIRECTORY, options(disk))) {
            follower.read(0, 0);
            while (log.describe().segments().size() < 2) {
                ledger.append(log, 1);
            }
            follower.refresh();
            ledger.checkAndAdopt(follower);
            disk.recordOperations();
            follower.read(ledger.nextOffset() - 2, 0);
            assertThat(bytesRead(disk)).isLessThan(SEGMENT_BYTES / 2);
        }
    }

    @Test
    void a_search_by_time_is_not_answered_past_damage_that_may_hold_the_answer() {
        for (boolean recovered : new boolean[] {true, false}) {
            for (int spike = 0; spike < 70; spike++) {
                SimDisk disk = new SimDisk(24);
                PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
                long spikeAt = 0;
                for (int i = 0; i < 70; i++) {
                    if (i == spike) {
                        spikeAt = log.describe().bytes();
                    }
                    log.append(NewRecord.of(i == spike ? 1_000_000 : i, new byte[150]));
                }
                long end = log.logEndOffset();
                if (recovered) {
                    // So that the mark covers the last one too.
                    log.append(NewRecord.of(0, new byte[0]));
                    disk.kill();
                    disk.restart();
                } else {
                    log.close();
                    // Without them the indexes are built from a segment that is damaged already.
                    disk.remove(DIRECTORY.resolve("00000000000000000000.index"));
                }
                // One bit of the fixed fields: nothing of the frame is known but that something was there.
                disk.flipBit(DIRECTORY.resolve("00000000000000000000.log"), (spikeAt + 40) * 8);
                try (PartitionLog again = PartitionLog.open(DIRECTORY, options(disk))) {
                    String context = "spike at " + spike + ", recovered " + recovered;
                    for (long time : new long[] {0, 10, 30, 69, 70, 500_000, 1_000_000}) {
                        try {
                            long answer = again.offsetForTimestamp(time).orElse(-1);
                            assertThat(answer).as("%s, time %d", context, time).isBetween(0L, (long) spike - 1);
                            assertThat(answer).as("%s, time %d", context, time).isEqualTo(time);
                        } catch (LogException.CorruptRecord e) {
                            assertThat(e.firstOffset()).as(context).isEqualTo(spike);
                            assertThat(e.lastOffset()).as(context).isEqualTo(spike);
                        }
                    }
                    assertThat(again.append(NewRecord.of(0, new byte[0]))).isGreaterThanOrEqualTo(end);
                }
            }
        }
    }
}
