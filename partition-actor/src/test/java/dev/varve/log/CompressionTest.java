package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.log.format.Compression;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordHeader;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Batches are stored smaller than they are, and read as they were. */
class CompressionTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private final SimDisk disk = new SimDisk(1);

    private LogOptions options(Compression kind) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(new ManualClock())
                .withMaxBatchBytes(1 << 20)
                .withCompression(kind);
    }

    private PartitionLog open(Compression kind) {
        return PartitionLog.open(DIRECTORY, options(kind));
    }

    private static NewRecord zeros(long timestamp, int bytes) {
        return NewRecord.of(timestamp, new byte[bytes]);
    }

    private static List<List<NewRecord>> shapes() {
        List<List<NewRecord>> shapes = new ArrayList<>();
        shapes.add(List.of(NewRecord.of(1, new byte[0])));
        shapes.add(List.of(NewRecord.of(2, new byte[] {7})));
        shapes.add(List.of(NewRecord.of(3, null, null)));
        shapes.add(List.of(zeros(4, 100), zeros(3, 0), zeros(5, 100)));
        shapes.add(List.of(NewRecord.of(6, LogContract.noise(5_000))));
        shapes.add(List.of(NewRecord.of(7, LogContract.noise(500)), zeros(7, 500)));
        shapes.add(List.of(new NewRecord(
                8,
                "key".repeat(50).getBytes(StandardCharsets.UTF_8),
                9,
                new byte[300],
                List.of(new RecordHeader("name".repeat(20), new byte[200]), new RecordHeader("", new byte[0])))));
        shapes.add(IntStream.range(0, 10_000)
                .mapToObj(i -> NewRecord.of(9 + i, ("line " + i).getBytes(StandardCharsets.UTF_8)))
                .toList());
        shapes.add(List.of(zeros(20_000, (1 << 20) - 100)));
        return shapes;
    }

    @ParameterizedTest
    @EnumSource
    void batches_of_any_shape_come_back_as_they_were(Compression kind) {
        List<NewRecord> all = new ArrayList<>();
        try (PartitionLog log = open(kind)) {
            for (List<NewRecord> shape : shapes()) {
                log.append(shape);
                all.addAll(shape);
            }
            check(log, all);
        }
        try (PartitionLog log = open(Compression.NONE);
                ObservedLog observed = ObservedLog.open(DIRECTORY, options(Compression.NONE))) {
            check(log, all);
            check(observed, all);
        }
        assertThat(FrameList.of(DIRECTORY, options(kind)).codecs())
                .isEqualTo(kind == Compression.NONE ? Set.of("none") : Set.of("none", kind.toString()));
        assertSound();
    }

    private void assertSound() {
        LogInspector.verify(
                DIRECTORY,
                options(Compression.NONE),
                damage -> {
                    throw new AssertionError(damage);
                },
                bytes -> {});
    }

    private static void check(ReadableLog log, List<NewRecord> expected) {
        List<LogRecord> read = Ledger.readAll(log, 50_000);
        assertThat(read).hasSize(expected.size());
        for (int i = 0; i < read.size(); i++) {
            assertThat(read.get(i).toNewRecord()).as("offset %d", i).isEqualTo(expected.get(i));
        }
        for (long time = 0; time < 30; time++) {
            assertThat(log.offsetForTimestamp(time)).as("time %d", time).isEqualTo(LogContract.scan(read, time));
        }
        assertThat(log.offsetForTimestamp(20_001)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void a_batch_that_would_not_become_smaller_is_stored_as_it_is(Compression kind) {
        try (PartitionLog log = open(kind)) {
            // The second saves a byte or so, which the padding of the frame takes again.
            log.append(NewRecord.of(1, LogContract.noise(3_000)));
            byte[] almostNoise = LogContract.noise(3_000);
            System.arraycopy(almostNoise, 0, almostNoise, 1_500, 12);
            log.append(NewRecord.of(1, almostNoise));
        }
        assertThat(FrameList.of(DIRECTORY, options(kind)).frames()).allSatisfy(frame -> {
            assertThat(frame.codec()).isEqualTo("none");
            assertThat(frame.bytes()).isEqualTo(88 + 3_000 + 8);
        });
    }

    @ParameterizedTest
    @EnumSource
    void the_limit_is_on_what_a_batch_is_uncompressed(Compression kind) {
        // The fixed fields, and what a record without key and headers takes around a value whose length takes three
        // bytes.
        int largest = (1 << 20) - 88 - 7;
        try (PartitionLog log = open(kind)) {
            Commit commit = log.newCommit();
            commit.stage(List.of(zeros(1, largest)));
            int bytes = commit.bytes();
            assertThatThrownBy(() -> commit.stage(List.of(zeros(1, largest + 1))))
                    .isInstanceOfSatisfying(LogException.BatchTooLarge.class, e -> assertThat(e.batchBytes())
                            .isEqualTo((1 << 20) + 8));
            assertThat(commit.bytes()).isEqualTo(bytes);
            log.commit(commit);
            assertThat(log.read(0, 1).records()).extracting(LogRecord::value).containsExactly(new byte[largest]);
            if (kind != Compression.NONE) {
                assertThat(log.describe().bytes()).isLessThan(10_000);
            }
        }
    }

    @Test
    void batches_of_every_kind_lie_side_by_side_and_are_read_whatever_new_ones_will_be() {
        List<NewRecord> all = new ArrayList<>();
        for (int life = 0; life < 9; life++) {
            try (PartitionLog log = open(Compression.values()[life % 3])) {
                List<NewRecord> records = List.of(zeros(life, 500), zeros(life, life));
                log.append(records);
                all.addAll(records);
                assertThat(Ledger.readAll(log, 100).stream().map(LogRecord::toNewRecord))
                        .containsExactlyElementsOf(all);
            }
        }
        assertThat(FrameList.of(DIRECTORY, options(Compression.NONE)).frames())
                .extracting(FrameDescription::codec)
                .containsExactly("none", "lz4", "zstd", "none", "lz4", "zstd", "none", "lz4", "zstd");
        assertSound();
    }

    @ParameterizedTest
    @EnumSource
    void a_read_takes_no_more_than_its_budget_when_all_is_decompressed(Compression kind) {
        try (PartitionLog log = open(kind)) {
            for (int i = 0; i < 20; i++) {
                log.append(zeros(1, 10_000));
            }
            assertThat(log.read(0, 25_000).records()).hasSize(2);
            assertThat(log.read(0, 9_000).records()).hasSize(1);
            assertThat(log.read(5, 100_960).records()).hasSize(10);
            assertThat(Ledger.readAll(log, 30_000)).hasSize(20);
        }
    }

    @ParameterizedTest
    @EnumSource
    void the_records_of_a_key_are_read_with_the_same_budget(Compression kind) {
        byte[] key = {1};
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(kind).withKeyMemoryBytes(1 << 20))) {
            for (int i = 0; i < 20; i++) {
                log.append(new NewRecord(1, key, i + 1, new byte[10_000], List.of()));
            }
            KeyedRead read = log.keys().read(key, 3, 0, 25_000);
            assertThat(read.records()).extracting(LogRecord::keySequence).containsExactly(3L, 4L);
            assertThat(read.isComplete()).isFalse();
            assertThat(log.keys().read(key, 20, 0, 1).records()).hasSize(1);
        }
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(kind).withKeyMemoryBytes(1 << 20))) {
            assertThat(log.keys().state(key).highestSequence()).isEqualTo(20);
        }
    }

    @ParameterizedTest
    @EnumSource
    void what_the_log_writes_for_itself_is_not_compressed(Compression kind) {
        byte[] key = new byte[1_000];
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(kind).withKeyMemoryBytes(1 << 20))) {
            log.append(new NewRecord(1, key, 1, new byte[1_000], List.of()));
            log.keys().deleteTo(key, 1);
        }
        List<FrameDescription> frames = FrameList.of(DIRECTORY, options(kind)).frames();
        assertThat(frames.get(0).codec()).isEqualTo(kind.toString());
        assertThat(frames.get(1).control()).isTrue();
        assertThat(frames.get(1).codec()).isEqualTo("none");
    }

    @ParameterizedTest
    @EnumSource
    void many_batches_of_one_commit_are_compressed_each_on_its_own(Compression kind) {
        try (PartitionLog log = open(kind)) {
            Commit commit = log.newCommit();
            for (int round = 0; round < 3; round++) {
                commit.clear();
                for (int i = 0; i < 50; i++) {
                    commit.stage(List.of(zeros(i, i * 20), NewRecord.of(i, LogContract.noise(i))));
                }
                log.commit(commit);
                for (int i = 0; i < 50; i++) {
                    long offset = commit.baseOffset(i);
                    List<LogRecord> records = log.read(offset, 0).records();
                    assertThat(records.get(0).value()).isEqualTo(new byte[i * 20]);
                    assertThat(records.get(1).value()).isEqualTo(LogContract.noise(i));
                }
            }
        }
    }

    @Test
    void the_memory_of_a_large_batch_is_given_back() {
        LogOptions options = options(Compression.LZ4).withMaxBatchBytes(32 << 20);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options)) {
            Commit commit = log.newCommit();
            commit.stage(List.of(zeros(1, 20 << 20)));
            assertThat(commit.buffer().capacity()).isGreaterThan(40 << 20);
            assertThat(commit.bytes()).isLessThan(200_000);
            commit.clear();
            assertThat(commit.buffer().capacity()).isLessThan(1 << 20);
        }
    }

    @ParameterizedTest
    @EnumSource
    void many_threads_may_decode_the_same_batches(Compression kind) throws Exception {
        try (PartitionLog log = open(kind)) {
            Ledger ledger = new Ledger();
            for (int i = 0; i < 50; i++) {
                ledger.append(log, 20);
            }
            ReadResult result = log.read(0, 1 << 20);
            assertThat(result.batches()).hasSize(50);
            List<LogRecord> expected = result.records();
            ExecutorService threads = Executors.newFixedThreadPool(4);
            try {
                List<Future<List<LogRecord>>> decoded = new ArrayList<>();
                for (int i = 0; i < 40; i++) {
                    decoded.add(threads.submit(result::records));
                }
                for (Future<List<LogRecord>> records : decoded) {
                    assertThat(records.get()).isEqualTo(expected);
                }
            } finally {
                threads.shutdown();
            }
        }
    }

    /** A log of three batches of one record, the second of which somebody changed and sealed again. */
    private PartitionLog withSecondSealedAgain(Compression kind, int at, int value) {
        LogOptions options = options(kind).withLogId(5);
        long position;
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options)) {
            log.append(zeros(1, 1_000));
            position = log.describe().bytes();
            log.append(zeros(2, 1_000));
            log.append(zeros(3, 1_000));
        }
        Path file = DIRECTORY.resolve("00000000000000000000.log");
        byte[] bytes = disk.bytes(file);
        ByteBuffer.wrap(bytes).putInt((int) position + at, value);
        Seals.frame(bytes, (int) position, 5, 1);
        disk.put(file, bytes);
        return PartitionLog.open(DIRECTORY, options);
    }

    private static final int UNCOMPRESSED_BYTES = 68;

    @ParameterizedTest
    @EnumSource
    void a_batch_that_says_another_size_than_it_has_gives_no_record_and_hides_none_but_its_own(Compression kind) {
        for (int size : new int[] {0, 1, 500, 1_005, 1_007, 50_000, 1 << 20}) {
            try (PartitionLog log = withSecondSealedAgain(kind, UNCOMPRESSED_BYTES, size)) {
                LogException.CorruptRecord refused = catchThrowableOfType(
                        LogException.CorruptRecord.class, () -> log.read(1, 1).records());
                assertThat(refused.firstOffset()).as("size %d", size).isEqualTo(1);
                assertThat(refused.lastOffset()).isEqualTo(1);
                assertThatThrownBy(() -> log.offsetForTimestamp(2)).isInstanceOf(LogException.CorruptRecord.class);
                assertThat(log.read(0, 1).records()).hasSize(1);
                assertThat(log.read(2, 1).records()).hasSize(1);
                List<Damage> findings = new ArrayList<>();
                LogInspector.verify(DIRECTORY, options(kind), findings::add, bytes -> {});
                assertThat(findings).extracting(Damage::kind).containsExactly(Damage.Kind.RECORDS);
            }
            PartitionLog.delete(DIRECTORY, options(kind));
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_batch_that_says_that_it_is_larger_than_the_limit_is_not_decompressed(Compression kind) {
        for (int size : new int[] {(1 << 20) + 1, Integer.MAX_VALUE}) {
            try (PartitionLog log = withSecondSealedAgain(kind, UNCOMPRESSED_BYTES, size)) {
                assertThatThrownBy(() -> log.read(1, 1))
                        .isInstanceOf(LogException.Broken.class)
                        .hasMessageContaining(size + " uncompressed")
                        .hasMessageContaining("over the limit of " + (1 << 20));
                assertThat(log.read(0, 1).records()).hasSize(1);
            }
            PartitionLog.delete(DIRECTORY, options(kind));
        }
    }
}
