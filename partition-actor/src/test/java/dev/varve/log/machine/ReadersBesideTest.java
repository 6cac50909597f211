package dev.varve.log.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.log.Damage;
import dev.varve.log.Ledger;
import dev.varve.log.LogException;
import dev.varve.log.LogInspector;
import dev.varve.log.LogOptions;
import dev.varve.log.LogState;
import dev.varve.log.ObservedLog;
import dev.varve.log.PartitionLog;
import dev.varve.log.ReadResult;
import dev.varve.log.ReadableLog;
import dev.varve.log.RollPolicy;
import dev.varve.log.SegmentDescription;
import dev.varve.log.format.LogRecord;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files go, come and shrink while somebody reads them: never wrong records, never a crash, and a typed answer. */
class ReadersBesideTest {
    @TempDir
    Path temporary;

    private final long seed = new Random().nextLong();
    private final Ledger ledger = new Ledger();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicBoolean done = new AtomicBoolean();

    @AfterEach
    void endThreads() {
        done.set(true);
        threads.shutdownNow();
    }

    private static LogOptions options() {
        return LogOptions.defaults().withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(4096));
    }

    private Path directory() {
        return temporary.resolve("log");
    }

    @Test
    void readers_are_right_while_segments_are_rolled_and_deleted_under_them() throws Exception {
        try (PartitionLog log = PartitionLog.open(directory(), options())) {
            ledger.append(log, 3);
            List<Future<Long>> readers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                Random random = new Random(seed + i);
                readers.add(threads.submit(() -> readAtRandom(log, random)));
            }
            try (ObservedLog observed = ObservedLog.open(directory(), options())) {
                readers.add(threads.submit(() -> observeAtRandom(observed, new Random(seed + 2))));
                Random random = new Random(seed + 3);
                for (int i = 0; i < 600; i++) {
                    ledger.append(log, 1 + random.nextInt(5));
                    if (i % 20 == 19) {
                        log.deleteBefore(Math.max(log.logStartOffset(), log.logEndOffset() - random.nextInt(120)));
                    }
                }
                done.set(true);
                for (Future<Long> reader : readers) {
                    assertThat(reader.get(60, TimeUnit.SECONDS))
                            .as("records read")
                            .isGreaterThan(100);
                }
            }
            ledger.checkAndAdopt(log);
        } catch (Exception | AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e, e);
        }
    }

    private long readAtRandom(PartitionLog log, Random random) {
        long records = 0;
        while (!done.get()) {
            long start = log.logStartOffset();
            long offset = start + random.nextInt((int) (log.logEndOffset() - start) + 1);
            records += readAt(log, offset);
        }
        return records;
    }

    private long observeAtRandom(ObservedLog observed, Random random) {
        long records = 0;
        while (!done.get()) {
            observed.refresh();
            long start = observed.describe().logStartOffset();
            long end = observed.describe().logEndOffset();
            records += readAt(observed, start + random.nextInt((int) (end - start) + 1));
        }
        return records;
    }

    /** The offset of a record is its number, and its time follows from that. */
    private static long readAt(ReadableLog log, long offset) {
        try {
            ReadResult result = log.read(offset, 2_000);
            long expected = offset;
            for (LogRecord record : result.records()) {
                assertThat(record.offset()).isEqualTo(expected);
                assertThat(record.toNewRecord()).isEqualTo(Ledger.record((int) expected));
                expected++;
            }
            assertThat(result.nextOffset()).isEqualTo(expected);
            assertThat(expected > offset || offset == result.logEndOffset())
                    .as("nothing to read at %d although the log ends at %d", offset, result.logEndOffset())
                    .isTrue();
            long time = Ledger.record((int) offset).timestamp();
            log.offsetForTimestamp(time).ifPresent(found -> assertThat(found).isGreaterThanOrEqualTo(offset));
            return expected - offset;
        } catch (LogException.BelowLogStart e) {
            assertThat(e.logStartOffset()).isGreaterThan(offset);
            return 0;
        }
    }

    @Test
    void a_reader_inside_a_segment_that_is_deleted_finishes_undisturbed() {
        try (PartitionLog log = PartitionLog.open(directory(), options())) {
            for (int i = 0; i < 100; i++) {
                ledger.append(log, 3);
            }
            ReadResult before = log.read(0, 10_000);
            try (ObservedLog observed = ObservedLog.open(directory(), options())) {
                assertThat(observed.read(0, 100).records()).isNotEmpty();
                log.deleteBefore(200);
                // The bytes are in memory, and the observer holds the file open.
                assertThat(before.records()).hasSizeGreaterThan(30);
                assertThat(observed.read(0, 100).records().get(0).toNewRecord()).isEqualTo(Ledger.record(0));
            }
            assertThatThrownBy(() -> log.read(0, 100)).isInstanceOf(LogException.BelowLogStart.class);
        }
    }

    @Test
    void a_sealed_segment_that_is_cut_short_under_a_reader_is_told_as_damage() throws Exception {
        try (PartitionLog log = PartitionLog.open(directory(), options())) {
            for (int i = 0; i < 100; i++) {
                ledger.append(log, 3);
            }
            SegmentDescription segment = log.describe().segments().get(1);
            Future<Long> reader = threads.submit(() -> readPastDamage(log, segment));
            log.read(segment.baseOffset(), 10_000);
            cut(segment, segment.bytes() - 300);
            assertThat(log.read(segment.baseOffset(), 0).records().get(0).offset())
                    .isEqualTo(segment.baseOffset());
            LogException.CorruptRecord told =
                    catchThrowableOfType(LogException.CorruptRecord.class, () -> log.read(segment.lastOffset(), 100));
            assertThat(told.file()).endsWith(Path.of(segment.file()));
            assertThat(told.lastOffset()).isEqualTo(segment.lastOffset());
            assertThat(log.read(segment.lastOffset() + 1, 100).records().get(0).offset())
                    .isEqualTo(segment.lastOffset() + 1);
            assertThat(log.state()).isEqualTo(LogState.READY);
            ledger.append(log, 1);
            done.set(true);
            assertThat(reader.get(60, TimeUnit.SECONDS)).isPositive();
            List<Damage> findings = new ArrayList<>();
            LogInspector.verify(directory(), options(), findings::add, bytes -> {});
            assertThat(findings).extracting(Damage::kind).contains(Damage.Kind.SEGMENT_LENGTH);
        }
        assertThatThrownBy(() -> PartitionLog.open(directory(), options()))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContaining("restore the file from a copy");
    }

    private long readPastDamage(PartitionLog log, SegmentDescription segment) {
        long reads = 0;
        while (!done.get() || reads == 0) {
            try {
                for (LogRecord record :
                        log.read(segment.baseOffset() + reads % 10, 10_000).records()) {
                    assertThat(record.toNewRecord()).isEqualTo(Ledger.record((int) record.offset()));
                }
            } catch (LogException.CorruptRecord e) {
                assertThat(e.firstOffset()).isBetween(segment.baseOffset(), segment.lastOffset());
            }
            reads++;
        }
        return reads;
    }

    @Test
    void an_active_segment_that_is_cut_short_is_told_as_damage_and_by_the_next_open_as_a_lost_tail() throws Exception {
        try (PartitionLog log = PartitionLog.open(directory(), options())) {
            for (int i = 0; i < 100; i++) {
                ledger.append(log, 3);
            }
            log.roll();
            for (int i = 0; i < 5; i++) {
                ledger.append(log, 3);
            }
            List<SegmentDescription> segments = log.describe().segments();
            SegmentDescription active = segments.get(segments.size() - 1);
            cut(active, active.bytes() - 100);
            assertThatThrownBy(() -> log.read(active.lastOffset(), 100)).isInstanceOf(LogException.CorruptRecord.class);
            assertThat(log.read(active.baseOffset(), 0).records()).isNotEmpty();
        }
        assertThatThrownBy(() -> PartitionLog.open(directory(), options()))
                .isInstanceOf(LogException.TailLost.class)
                .hasMessageContaining("Nothing was changed");
    }

    private void cut(SegmentDescription segment, long bytes) throws IOException {
        try (FileChannel file = FileChannel.open(directory().resolve(segment.file()), StandardOpenOption.WRITE)) {
            file.truncate(bytes);
        }
    }
}
