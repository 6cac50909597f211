package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records are found by their keys, at a cost that does not depend on the size of the log. */
class KeyedRecordsTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(0);
    /** What should be found: for each key its records by their sequence. */
    private final TreeMap<String, TreeMap<Long, NewRecord>> expected = new TreeMap<>();

    private LogOptions options(SimDisk on) {
        return LogOptions.defaults()
                .withDisk(on)
                .withClock(clock)
                .withKeyMemoryBytes(1 << 20)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048));
    }

    private PartitionLog open() {
        return PartitionLog.open(DIRECTORY, options(disk));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The next record of a key, noted down. */
    private NewRecord next(String key) {
        TreeMap<Long, NewRecord> records = expected.computeIfAbsent(key, k -> new TreeMap<>());
        long sequence = records.isEmpty() ? 1 : records.lastKey() + 1;
        NewRecord record = new NewRecord(7, bytes(key), sequence, bytes(key + "#" + sequence), List.of());
        records.put(sequence, record);
        return record;
    }

    private void append(PartitionLog log, String... keys) {
        List<NewRecord> records = new ArrayList<>();
        for (String key : keys) {
            records.add(next(key));
        }
        log.append(records);
    }

    private static List<NewRecord> readAll(PartitionLog log, String key, long fromSequence, int budget) {
        List<NewRecord> all = new ArrayList<>();
        long next = 0;
        while (true) {
            KeyedRead read = log.keys().read(bytes(key), fromSequence, next, budget);
            read.records().forEach(record -> all.add(record.toNewRecord()));
            if (read.isComplete()) {
                return all;
            }
            assertThat(read.nextOffset()).as("it goes on").isGreaterThan(next);
            next = read.nextOffset();
        }
    }

    private void check(PartitionLog log) {
        expected.forEach((key, records) -> {
            assertThat(readAll(log, key, 0, 300)).as(key).containsExactlyElementsOf(records.values());
            if (!records.isEmpty()) {
                assertThat(log.keys().state(bytes(key)).highestSequence()).isEqualTo(records.lastKey());
            }
        });
        assertThat(allKeys(log, 7)).containsExactlyInAnyOrderElementsOf(expected.keySet());
        assertThat(log.keys().state(bytes("nobody"))).isEqualTo(KeyState.UNKNOWN);
        assertThat(log.keys().read(bytes("nobody"), 0, 0, 100).records()).isEmpty();
    }

    private static List<String> allKeys(PartitionLog log, int page) {
        List<String> all = new ArrayList<>();
        byte[] after = null;
        while (true) {
            List<byte[]> keys = log.keys().keysAfter(after, page);
            keys.forEach(key -> all.add(new String(key, StandardCharsets.UTF_8)));
            if (keys.size() < page) {
                return all;
            }
            after = keys.get(keys.size() - 1);
        }
    }

    private void appendMany(PartitionLog log, int seed, int batches, int keys) {
        Random random = new Random(seed);
        for (int i = 0; i < batches; i++) {
            String[] batch = new String[1 + random.nextInt(4)];
            for (int j = 0; j < batch.length; j++) {
                batch[j] = "key-" + random.nextInt(keys);
            }
            append(log, batch);
        }
    }

    @Test
    void the_records_of_a_key_are_read_in_order_whatever_the_budget_and_over_all_segments() {
        try (PartitionLog log = open()) {
            appendMany(log, 1, 200, 20);
            log.append(NewRecord.of(7, bytes("without a key")));
            assertThat(log.describe().segments()).hasSizeGreaterThan(5);
            for (int budget : new int[] {0, 1, 500, 1 << 20}) {
                expected.forEach((key, records) ->
                        assertThat(readAll(log, key, 0, budget)).as(key).containsExactlyElementsOf(records.values()));
            }
            check(log);
        }
    }

    @Test
    void a_read_begins_at_the_sequence_that_was_asked_for() {
        try (PartitionLog log = open()) {
            appendMany(log, 2, 200, 5);
            TreeMap<Long, NewRecord> records = expected.get("key-3");
            for (long from = 0; from <= records.lastKey() + 1; from++) {
                assertThat(readAll(log, "key-3", from, 400))
                        .containsExactlyElementsOf(records.tailMap(from).values());
            }
        }
    }

    @Test
    void a_clean_restart_knows_all_keys_without_reading_a_segment() {
        try (PartitionLog log = open()) {
            appendMany(log, 3, 200, 30);
        }
        disk.recordOperations();
        try (PartitionLog log = open()) {
            assertThat(disk.operations())
                    .filteredOn(operation -> operation.kind() == Operation.Kind.READ && operation.on(".log"))
                    .as("but the header of the active one")
                    .allMatch(operation -> operation.position() == 0 && operation.length() == 512);
            check(log);
            appendMany(log, 4, 50, 40);
            check(log);
        }
    }

    @Test
    void after_a_crash_only_the_active_segment_is_read() {
        PartitionLog log = open();
        appendMany(log, 5, 200, 30);
        String active = last(log).file();
        disk.kill();
        disk.restart();
        disk.recordOperations();
        try (PartitionLog again = open()) {
            assertThat(disk.operations())
                    .filteredOn(operation -> operation.kind() == Operation.Kind.READ && operation.on(".log"))
                    .allMatch(operation -> operation.on(active));
            check(again);
        }
    }

    private static SegmentDescription last(PartitionLog log) {
        List<SegmentDescription> segments = log.describe().segments();
        return segments.get(segments.size() - 1);
    }

    @Test
    void a_look_at_a_key_reads_the_disk_once_at_most() {
        try (PartitionLog log = open()) {
            appendMany(log, 6, 200, 100);
        }
        try (PartitionLog log = open()) {
            for (String key : List.of("key-1", "key-77", "nobody", "nobody else")) {
                disk.forgetOperations();
                log.keys().state(bytes(key));
                assertThat(disk.count(Operation.Kind.READ)).as(key).isLessThanOrEqualTo(1);
                assertThat(disk.count(Operation.Kind.OPEN)).isZero();
            }
        }
    }

    @Test
    void a_key_in_three_of_a_thousand_segments_opens_three() {
        try (PartitionLog log = open()) {
            for (int i = 0; i < 1000; i++) {
                append(log, "filler-" + i);
                if (i == 10 || i == 500 || i == 990) {
                    append(log, "rare");
                }
                log.roll();
            }
        }
        try (PartitionLog log = open()) {
            assertThat(log.describe().segments()).hasSize(1001);
            disk.recordOperations();
            assertThat(readAll(log, "rare", 0, 1 << 20)).hasSize(3);
            assertThat(opened(".keys")).isEqualTo(3);
            assertThat(opened(".log")).isEqualTo(3);
            disk.forgetOperations();
            assertThat(readAll(log, "unheard of", 0, 1 << 20)).isEmpty();
            assertThat(disk.count(Operation.Kind.OPEN)).isZero();
            assertThat(disk.count(Operation.Kind.READ)).isLessThanOrEqualTo(1);
        }
    }

    private long opened(String suffix) {
        return disk.operations().stream()
                .filter(operation -> operation.kind() == Operation.Kind.OPEN && operation.on(suffix))
                .count();
    }

    @Test
    void deleted_records_are_not_read_and_the_highest_sequence_stays_known() {
        try (PartitionLog log = open()) {
            appendMany(log, 7, 100, 5);
            long highest = expected.get("key-1").lastKey();
            assertThat(log.keys().deleteTo(bytes("key-1"), 3)).isEqualTo(new KeyState(highest, 3, lastOffset(log)));
            expected.get("key-1").headMap(4L).clear();
            check(log);
            log.keys().deleteTo(bytes("key-2"), Long.MAX_VALUE);
            long highestOfTwo = expected.get("key-2").lastKey();
            assertThat(readAll(log, "key-2", 0, 100)).isEmpty();
            assertThat(log.keys().state(bytes("key-2")).deletedTo())
                    .as("all so far, not all that will ever be")
                    .isEqualTo(highestOfTwo);
            long end = log.logEndOffset();
            log.keys().deleteTo(bytes("key-2"), highestOfTwo - 1);
            log.keys().deleteTo(bytes("nobody"), 5);
            assertThat(log.logEndOffset()).as("nothing to say").isEqualTo(end);
            append(log, "key-2");
            expected.get("key-2").headMap(highestOfTwo + 1).clear();
            check(log);
        }
        restartsKeepEverything();
    }

    private long lastOffset(PartitionLog log) {
        return log.keys().state(bytes("key-1")).lastOffset();
    }

    private void restartsKeepEverything() {
        for (int life = 0; life < 4; life++) {
            PartitionLog log = open();
            check(log);
            appendMany(log, 100 + life, 10, 5);
            check(log);
            if (life % 2 == 0) {
                disk.kill();
                disk.restart();
            } else {
                log.close();
            }
        }
    }

    @Test
    void a_deletion_takes_an_offset_that_readers_pass_over() {
        try (PartitionLog log = open()) {
            append(log, "a");
            log.keys().deleteTo(bytes("a"), 1);
            assertThat(log.logEndOffset()).isEqualTo(2);
            ReadResult nothing = log.read(1, 100);
            assertThat(nothing.isEmpty()).isTrue();
            assertThat(nothing.nextOffset()).isEqualTo(2);
            append(log, "b");
            List<LogRecord> records = log.read(0, 1000).records();
            assertThat(records).extracting(LogRecord::offset).containsExactly(0L, 2L);
        }
    }

    @Test
    void a_forgotten_key_is_as_one_that_was_never_used() {
        try (PartitionLog log = open()) {
            appendMany(log, 8, 100, 5);
            assertThat(log.keys().forget(bytes("key-4"))).isTrue();
            assertThat(log.keys().forget(bytes("nobody"))).isFalse();
            expected.remove("key-4");
            check(log);
            assertThat(log.keys().state(bytes("key-4"))).isEqualTo(KeyState.UNKNOWN);
            assertThat(log.keys().forget(bytes("key-4"))).isFalse();
        }
        try (PartitionLog log = open()) {
            check(log);
            append(log, "key-4");
            assertThat(expected.get("key-4").firstKey()).isEqualTo(1);
            check(log);
        }
        restartsKeepEverything();
    }

    @Test
    void what_was_forgotten_stays_so_when_the_key_is_used_again_in_a_later_segment() {
        try (PartitionLog log = open()) {
            append(log, "a", "a", "b");
            log.roll();
            log.keys().forget(bytes("a"));
            log.roll();
            expected.remove("a");
            append(log, "a");
            check(log);
            assertThat(log.keys().withoutDeleted(log.read(0, 1 << 20).records()))
                    .extracting(record -> new String(record.value(), StandardCharsets.UTF_8))
                    .containsExactly("b#1", "a#1");
        }
    }

    @Test
    void records_below_the_log_start_are_not_read_and_their_segments_not_opened() {
        try (PartitionLog log = open()) {
            appendMany(log, 9, 200, 10);
            long start = log.deleteBefore(log.logEndOffset() / 2);
            disk.recordOperations();
            for (String key : expected.keySet()) {
                KeyedRead read = log.keys().read(bytes(key), 0, 0, 1 << 20);
                assertThat(read.records()).allMatch(record -> record.offset() >= start);
                long total = expected.get(key).size();
                assertThat(read.records().size()).isLessThan((int) total);
            }
            assertThat(disk.names(DIRECTORY)).noneMatch(name -> name.startsWith("00000000000000000000"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {".keys", "keydirectory"})
    void a_flipped_bit_in_a_table_changes_no_answer(String suffix) {
        try (PartitionLog log = open()) {
            appendMany(log, 10, 30, 12);
        }
        Random random = new Random(10);
        for (String name : disk.names(DIRECTORY)) {
            if (!name.endsWith(suffix)) {
                continue;
            }
            long bits = disk.bytes(DIRECTORY.resolve(name)).length * 8L;
            for (long bit = random.nextInt(17); bit < bits; bit += 1 + random.nextInt(31)) {
                SimDisk damaged = disk.copy();
                damaged.flipBit(DIRECTORY.resolve(name), bit);
                try (PartitionLog log = PartitionLog.open(DIRECTORY, options(damaged))) {
                    check(log);
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError("bit " + bit + " of " + name + ": " + e, e);
                }
            }
        }
    }

    @Test
    void missing_shortened_and_foreign_tables_are_made_anew() {
        try (PartitionLog log = open()) {
            appendMany(log, 11, 100, 12);
        }
        List<String> tables = disk.names(DIRECTORY).stream()
                .filter(name -> name.endsWith(".keys") || name.equals("keydirectory"))
                .toList();
        assertThat(tables).hasSizeGreaterThan(4);
        for (int seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            SimDisk damaged = disk.copy();
            for (String name : tables) {
                Path path = DIRECTORY.resolve(name);
                switch (random.nextInt(5)) {
                    case 0 -> damaged.remove(path);
                    case 1 -> damaged.cutTo(path, random.nextInt(damaged.bytes(path).length));
                    case 2 ->
                        damaged.put(path, disk.bytes(DIRECTORY.resolve(tables.get(random.nextInt(tables.size())))));
                    default -> {}
                }
            }
            try (PartitionLog log = PartitionLog.open(DIRECTORY, options(damaged))) {
                check(log);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e, e);
            }
        }
    }

    @Test
    void a_directory_that_is_damaged_while_the_log_is_open_is_made_anew() {
        try (PartitionLog log = open()) {
            appendMany(log, 12, 100, 50);
        }
        try (PartitionLog log = open()) {
            Path directory = DIRECTORY.resolve("keydirectory");
            disk.overwrite(directory, 200, new byte[disk.bytes(directory).length - 200]);
            check(log);
        }
    }

    @Test
    void who_looks_while_the_directory_is_made_anew_finds_no_less_than_there_is() throws Exception {
        try (PartitionLog log = open()) {
            appendMany(log, 12, 100, 50);
            append(log, "a", "a");
        }
        AtomicReference<Runnable> onClose = new AtomicReference<>(() -> {});
        LogOptions watched = options(disk).withDisk(watching(onClose));
        try (PartitionLog log = PartitionLog.open(DIRECTORY, watched)) {
            append(log, "a");
            Path directory = DIRECTORY.resolve("keydirectory");
            disk.overwrite(directory, 200, new byte[disk.bytes(directory).length - 200]);
            CompletableFuture<KeyState> found = new CompletableFuture<>();
            Thread other = new Thread(() -> found.complete(log.keys().state(bytes("a"))));
            // The old directory is closed when the new one is there, which does not know the active segment yet.
            onClose.set(() -> {
                if (other.getState() == Thread.State.NEW) {
                    other.start();
                }
                while (other.getState() != Thread.State.BLOCKED && !found.isDone()) {
                    Thread.onSpinWait();
                }
            });
            log.keys().state(bytes("b"));
            assertThat(found.get(30, TimeUnit.SECONDS).highestSequence())
                    .isEqualTo(expected.get("a").lastKey());
        }
    }

    /** The disk, with something to do when the file with the directory of keys is closed. */
    private Disk watching(AtomicReference<Runnable> onClose) {
        return (Disk) proxy(Disk.class, (call, arguments) -> {
            Object result = call.invoke(disk, arguments);
            boolean isDirectory =
                    call.getName().equals("open") && arguments[0].toString().endsWith("keydirectory");
            return !isDirectory
                    ? result
                    : proxy(LogFile.class, (each, given) -> {
                        if (each.getName().equals("close")) {
                            onClose.get().run();
                        }
                        return each.invoke(result, given);
                    });
        });
    }

    private interface Call {
        Object of(Method method, Object[] arguments) throws ReflectiveOperationException;
    }

    private static Object proxy(Class<?> type, Call call) {
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
            try {
                return call.of(method, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
    }

    @Test
    void damage_among_the_records_of_a_key_is_told_behind_those_before_it() {
        try (PartitionLog log = open()) {
            for (int i = 0; i < 10; i++) {
                append(log, "a");
            }
            log.roll();
        }
        // The fifth frame: each takes 88 bytes of fixed fields and a record of 13, rounded up.
        disk.flipBit(DIRECTORY.resolve("00000000000000000000.log"), (512 + 4 * 104 + 95) * 8L);
        try (PartitionLog log = open()) {
            KeyedRead good = log.keys().read(bytes("a"), 0, 0, 1 << 20);
            assertThat(good.records()).hasSize(4);
            assertThat(good.isComplete()).isFalse();
            assertThatThrownBy(() -> log.keys().read(bytes("a"), 0, good.nextOffset(), 1 << 20))
                    .isInstanceOfSatisfying(LogException.CorruptRecord.class, corrupt -> {
                        assertThat(corrupt.firstOffset()).isEqualTo(4);
                        assertThat(corrupt.lastOffset()).isEqualTo(4);
                    });
            assertThat(log.keys().read(bytes("a"), 0, 5, 1 << 20).records()).hasSize(5);
        }
    }

    @Test
    void records_that_are_not_what_their_batch_promises_are_told_behind_those_before_it() {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk).withLogId(5))) {
            append(log, "a");
            long position = log.describe().bytes();
            append(log, "a");
            append(log, "a");
            Path file = DIRECTORY.resolve("00000000000000000000.log");
            byte[] bytes = disk.bytes(file);
            // The length of its value, behind two deltas, the key and its sequence.
            bytes[(int) position + 88 + 5] = 127;
            Seals.frame(bytes, (int) position, 5, 1);
            disk.put(file, bytes);
            KeyedRead first = log.keys().read(bytes("a"), 0, 0, 1 << 20);
            assertThat(first.records()).extracting(LogRecord::offset).containsExactly(0L);
            assertThat(first.isComplete()).isFalse();
            assertThatThrownBy(() -> log.keys().read(bytes("a"), 0, first.nextOffset(), 1 << 20))
                    .isInstanceOfSatisfying(
                            LogException.CorruptRecord.class,
                            corrupt -> assertThat(corrupt.lastOffset()).isEqualTo(1));
            assertThat(log.keys().read(bytes("a"), 0, 2, 1 << 20).records()).hasSize(1);
        }
    }

    @Test
    void without_a_table_damage_may_hide_records_of_any_key_and_is_told_as_that() {
        try (PartitionLog log = open()) {
            for (int i = 0; i < 10; i++) {
                append(log, i == 4 ? "b" : "a");
            }
            log.roll();
        }
        disk.flipBit(DIRECTORY.resolve("00000000000000000000.log"), (512 + 4 * 104 + 95) * 8L);
        disk.remove(DIRECTORY.resolve("00000000000000000000.keys"));
        try (PartitionLog log = open()) {
            assertThatThrownBy(() -> readAll(log, "a", 0, 1 << 20)).isInstanceOf(LogException.CorruptRecord.class);
            assertThat(log.keys().read(bytes("a"), 0, 5, 1 << 20).records()).hasSize(5);
        }
    }

    @Test
    void a_segment_is_sealed_before_its_keys_take_more_memory_than_they_may() {
        LogOptions small = options(disk).withKeyMemoryBytes(20_000).withRollPolicy(RollPolicy.DEFAULT);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, small)) {
            for (int i = 0; i < 500; i++) {
                append(log, "key-" + i);
            }
            assertThat(log.describe().segments()).hasSizeBetween(5, 20);
            check(log);
        }
        try (PartitionLog log = PartitionLog.open(DIRECTORY, small)) {
            check(log);
        }
    }

    @Test
    void a_disk_that_is_full_keeps_no_key_from_being_known() {
        try (PartitionLog log = open()) {
            appendMany(log, 13, 100, 20);
        }
        disk.remove(DIRECTORY.resolve("keydirectory"));
        disk.inject(Fault.from(
                1,
                operation -> operation.kind() == Operation.Kind.CREATE && operation.on(".tmp"),
                Fault.Effect.NO_SPACE));
        try (PartitionLog log = open()) {
            check(log);
        }
        disk.heal();
        try (PartitionLog log = open()) {
            check(log);
        }
    }

    @Test
    void a_log_that_was_opened_without_keys_says_so() {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk).withKeyMemoryBytes(0))) {
            assertThatThrownBy(log::keys)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("without memory for keys");
            append(log, "a", "b");
        }
        try (PartitionLog log = open()) {
            check(log);
        }
    }

    /** Everything at random, against the memory of the test; every life ends in one way or another. */
    @Test
    void random_lives_keep_what_is_known_of_every_key() {
        for (int seed = 0; seed < 60; seed++) {
            try {
                randomLives(seed);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e, e);
            }
        }
    }

    private void randomLives(int seed) {
        Random random = new Random(seed);
        SimDisk own = new SimDisk(seed);
        KeyedRecordsTest test = new KeyedRecordsTest();
        Set<String> forgotten = new HashSet<>();
        for (int life = 0; life < 5; life++) {
            PartitionLog log = PartitionLog.open(DIRECTORY, options(own));
            test.check(log);
            for (int step = 0; step < 25; step++) {
                String key = "key-" + random.nextInt(15);
                switch (random.nextInt(12)) {
                    case 0 -> {
                        TreeMap<Long, NewRecord> records = test.expected.get(key);
                        if (records != null && records.size() > 1) {
                            long to = records.firstKey() + random.nextInt(records.size() - 1);
                            log.keys().deleteTo(bytes(key), to);
                            records.headMap(to + 1).clear();
                        }
                    }
                    case 1 -> {
                        if (log.keys().forget(bytes(key))) {
                            test.expected.remove(key);
                            forgotten.add(key);
                        }
                    }
                    case 2 -> log.roll();
                    default -> test.appendMany(log, random.nextInt(), 1, 15);
                }
            }
            test.check(log);
            switch (random.nextInt(3)) {
                case 0 -> log.close();
                case 1 -> own.kill();
                default -> own.powerLoss();
            }
            own.restart();
        }
        PartitionLog log = PartitionLog.open(DIRECTORY, options(own));
        test.check(log);
        assertThat(forgotten).isNotEmpty();
    }
}
