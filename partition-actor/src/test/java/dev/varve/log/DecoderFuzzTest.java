package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.varve.log.Fuzzer.Target;
import dev.varve.log.format.CodecUnavailableException;
import dev.varve.log.format.DecodeResult;
import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.FrameLayout;
import dev.varve.log.format.IndexFile;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.MalformedBatchException;
import dev.varve.log.format.Manifest;
import dev.varve.log.format.RecordBatch;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.segment.SegmentScanner;
import dev.varve.log.segment.SegmentScanner.Expectation;
import dev.varve.log.segment.UnreadableException;
import dev.varve.log.testkit.SimDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Decoders against a million inputs that nobody wrote, half of them with right checksums: nothing is thrown that is not declared,
 * no more memory is taken than an input deserves, nothing hangs, and what is given out makes sense. A canary for each of these
 * shows that the fuzzer would tell.
 *
 * <p>An input that fails is had again by its number: {@code -Dtest=DecoderFuzzTest -Dvarve.fuzz.first=NUMBER}.
 */
class DecoderFuzzTest {
    private static final long FIRST = Long.getLong("varve.fuzz.first", 0);
    private static final long MANY = 1_000_000;
    private static final long LOG_ID = 0x0a0b_0c0d_0e0f_1011L;
    private static final long SEGMENT_ID = 1;
    private static final int MAX_FRAME_BYTES = 1 << 20;

    /** Where a frame claims to lie that is fuzzed on its own. */
    private static final long POSITION = 4096;

    private final List<byte[]> frames = new ArrayList<>();
    private final List<byte[]> segments = new ArrayList<>();
    private final List<byte[]> manifests = new ArrayList<>();
    private final List<byte[]> indexes = new ArrayList<>();

    DecoderFuzzTest() {
        for (long seed = 0; seed < 12; seed++) {
            SimDisk disk = RandomBatches.written(RandomBatches.of(new Random(seed)), LOG_ID);
            byte[] segment = RandomBatches.segment(disk);
            segments.add(segment);
            manifests.add(RandomBatches.bytes(disk, "manifest"));
            indexes.add(RandomBatches.bytes(disk, "00000000000000000000.index"));
            indexes.add(RandomBatches.bytes(disk, "00000000000000000000.timeindex"));
            addFrames(segment);
        }
        SimDisk golden = GoldenLogs.everything();
        for (String name : golden.names(GoldenLogs.DIRECTORY)) {
            byte[] bytes = golden.bytes(GoldenLogs.DIRECTORY.resolve(name));
            if (name.endsWith("index")) {
                indexes.add(bytes);
            } else if (name.equals("manifest")) {
                manifests.add(bytes);
            }
        }
        manifests.add(new Manifest(
                        1,
                        2,
                        3,
                        0,
                        1024,
                        2,
                        List.of(new Manifest.Segment(1, 0, 512, -1, 0, Long.MAX_VALUE, Long.MIN_VALUE, 0)),
                        List.of(new Manifest.DamagedRange(1, 600, 0, 4), new Manifest.DamagedRange(1, 900, 7, 6)))
                .encode()
                .array());
    }

    /** The frames of a segment that are not too large, as if each lay at one and the same place. */
    private void addFrames(byte[] segment) {
        for (int at = SegmentHeader.BYTES; at < segment.length; ) {
            int frameBytes = ByteBuffer.wrap(segment).getInt(at + 4) + 8;
            if (frameBytes < 700) {
                byte[] frame = Arrays.copyOfRange(segment, at, at + frameBytes);
                Seals.frame(frame, 0, LOG_ID, SEGMENT_ID, POSITION);
                frames.add(frame);
            }
            at += frameBytes;
        }
    }

    // The decoders.

    /** A frame and the records in it. */
    private static class Frames implements Target {
        final FrameCodec codec = new FrameCodec(LOG_ID);

        @Override
        public void decode(byte[] input) throws Exception {
            DecodeResult result = answer(input);
            if (result instanceof DecodeResult.Torn torn) {
                require(torn.neededBytes() > input.length, "torn, although it needs only " + torn.neededBytes());
            }
            if (result instanceof DecodeResult.Ok ok) {
                require(ok.header().frameBytes() <= Math.min(input.length, MAX_FRAME_BYTES), "larger than it can be");
                byte[] sealed = Arrays.copyOf(input, ok.header().frameBytes());
                seal(sealed);
                require(Arrays.equals(sealed, 0, sealed.length, input, 0, sealed.length), "without a right checksum");
                checkRecords(ok.header(), input);
            }
        }

        DecodeResult answer(byte[] input) {
            return codec.decode(ByteBuffer.wrap(input), 0, input.length, SEGMENT_ID, POSITION, MAX_FRAME_BYTES);
        }

        void checkRecords(FrameHeader header, byte[] input) {
            List<LogRecord> records;
            try {
                records = new RecordBatch(header, input, 0).records();
            } catch (MalformedBatchException | CodecUnavailableException e) {
                return;
            }
            require(records.size() == header.recordCount(), "not as many records as promised");
            long previous = header.baseOffset() - 1;
            long bytes = 0;
            for (LogRecord record : records) {
                require(record.offset() > previous && record.offset() <= header.lastOffset(), "offsets");
                require(
                        record.timestamp() >= header.minTimestamp() && record.timestamp() <= header.maxTimestamp(),
                        "timestamps");
                previous = record.offset();
                bytes += (record.key() == null ? 0 : record.key().length)
                        + (record.value() == null ? 0 : record.value().length);
            }
            require(previous == header.lastOffset() && bytes <= header.uncompressedBytes(), "the end of the batch");
        }

        @Override
        public void seal(byte[] input) {
            boolean hasProducer = input.length > 15 && (input[15] & 0x10) != 0;
            if (input.length >= (hasProducer ? FrameLayout.HEADER_BYTES_WITH_PRODUCER : FrameLayout.HEADER_BYTES)) {
                Seals.frame(input, 0, LOG_ID, SEGMENT_ID, POSITION);
            }
        }
    }

    private static final class Headers implements Target {
        @Override
        public void decode(byte[] input) {
            if (SegmentHeader.decode(ByteBuffer.wrap(input)) instanceof SegmentHeader.Decoded.Ok ok) {
                byte[] sealed = input.clone();
                Seals.segmentHeader(sealed);
                require(Arrays.equals(sealed, input), "believed without a right checksum");
                require(
                        SegmentHeader.decode(ok.header().encode()).equals(new SegmentHeader.Decoded.Ok(ok.header())),
                        "not the same when written and read again");
            }
        }

        @Override
        public void seal(byte[] input) {
            if (input.length >= SegmentHeader.BYTES) {
                Seals.segmentHeader(input);
            }
        }
    }

    private static final class Manifests implements Target {
        @Override
        public void decode(byte[] input) {
            Manifest.Decoded decoded = Manifest.decode(ByteBuffer.wrap(input));
            Manifest manifest = decoded.manifest();
            require(manifest != null || !decoded.problems().isEmpty(), "refused without a reason");
            require(decoded.problems().size() == decoded.positions().size(), "a place for each problem");
            if (manifest != null) {
                require(
                        manifest.equals(Manifest.decode(manifest.encode()).manifest()),
                        "not the same when written again");
                long offset = -1;
                for (Manifest.Segment segment : manifest.segments()) {
                    require(segment.baseOffset() > offset && segment.lengthBytes() >= 512, "segments in disorder");
                    offset = Math.max(segment.lastOffset(), segment.baseOffset());
                }
            }
        }

        @Override
        public void seal(byte[] input) {
            if (input.length >= 48) {
                // The length word of each half as it is, else no input but one would ever get past it.
                for (int start : new int[] {0, input.length / 2}) {
                    int end = start == 0 ? input.length / 2 : input.length;
                    ByteBuffer.wrap(input).putInt(start + 12, end - start - 24);
                    Seals.manifestCopy(input, start);
                }
            }
        }
    }

    private static final class Indexes implements Target {
        @Override
        public void decode(byte[] input) {
            for (IndexFile.Kind kind : IndexFile.Kind.values()) {
                IndexFile index = IndexFile.decode(kind, ByteBuffer.wrap(input));
                if (index != null) {
                    require(index.encode().equals(ByteBuffer.wrap(input)), "not the same when written again");
                    require(
                            index.count() * kind.entryBytes() == input.length - IndexFile.HEADER_BYTES,
                            "not as many entries as there are");
                }
            }
        }

        @Override
        public void seal(byte[] input) {
            if (input.length >= IndexFile.HEADER_BYTES) {
                Seals.index(input);
            }
        }
    }

    /** A whole segment, walked from frame to frame. */
    private static final class Scans implements Target {
        private final SegmentScanner scanner = new SegmentScanner(new FrameCodec(LOG_ID), MAX_FRAME_BYTES);
        private final MemoryFile file = new MemoryFile(new byte[0]);

        @Override
        public void decode(byte[] input) throws IOException {
            file.set(input);
            Walk walk = new Walk(input);
            try {
                SegmentScanner.Outcome outcome =
                        scanner.scan(file, SEGMENT_ID, SegmentHeader.BYTES, input.length, Expectation.NONE, walk);
                require(
                        outcome.end() >= walk.end && outcome.end() <= Math.max(input.length, SegmentHeader.BYTES),
                        "the end");
                for (long i = outcome.end(); i < input.length; i++) {
                    require(input[(int) i] == 0, "something behind the end");
                }
            } catch (UnreadableException e) {
                require(e.position() >= walk.end && e.position() < input.length, "where it is unreadable");
            }
            require(file.bytesRead() <= 4L * input.length + 1024, "read " + file.bytesRead() + " bytes");
        }

        @Override
        public void seal(byte[] input) {
            ByteBuffer buffer = ByteBuffer.wrap(input);
            for (int at = SegmentHeader.BYTES; at + 104 <= input.length; ) {
                Seals.frame(input, at, LOG_ID, SEGMENT_ID);
                int frameBytes = buffer.getInt(at + 4) + 8;
                at += frameBytes >= 88 && frameBytes % 8 == 0 && frameBytes < input.length ? frameBytes : input.length;
            }
        }
    }

    /** Checks that a walk goes over all bytes once, from the first to the last. */
    private static final class Walk implements SegmentScanner.Visitor {
        private final byte[] input;
        private long end = SegmentHeader.BYTES;
        private long offset;

        Walk(byte[] input) {
            this.input = input;
        }

        @Override
        public boolean frame(FrameHeader header, long position, ByteBuffer buffer, int at) {
            require(position == end && header.baseOffset() >= offset, "a frame out of order");
            end = position + header.frameBytes();
            offset = header.nextOffset();
            require(end <= input.length, "a frame beyond the end");
            byte[] bytes = new byte[header.frameBytes()];
            buffer.get(at, bytes);
            require(
                    Arrays.equals(bytes, 0, bytes.length, input, (int) position, (int) end),
                    "other bytes than in the file");
            return true;
        }

        @Override
        public boolean bad(long position, long badEnd, FrameHeader header, String reason) {
            require(position == end && badEnd > position && badEnd <= input.length, "bad bytes out of order");
            end = badEnd;
            return true;
        }
    }

    private static void require(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }

    private void fuzz(String name, Target target, List<byte[]> corpus, long first, long count) {
        Fuzzer fuzzer = new Fuzzer(name, target, corpus);
        assertTimeoutPreemptively(
                Duration.ofSeconds(30 + count / 10_000), () -> fuzzer.run(first, count), fuzzer::current);
    }

    private void fuzzAll(long first, long count) {
        fuzz("frames", new Frames(), frames, first, count * 50 / 100);
        fuzz("segment headers", new Headers(), headers(), first, count * 10 / 100);
        fuzz("manifests", new Manifests(), manifests, first, count * 15 / 100);
        fuzz("indexes", new Indexes(), indexes, first, count * 15 / 100);
        fuzz("scans", new Scans(), segments, first, count * 10 / 100);
    }

    private List<byte[]> headers() {
        return segments.stream()
                .map(segment -> Arrays.copyOf(segment, SegmentHeader.BYTES))
                .toList();
    }

    @Test
    void a_million_inputs_break_no_decoder() {
        fuzzAll(FIRST, MANY);
    }

    @Tag("soak")
    @Test
    void a_hundred_million_inputs_break_no_decoder() {
        for (long part = 1; part <= 100; part++) {
            fuzzAll(FIRST + part * MANY, MANY);
        }
    }

    @Test
    void the_inputs_reach_every_answer_of_the_frame_decoder() {
        long[] reached = new long[6];
        Target counting = new Frames() {
            @Override
            DecodeResult answer(byte[] input) {
                DecodeResult result = super.answer(input);
                int kind = result instanceof DecodeResult.Ok
                        ? 0
                        : result instanceof DecodeResult.Torn
                                ? 1
                                : result instanceof DecodeResult.Corrupt
                                        ? 2
                                        : result instanceof DecodeResult.Unreadable ? 3 : 4;
                reached[kind]++;
                return result;
            }

            @Override
            void checkRecords(FrameHeader header, byte[] input) {
                try {
                    new RecordBatch(header, input, 0).records();
                } catch (MalformedBatchException e) {
                    reached[5]++;
                } catch (CodecUnavailableException e) {
                    // The business of UnknownCodecTest.
                }
            }
        };
        new Fuzzer("counting", counting, frames).run(0, 50_000);
        // Ok, Torn, Corrupt, Unreadable, End, and Ok with malformed records: what a re-sealed input must show most of
        // all.
        assertThat(Arrays.stream(reached).boxed().toList())
                .as("%s", Arrays.toString(reached))
                .allMatch(count -> count > 20);
        assertThat(reached[5]).isGreaterThan(1_000);
    }

    // The canaries: decoders that are wrong on purpose.

    private void assertFound(String what, Target broken, List<byte[]> corpus, String told) {
        assertThatThrownBy(() -> new Fuzzer(what, broken, corpus).run(0, 100_000))
                .as(what)
                .isInstanceOf(Fuzzer.Finding.class)
                .hasMessageContaining("input ")
                .hasMessageContaining(told);
    }

    @Test
    void a_decoder_that_does_not_look_at_the_checksum_is_found() {
        assertFound(
                "no frame checksum",
                new Frames() {
                    @Override
                    DecodeResult answer(byte[] input) {
                        FrameHeader header = codec.peek(
                                ByteBuffer.wrap(input), 0, input.length, SEGMENT_ID, POSITION, MAX_FRAME_BYTES);
                        return header == null || header.frameBytes() > input.length
                                ? new DecodeResult.Corrupt(null, "")
                                : new DecodeResult.Ok(header);
                    }
                },
                frames,
                "without a right checksum");
    }

    @Test
    void a_decoder_that_believes_a_length_is_found_by_the_memory_it_takes() {
        assertFound(
                "allocates first",
                new Frames() {
                    @Override
                    void checkRecords(FrameHeader header, byte[] input) {
                        // What a reader does that makes room for as many records as it is promised.
                        List<LogRecord> room = new ArrayList<>(Math.min(header.lastOffsetDelta() + 1, 1 << 22));
                        super.checkRecords(header, input);
                        require(room.isEmpty(), "");
                    }
                },
                frames,
                "bytes of memory");
    }

    @Test
    void a_decoder_that_reads_past_the_end_is_found_by_what_it_throws() {
        assertFound(
                "no bounds",
                new Frames() {
                    @Override
                    void checkRecords(FrameHeader header, byte[] input) {
                        int at = header.bodyStart() + 2;
                        for (int i = 0; i < header.recordCount(); i++) {
                            at += 1 + input[at];
                        }
                    }
                },
                frames,
                "ArrayIndexOutOfBounds");
    }

    @Test
    void a_decoder_that_thinks_too_long_is_found() {
        assertFound(
                "slow",
                new Frames() {
                    @Override
                    void checkRecords(FrameHeader header, byte[] input) {
                        long start = System.nanoTime();
                        while (header.lastOffsetDelta() > 1 << 20 && System.nanoTime() - start < 2_100_000_000L) {
                            Thread.onSpinWait();
                        }
                    }
                },
                frames,
                " ms");
    }

    @Test
    void a_decoder_that_gives_out_a_batch_in_part_is_found() {
        assertFound(
                "the good prefix of a malformed batch",
                new Frames() {
                    @Override
                    void checkRecords(FrameHeader header, byte[] input) {
                        try {
                            new RecordBatch(header, input, 0).records();
                        } catch (MalformedBatchException | CodecUnavailableException e) {
                            throw new AssertionError("gave out what it could", e);
                        }
                    }
                },
                frames,
                "gave out what it could");
    }

    @Test
    void a_scan_that_passes_over_bytes_is_found() {
        Scans sound = new Scans();
        assertFound(
                "skips",
                new Target() {
                    @Override
                    public void decode(byte[] input) throws Exception {
                        // As if the scan had begun behind the first frame it should have told of.
                        byte[] shifted = input.length > 700 ? Arrays.copyOf(input, input.length - 8) : input;
                        Walk walk = new Walk(input);
                        try {
                            new SegmentScanner(new FrameCodec(LOG_ID), MAX_FRAME_BYTES)
                                    .scan(
                                            new MemoryFile(shifted),
                                            SEGMENT_ID,
                                            SegmentHeader.BYTES + 8,
                                            shifted.length,
                                            Expectation.NONE,
                                            walk);
                        } catch (UnreadableException e) {
                            return;
                        }
                    }

                    @Override
                    public void seal(byte[] input) {
                        sound.seal(input);
                    }
                },
                segments,
                "out of order");
    }

    @Test
    void a_scan_of_a_damaged_segment_reads_it_once_whatever_is_in_it() throws IOException {
        byte[] original = segments.get(1);
        byte[] large = new byte[6 << 20];
        new Random(3).nextBytes(large);
        System.arraycopy(original, 0, large, 0, original.length);
        ByteBuffer buffer = ByteBuffer.wrap(large);
        // The worst there is: at each place where a frame may begin something begins like one, and is long.
        for (int at = original.length; at + 104 < large.length; at += 8) {
            buffer.putInt(at, FrameLayout.MAGIC);
        }
        MemoryFile file = new MemoryFile(large);
        Walk walk = new Walk(large);
        new SegmentScanner(new FrameCodec(LOG_ID), MAX_FRAME_BYTES)
                .scan(file, SEGMENT_ID, SegmentHeader.BYTES, large.length, Expectation.NONE, walk);
        assertThat(walk.end).isEqualTo(large.length);
        assertThat(file.bytesRead()).isLessThan(large.length + (large.length >> 3));
    }
}
