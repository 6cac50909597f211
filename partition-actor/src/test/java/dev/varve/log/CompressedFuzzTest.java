package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.varve.log.format.Compression;
import dev.varve.log.format.DecodeResult;
import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.MalformedBatchException;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordBatch;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Batches whose stored bytes, or what their fixed fields say of them, somebody changed, and sealed again with right checksums: they
 * give records or are called malformed, and nothing is allocated that the limit does not allow.
 */
class CompressedFuzzTest {
    private static final long LOG_ID = 77;
    private static final int MAX_FRAME_BYTES = 8 << 10;

    /** The records of a batch as large as the limit, as objects, and what it takes to make them and to say what is wrong. */
    private static final long MAX_HEAP_BYTES = 64L * MAX_FRAME_BYTES;

    /** Behind every durable mark of the frames. */
    private static final long POSITION = 1 << 20;

    private static final int ATTRIBUTES = 14;
    private static final int RECORD_COUNT = 40;
    private static final int STORED_BYTES = 64;
    private static final int UNCOMPRESSED_BYTES = 68;
    private static final int BODY = 88;

    private final FrameCodec codec = new FrameCodec(LOG_ID);
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private int gaveRecords;
    private int malformed;
    private int unreadable;

    @ParameterizedTest
    @EnumSource
    void changed_batches_that_are_sealed_again_give_records_or_are_malformed(Compression kind) throws Exception {
        fuzz(kind, 30_000, 1);
    }

    @Tag("soak")
    @ParameterizedTest
    @EnumSource
    void many_more_changed_batches_give_records_or_are_malformed(Compression kind) throws Exception {
        fuzz(kind, 5_000_000, 2);
    }

    private void fuzz(Compression kind, int inputs, long firstSeed) throws Exception {
        List<byte[]> frames = frames(kind);
        long directBefore = directBytes();
        // Whatever happens for the first time has classes loaded and messages put together.
        int warmUp = 5_000;
        for (int i = -warmUp; i < inputs; i++) {
            long seed = firstSeed * 1_000_000_007L + i;
            try {
                Random random = new Random(seed);
                byte[] changed = change(frames.get(random.nextInt(frames.size())), random);
                Seals.frame(changed, 0, LOG_ID, 1, POSITION);
                long allocated = decode(changed);
                if (i >= 0) {
                    assertThat(allocated).as("bytes allocated").isLessThan(MAX_HEAP_BYTES);
                }
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ", " + kind + ": " + e, e);
            }
        }
        assertThat(gaveRecords).as("inputs that still gave records").isGreaterThan(inputs / 200);
        assertThat(malformed).as("inputs that were malformed").isGreaterThan(inputs / 4);
        assertThat(unreadable).as("inputs that no reader took up").isGreaterThan(inputs / 100);
        assertThat(directBytes() - directBefore).as("direct memory that stays").isLessThan(64L * MAX_FRAME_BYTES);
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    /** Frames of several shapes. */
    private static List<byte[]> frames(Compression kind) {
        SimDisk disk = new SimDisk(3);
        Path directory = Path.of("/simulated/log");
        LogOptions options = LogOptions.defaults()
                .withDisk(disk)
                .withClock(new ManualClock())
                .withLogId(LOG_ID)
                .withMaxBatchBytes(MAX_FRAME_BYTES)
                .withCompression(kind);
        List<List<NewRecord>> batches = new ArrayList<>();
        batches.add(new Ledger().batch(40));
        batches.add(List.of(NewRecord.of(1, new byte[MAX_FRAME_BYTES - 200])));
        batches.add(List.of(NewRecord.of(1, "one line of text, and ".repeat(6).getBytes(StandardCharsets.UTF_8))));
        List<NewRecord> lines = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            lines.add(NewRecord.of(i, ("2026-01-31 GET /orders/" + i * i + " 200").getBytes(StandardCharsets.UTF_8)));
        }
        batches.add(lines);
        List<byte[]> frames = new ArrayList<>();
        try (PartitionLog log = PartitionLog.open(directory, options)) {
            batches.forEach(log::append);
        }
        byte[] file = disk.bytes(directory.resolve("00000000000000000000.log"));
        for (FrameDescription frame : FrameList.of(directory, options).frames()) {
            assertThat(frame.codec()).isEqualTo(kind.toString());
            frames.add(Arrays.copyOfRange(file, (int) frame.position(), (int) frame.position() + frame.bytes()));
        }
        return frames;
    }

    private static byte[] change(byte[] frame, Random random) {
        byte[] changed = frame.clone();
        int changes = 1 + random.nextInt(3);
        for (int i = 0; i < changes; i++) {
            switch (random.nextInt(8)) {
                case 0, 1 -> changed[body(changed, random)] ^= (byte) (1 << random.nextInt(8));
                case 2 -> changed[body(changed, random)] = (byte) random.nextInt();
                case 3 -> {
                    int from = body(changed, random);
                    int to = Math.min(changed.length, from + random.nextInt(20));
                    Arrays.fill(changed, from, to, (byte) (random.nextBoolean() ? 0 : 0xFF));
                }
                case 4 -> {
                    int from = body(changed, random);
                    int to = body(changed, random);
                    System.arraycopy(
                            frame,
                            from,
                            changed,
                            to,
                            Math.min(random.nextInt(30), changed.length - Math.max(from, to)));
                }
                case 5 -> putInt(changed, UNCOMPRESSED_BYTES, size(random, getInt(changed, UNCOMPRESSED_BYTES)));
                case 6 -> changed = cut(changed, random);
                default -> {
                    changed[ATTRIBUTES + 1] = (byte) random.nextInt(3);
                    putInt(changed, RECORD_COUNT, getInt(changed, RECORD_COUNT) - random.nextInt(2));
                }
            }
        }
        return changed;
    }

    private static int body(byte[] frame, Random random) {
        return frame.length == BODY
                ? BODY - 1
                : BODY + random.nextInt(Math.max(1, Math.min(getInt(frame, STORED_BYTES), frame.length - BODY)));
    }

    private static int size(Random random, int now) {
        return switch (random.nextInt(8)) {
            case 0, 1 -> now + random.nextInt(7) - 3;
            case 2, 3, 4 -> random.nextInt(MAX_FRAME_BYTES);
            case 5 -> MAX_FRAME_BYTES;
            case 6 -> MAX_FRAME_BYTES + 1;
            default -> random.nextInt();
        };
    }

    /** Fewer stored bytes, in a frame that fits them. */
    private static byte[] cut(byte[] frame, Random random) {
        int stored = random.nextInt(Math.max(1, getInt(frame, STORED_BYTES)));
        byte[] shorter = Arrays.copyOf(frame, BODY + (stored + 7 & -8));
        Arrays.fill(shorter, BODY + stored, shorter.length, (byte) 0);
        putInt(shorter, STORED_BYTES, stored);
        putInt(shorter, 4, shorter.length - 8);
        return shorter;
    }

    private static int getInt(byte[] frame, int at) {
        return ByteBuffer.wrap(frame).getInt(at);
    }

    private static void putInt(byte[] frame, int at, int value) {
        ByteBuffer.wrap(frame).putInt(at, value);
    }

    /** Gives the bytes that were allocated for it. */
    private long decode(byte[] frame) throws IOException {
        long before = threads.getCurrentThreadAllocatedBytes();
        DecodeResult result = codec.decode(ByteBuffer.wrap(frame), 0, frame.length, 1, POSITION, MAX_FRAME_BYTES);
        if (result instanceof DecodeResult.Ok ok) {
            try {
                List<LogRecord> records = new RecordBatch(ok.header(), frame, 0).records();
                gaveRecords++;
                assertThat(records).hasSize(ok.header().recordCount());
            } catch (MalformedBatchException e) {
                malformed++;
            }
        } else {
            unreadable++;
        }
        return threads.getCurrentThreadAllocatedBytes() - before;
    }
}
