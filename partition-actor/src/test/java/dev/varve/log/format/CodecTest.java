package dev.varve.log.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import net.jpountz.lz4.LZ4Factory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What compresses and decompresses: it gives back what it took, or says that it cannot. */
class CodecTest {
    private static final int LIMIT = 16 << 20;

    /** A codec, and what room it may need. */
    record Tested(String name, Compression kind, Codec codec) {
        byte[] compress(byte[] body) {
            int room = kind.maxCompressedBytes(body.length);
            ByteBuffer buffer = ByteBuffer.allocateDirect(3 + body.length + 5 + room);
            buffer.put(3, body);
            int bytes = codec.compress(buffer, 3, body.length, 3 + body.length + 5, room);
            assertThat(buffer.position()).isZero();
            assertThat(buffer.limit()).isEqualTo(buffer.capacity());
            assertThat(bytes).isBetween(1, room);
            byte[] compressed = new byte[bytes];
            buffer.get(3 + body.length + 5, compressed);
            return compressed;
        }

        byte[] decompress(byte[] compressed, int targetBytes) throws MalformedBatchException {
            ByteBuffer source = ByteBuffer.allocateDirect(compressed.length + 9);
            source.put(0, compressed);
            ByteBuffer target = ByteBuffer.allocateDirect(targetBytes + 9);
            for (int i = 0; i < 9; i++) {
                target.put(targetBytes + i, (byte) 77);
            }
            try {
                codec.decompress(source, compressed.length, target, targetBytes);
            } finally {
                for (int i = 0; i < 9; i++) {
                    assertThat(target.get(targetBytes + i))
                            .as("behind the target")
                            .isEqualTo((byte) 77);
                }
            }
            byte[] body = new byte[targetBytes];
            target.get(0, body);
            return body;
        }

        void assertRefuses(byte[] compressed, int targetBytes, String what) {
            assertThatThrownBy(() -> decompress(compressed, targetBytes))
                    .as("%s: %s", name, what)
                    .isInstanceOf(MalformedBatchException.class);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static List<Tested> codecs() throws CodecUnavailableException {
        return List.of(
                new Tested("lz4, native", Compression.LZ4, new Lz4Codec(LZ4Factory.nativeInstance())),
                new Tested("lz4, Java", Compression.LZ4, new Lz4Codec(LZ4Factory.safeInstance())),
                new Tested("zstd", Compression.ZSTD, ZstdCodec.instance()));
    }

    private static byte[] noise(int bytes) {
        byte[] noise = new byte[bytes];
        new Random(bytes).nextBytes(noise);
        return noise;
    }

    private static byte[] text(int bytes) {
        StringBuilder text = new StringBuilder();
        Random random = new Random(bytes);
        while (text.length() < bytes) {
            text.append("2026-01-31 GET /orders/")
                    .append(random.nextInt(10_000))
                    .append(" 200\n");
        }
        return Arrays.copyOf(text.toString().getBytes(StandardCharsets.UTF_8), bytes);
    }

    static Map<String, byte[]> bodies() {
        Map<String, byte[]> bodies = new TreeMap<>();
        for (int bytes : new int[] {1, 2, 5, 12, 13, 64, 255, 256, 4095, 65_535, 65_536, 131_073, 1 << 20}) {
            bodies.put(bytes + " zeros", new byte[bytes]);
            bodies.put(bytes + " bytes of noise", noise(bytes));
            bodies.put(bytes + " bytes of text", text(bytes));
            byte[] half = noise(bytes);
            Arrays.fill(half, 0, bytes / 2, (byte) 3);
            bodies.put(bytes + " bytes, the first half all the same", half);
        }
        bodies.put("zeros up to the limit", new byte[LIMIT]);
        bodies.put("noise up to the limit", noise(LIMIT));
        return bodies;
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void what_was_compressed_comes_back(Tested tested) throws Exception {
        for (Map.Entry<String, byte[]> body : bodies().entrySet()) {
            byte[] compressed = tested.compress(body.getValue());
            assertThat(Arrays.equals(tested.decompress(compressed, body.getValue().length), body.getValue()))
                    .as(body.getKey())
                    .isTrue();
        }
    }

    @Test
    void both_ways_to_do_lz4_read_what_the_other_one_wrote() throws Exception {
        Tested one = codecs().get(0);
        Tested other = codecs().get(1);
        for (byte[] body : bodies().values()) {
            assertThat(Arrays.equals(other.decompress(one.compress(body), body.length), body))
                    .isTrue();
            assertThat(Arrays.equals(one.decompress(other.compress(body), body.length), body))
                    .isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void nothing_needs_more_room_than_its_kind_says(Tested tested) {
        for (int bytes = 0; bytes < 1500; bytes++) {
            tested.compress(noise(bytes));
        }
        for (int bytes = (128 << 10) - 3; bytes < (128 << 10) + 3; bytes++) {
            tested.compress(noise(bytes));
        }
    }

    @Test
    void the_room_that_zstd_needs_is_as_the_library_says() {
        for (int bytes = 0; bytes < LIMIT; bytes += 997) {
            assertThat((long) Compression.ZSTD.maxCompressedBytes(bytes)).isEqualTo(Zstd.compressBound(bytes));
        }
        int largest = 256 << 20;
        assertThat((long) Compression.ZSTD.maxCompressedBytes(largest)).isEqualTo(Zstd.compressBound(largest));
        assertThat(Compression.LZ4.maxCompressedBytes(largest))
                .isEqualTo(LZ4Factory.safeInstance().fastCompressor().maxCompressedLength(largest));
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void a_size_that_is_not_the_one_that_was_declared_is_refused(Tested tested) {
        for (int bytes : new int[] {1, 20, 300, 70_000}) {
            for (byte[] body : List.of(new byte[bytes], noise(bytes), text(bytes))) {
                byte[] compressed = tested.compress(body);
                for (int declared : new int[] {0, 1, bytes / 2, bytes - 1, bytes + 1, bytes + 7, 2 * bytes, 1 << 20}) {
                    if (declared != bytes) {
                        tested.assertRefuses(compressed, declared, declared + " declared of " + bytes);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void compressed_bytes_that_end_early_are_refused(Tested tested) {
        byte[] body = text(2_000);
        byte[] compressed = tested.compress(body);
        for (int bytes = 0; bytes < compressed.length; bytes++) {
            tested.assertRefuses(Arrays.copyOf(compressed, bytes), body.length, "cut to " + bytes);
        }
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void bytes_behind_the_compressed_ones_are_refused(Tested tested) throws Exception {
        byte[] emptyFrame = codecs().get(2).compress(new byte[0]);
        byte[] passedOver = {0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4};
        for (byte[] body : List.of(new byte[50], noise(50), text(5_000))) {
            byte[] compressed = tested.compress(body);
            for (int behind = 0; behind < 256; behind++) {
                tested.assertRefuses(followedBy(compressed, (byte) behind), body.length, behind + " behind");
            }
            tested.assertRefuses(followedBy(compressed, new byte[8]), body.length, "zeros behind");
            tested.assertRefuses(followedBy(compressed, emptyFrame), body.length, "an empty frame behind");
            tested.assertRefuses(followedBy(emptyFrame, compressed), body.length, "an empty frame before");
            tested.assertRefuses(followedBy(compressed, passedOver), body.length, "a frame to be skipped behind");
            tested.assertRefuses(followedBy(passedOver, compressed), body.length, "a frame to be skipped before");
            tested.assertRefuses(followedBy(compressed, compressed), 2 * body.length, "twice");
        }
    }

    private static byte[] followedBy(byte[] first, byte... second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    static Stream<Arguments> otherFrames() {
        byte[] body = text(1_000);
        try (ZstdCompressCtx context = new ZstdCompressCtx()) {
            byte[] sizeless = context.setContentSize(false).compress(body);
            byte[] withDictionary =
                    context.setContentSize(true).loadDict(dictionary()).compress(body);
            byte[] magicless = Arrays.copyOfRange(codecs().get(2).compress(body), 4, 200);
            return Stream.of(
                    Arguments.of("without its size", sizeless),
                    Arguments.of("with a dictionary", withDictionary),
                    Arguments.of("without the magic number", magicless));
        } catch (CodecUnavailableException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[][] samples() {
        byte[][] samples = new byte[200][];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = text(200 + i);
        }
        return samples;
    }

    private static byte[] dictionary() {
        byte[] dictionary = new byte[4_000];
        return Arrays.copyOf(dictionary, (int) Zstd.trainFromBuffer(samples(), dictionary));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("otherFrames")
    void a_zstd_frame_of_another_kind_is_refused(String what, byte[] frame) throws Exception {
        codecs().get(2).assertRefuses(frame, 1_000, what);
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void many_threads_may_use_it_at_once(Tested tested) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(6);
        try {
            List<Future<Boolean>> allRight = new ArrayList<>();
            for (int thread = 0; thread < 6; thread++) {
                int number = thread;
                allRight.add(threads.submit(() -> {
                    boolean right = true;
                    for (int i = 0; i < 150; i++) {
                        byte[] body = text(1 + number * 1_000 + i * 37);
                        right &= Arrays.equals(tested.decompress(tested.compress(body), body.length), body);
                    }
                    return right;
                }));
            }
            for (Future<Boolean> right : allRight) {
                assertThat(right.get()).isTrue();
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void a_pool_keeps_no_more_at_rest_than_there_are_processors_and_lets_go_of_the_others() {
        List<Object> destroyed = new ArrayList<>();
        Pool<Object> pool = new Pool<>(Object::new, destroyed::add);
        int processors = Runtime.getRuntime().availableProcessors();
        List<Object> taken = new ArrayList<>();
        for (int i = 0; i < processors + 3; i++) {
            taken.add(pool.take());
        }
        taken.forEach(pool::giveBack);
        assertThat(destroyed).hasSize(3);
        assertThat(taken).containsAll(destroyed);
        assertThat(pool.take()).isIn(taken).isNotIn(destroyed);
    }

    @Test
    void kinds_are_known_by_their_codes_and_names_which_never_change() {
        assertThat(Stream.of(Compression.values()).map(kind -> kind.code() + "=" + kind))
                .containsExactly("0=none", "1=lz4", "2=zstd");
        for (Compression kind : Compression.values()) {
            assertThat(Compression.of(kind.code())).isEqualTo(kind);
            assertThat(Compression.named(kind.toString())).isEqualTo(kind);
        }
        for (int code = 3; code <= FrameLayout.CODEC_MASK; code++) {
            assertThat(Compression.of(code)).isNull();
        }
        assertThatThrownBy(() -> Compression.named("LZ4"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("compression is none, lz4 or zstd, not LZ4");
    }
}
