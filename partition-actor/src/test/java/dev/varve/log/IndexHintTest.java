package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Fault.Effect;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.Operation.Kind;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** An index is a hint: whatever is wrong with it, answers are right, and it costs no more than building it once. */
class IndexHintTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final Path FILE = DIRECTORY.resolve("00000000000000000000.log");

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(1);
    private final Ledger ledger = new Ledger();

    private LogOptions options(int segmentBytes) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(segmentBytes));
    }

    private PartitionLog fill(int segmentBytes, int batches) {
        PartitionLog log = PartitionLog.open(DIRECTORY, options(segmentBytes));
        for (int i = 0; i < batches; i++) {
            ledger.append(log, 2);
        }
        return log;
    }

    private static boolean isIndex(Operation operation) {
        return operation.on(".index") || operation.on(".timeindex");
    }

    @Test
    void an_index_that_cannot_be_read_keeps_nobody_from_opening_reading_and_looking_up_times() {
        fill(20_000, 300).close();
        disk.inject(Fault.from(1, IndexHintTest::isIndex, Effect.IO_ERROR));
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(20_000))) {
            assertThat(log.describe().segments()).hasSizeGreaterThan(3);
            ledger.checkAndAdopt(log);
            for (long offset = 0; offset < ledger.nextOffset(); offset += 13) {
                assertThat(log.read(offset, 0).records().get(0).toNewRecord()).isEqualTo(ledger.at(offset));
                assertThat(log.offsetForTimestamp(ledger.at(offset).timestamp()))
                        .hasValue(offset);
            }
            ledger.append(log, 2);
        }
    }

    private long bytesReadBy(Runnable work) {
        disk.recordOperations();
        work.run();
        return disk.operations().stream()
                .filter(operation -> operation.kind() == Kind.READ)
                .mapToLong(Operation::length)
                .sum();
    }

    @Test
    void the_index_of_a_segment_as_it_was_does_not_serve_for_the_segment_as_it_is() {
        fill(4_000_000, 100).close();
        try (ObservedLog observed = ObservedLog.open(DIRECTORY, options(4_000_000))) {
            observed.read(150, 0);
            PartitionLog log = fill(4_000_000, 8_000);
            log.roll();
            observed.refresh();
            long last = log.logEndOffset() - 1;
            observed.read(last, 0);
            assertThat(bytesReadBy(() -> observed.read(last, 0)))
                    .as("bytes read for one record, the index at hand")
                    .isLessThan(40_000);
            log.close();
        }
    }

    @Test
    void many_readers_that_need_the_same_index_build_it_once() throws Exception {
        PartitionLog log = fill(2_000_000, 5_000);
        log.roll();
        log.close();
        disk.remove(DIRECTORY.resolve("00000000000000000000.index"));
        long size = disk.bytes(FILE).length;
        int readers = 8;
        ExecutorService threads = Executors.newFixedThreadPool(readers);
        try (PartitionLog reopened = PartitionLog.open(DIRECTORY, options(2_000_000))) {
            disk.recordOperations();
            CountDownLatch together = new CountDownLatch(readers);
            List<Future<?>> reads = new ArrayList<>();
            for (int i = 0; i < readers; i++) {
                long offset = i * 500L;
                reads.add(threads.submit(() -> {
                    together.countDown();
                    together.await();
                    assertThat(reopened.read(offset, 0).records().get(0).toNewRecord())
                            .isEqualTo(ledger.at(offset));
                    return null;
                }));
            }
            for (Future<?> read : reads) {
                read.get();
            }
            long read = disk.operations().stream()
                    .filter(operation -> operation.kind() == Kind.READ && operation.on(".log"))
                    .mapToLong(Operation::length)
                    .sum();
            assertThat(read).isLessThan(2 * size);
        } finally {
            threads.shutdown();
        }
    }

    /** Three kinds of frames in one segment, 100 bytes of value each; their timestamps rise by ten, and one is ahead of time. */
    private void fillWithTimes(PartitionLog log, int records, int ahead) {
        for (int i = 0; i < records; i++) {
            log.append(NewRecord.of(i == ahead ? 1_000_000 : i * 10L, new byte[100]));
        }
    }

    private long position(long offset) {
        long[] position = {-1};
        LogInspector.dump(DIRECTORY, options(1 << 20), offset, new LogInspector.FrameVisitor() {
            @Override
            public boolean frame(FrameDescription frame) {
                position[0] = frame.position();
                return false;
            }

            @Override
            public boolean damage(Damage damage) {
                throw new AssertionError(damage);
            }
        });
        return position[0];
    }

    @Test
    void a_time_that_may_be_that_of_a_damaged_record_is_uncertain_even_if_the_index_was_made_anew() {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(1 << 20))) {
            fillWithTimes(log, 300, 50);
            log.roll();
        }
        disk.flipBit(FILE, (position(50) + 120) * 8);
        for (boolean rebuilt : new boolean[] {false, true}) {
            if (rebuilt) {
                disk.remove(DIRECTORY.resolve("00000000000000000000.timeindex"));
            }
            try (PartitionLog log = PartitionLog.open(DIRECTORY, options(1 << 20))) {
                assertThat(log.offsetForTimestamp(490)).hasValue(49);
                for (long time : new long[] {500, 1_500, 2_900, 1_000_000}) {
                    LogException.CorruptRecord uncertain =
                            catchThrowableOfType(LogException.CorruptRecord.class, () -> log.offsetForTimestamp(time));
                    assertThat(uncertain).as("%d, rebuilt %s", time, rebuilt).isNotNull();
                    assertThat(uncertain.firstOffset()).isEqualTo(50);
                    assertThat(uncertain.lastOffset()).isEqualTo(50);
                }
            }
        }
    }

    @Test
    void damage_that_a_look_up_of_a_time_begins_at_is_told_with_its_own_offsets() {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(1 << 20))) {
            fillWithTimes(log, 300, -1);
            log.roll();
        }
        for (long offset = 0; offset < 300; offset++) {
            SimDisk damaged = disk.copy();
            // The fixed fields themselves: nothing tells whose they were but what lies around them.
            damaged.flipBit(FILE, (position(offset) + 20) * 8);
            long time = offset * 10;
            try (PartitionLog log =
                    PartitionLog.open(DIRECTORY, options(1 << 20).withDisk(damaged))) {
                LogException.CorruptRecord uncertain =
                        catchThrowableOfType(LogException.CorruptRecord.class, () -> log.offsetForTimestamp(time));
                assertThat(uncertain).as("offset %d", offset).isNotNull();
                assertThat(uncertain.firstOffset()).isEqualTo(offset);
                assertThat(uncertain.lastOffset()).isEqualTo(offset);
                assertThat(log.describe().damage().get(0).firstOffset()).isEqualTo(offset);
            }
        }
    }
}
