package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineSplitterTest {
    private final List<byte[]> lines = new ArrayList<>();

    private LineSplitter splitter(int maxLineBytes) {
        return new LineSplitter(maxLineBytes, new LineSplitter.LineSink() {
            @Override
            public void line(byte[] bytes, int from, int to) {
                lines.add(Arrays.copyOfRange(bytes, from, to));
            }

            @Override
            public RuntimeException tooLong() {
                return new RefusedException("line " + lines.size());
            }
        });
    }

    /** What a line is, said in the plainest way. */
    private static List<byte[]> split(byte[] input) {
        List<byte[]> expected = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < input.length; i++) {
            if (input[i] == '\n') {
                expected.add(Arrays.copyOfRange(input, from, i));
                from = i + 1;
            }
        }
        if (from < input.length) {
            expected.add(Arrays.copyOfRange(input, from, input.length));
        }
        return expected;
    }

    @Test
    void lines_are_the_same_however_the_bytes_come() {
        for (long seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            byte[] input = new byte[random.nextInt(200)];
            for (int i = 0; i < input.length; i++) {
                input[i] = random.nextInt(4) == 0 ? (byte) '\n' : (byte) random.nextInt(256);
            }
            lines.clear();
            LineSplitter splitter = splitter(200);
            for (int at = 0; at < input.length; ) {
                int bytes = Math.min(input.length - at, random.nextInt(20));
                byte[] chunk = Arrays.copyOf(Arrays.copyOfRange(input, at, at + bytes), bytes + random.nextInt(3));
                splitter.add(chunk, bytes);
                at += bytes;
            }
            splitter.end();
            assertThat(lines)
                    .as("seed %d", seed)
                    .usingElementComparator(Arrays::compare)
                    .isEqualTo(split(input));
        }
    }

    @Test
    void a_line_of_exactly_the_limit_passes_and_one_byte_more_does_not_however_it_comes() {
        for (int chunkBytes = 1; chunkBytes <= 12; chunkBytes++) {
            lines.clear();
            feed(splitter(10), "1234567890\nx\n0123456789\n".getBytes(), chunkBytes);
            assertThat(lines).hasSize(3);
            lines.clear();
            LineSplitter splitter = splitter(10);
            int size = chunkBytes;
            assertThatThrownBy(() -> feed(splitter, "a\nb\n12345678901\nc\n".getBytes(), size))
                    .as("chunks of %d", chunkBytes)
                    .isInstanceOf(RefusedException.class)
                    .hasMessage("line 2");
        }
    }

    private static void feed(LineSplitter splitter, byte[] input, int chunkBytes) {
        for (int at = 0; at < input.length; at += chunkBytes) {
            byte[] chunk = Arrays.copyOfRange(input, at, Math.min(input.length, at + chunkBytes));
            splitter.add(chunk, chunk.length);
        }
        splitter.end();
    }

    @Test
    void a_line_without_end_is_refused_before_it_fills_the_memory() {
        LineSplitter splitter = splitter(1 << 20);
        byte[] chunk = new byte[64 << 10];
        assertThatThrownBy(() -> {
                    for (int i = 0; i <= 17; i++) {
                        splitter.add(chunk, chunk.length);
                    }
                })
                .isInstanceOf(RefusedException.class);
        assertThat(splitter.unfinishedBytes()).isLessThanOrEqualTo(1 << 20);
    }
}
