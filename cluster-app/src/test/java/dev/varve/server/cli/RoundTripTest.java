package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What append took, read gives back, byte for byte. */
class RoundTripTest {
    @TempDir
    private Path directory;

    /** Appends bytes as a log of their own, and expects them back. */
    private void comesBack(String name, byte[] input, String... options) {
        String log = directory.resolve(name).toString();
        String[] args = Arrays.copyOf(new String[] {"append", "--dir", log}, 3 + options.length);
        System.arraycopy(options, 0, args, 3, options.length);
        Cli.Result appended = Cli.runOn(input, args).exitsWith(0);
        byte[] expected =
                input.length == 0 || input[input.length - 1] == '\n' ? input : Arrays.copyOf(input, input.length + 1);
        if (expected != input) {
            expected[input.length] = '\n';
        }
        byte[] read = Cli.run("read", "--dir", log).exitsWith(0).out();
        assertThat(Arrays.equals(read, expected))
                .as(
                        "%s: %d bytes back of %d, first difference at %d",
                        name, read.length, expected.length, Arrays.mismatch(read, expected))
                .isTrue();
        Cli.run("verify", "--dir", log).exitsWith(0);
        long records = new String(expected, StandardCharsets.ISO_8859_1)
                .chars()
                .filter(c -> c == '\n')
                .count();
        assertThat(appended.err())
                .contains("appended " + records + " records, " + (expected.length - records) + " bytes in ");
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void odd_lines_come_back() {
        comesBack("nothing", latin1(""));
        comesBack("one empty line", latin1("\n"));
        comesBack("empty lines", latin1("\n\n\n\n"));
        comesBack("no final newline", latin1("first\nlast"));
        comesBack("one line without newline", latin1("x"));
        comesBack("carriage returns", latin1("a\r\nb\r\r\n\r\n\r"));
        comesBack("NULs", latin1("\0\n\0\0\n\n\0"));
        comesBack("invalid UTF-8", latin1("\u00ff\u00fe\n\u00c3\n\u00ed\u00a0\u0080\n\u00c0\u0080\n"));
        comesBack("other separators", latin1("a\u000bb\u000cc\u0085d\n"));
        comesBack("every byte", everyByte());
    }

    private static byte[] everyByte() {
        byte[] bytes = new byte[512];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        return bytes;
    }

    @Test
    void random_bytes_come_back_whatever_the_batch_the_limit_and_the_segment() {
        for (long seed = 1; seed <= 40; seed++) {
            Random random = new Random(seed);
            byte[] input = new byte[random.nextInt(20_000)];
            random.nextBytes(input);
            int lineFeeds = random.nextInt(500);
            for (int i = 0; i < lineFeeds && input.length > 0; i++) {
                input[random.nextInt(input.length)] = '\n';
            }
            comesBack(
                    "seed " + seed,
                    input,
                    "--batch",
                    Integer.toString(1 + random.nextInt(200)),
                    "--segment-bytes",
                    Integer.toString(1024 + random.nextInt(5_000)),
                    "--max-batch-bytes",
                    Integer.toString(21_000 + random.nextInt(10_000)),
                    "--sync",
                    List.of("none", "every-write", "every-n-writes:3").get(random.nextInt(3)),
                    "--compression",
                    List.of("none", "lz4", "zstd").get(random.nextInt(3)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "lz4", "zstd"})
    void compressed_lines_come_back_and_dump_says_how_they_are_stored(String kind) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 3_000; i++) {
            lines.append("2026-01-31T12:00:00Z GET /orders/")
                    .append(i * 7919 % 10_007)
                    .append(" 200\n");
        }
        comesBack(kind, latin1(lines.toString()), "--compression", kind);
        Path log = directory.resolve(kind);
        Cli.Result dump = Cli.run("dump", "--dir", log.toString()).exitsWith(0);
        assertThat(new String(dump.out(), StandardCharsets.UTF_8)).contains(kind);
        assertThat(log.resolve("00000000000000000000.log").toFile().length())
                .isLessThan(kind.equals("none") ? Long.MAX_VALUE : lines.length() / 2);
    }

    @Test
    void lines_of_megabytes_come_back() throws IOException {
        Random random = new Random(4);
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        for (int bytes : new int[] {3 << 20, 0, 1, (16 << 20) - 200, 5, 5 << 20, 7}) {
            byte[] line = new byte[bytes];
            random.nextBytes(line);
            for (int i = 0; i < bytes; i++) {
                line[i] = line[i] == '\n' ? 0 : line[i];
            }
            input.writeBytes(line);
            input.write('\n');
        }
        Path file = directory.resolve("input");
        Files.write(file, input.toByteArray());
        String log = directory.resolve("log").toString();
        Cli.run("append", "--dir", log, file.toString()).exitsWith(0);
        assertThat(Arrays.equals(Cli.run("read", "--dir", log).exitsWith(0).out(), input.toByteArray()))
                .isTrue();
    }

    @Test
    void json_tells_text_from_bytes_and_loses_neither() {
        List<byte[]> values = List.of(
                "plain".getBytes(StandardCharsets.UTF_8),
                "\"quotes\" \\ \t \u0001 \u007f é 漢 \uD83D\uDE00 \u2028".getBytes(StandardCharsets.UTF_8),
                new byte[0],
                new byte[] {0},
                new byte[] {(byte) 0xff},
                latin1("half \u00c3"),
                latin1("surrogate \u00ed\u00a0\u0080"),
                latin1("overlong \u00c0\u0080"));
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        values.forEach(value -> {
            input.writeBytes(value);
            input.write('\n');
        });
        String log = directory.resolve("log").toString();
        Cli.runOn(input.toByteArray(), "append", "--dir", log).exitsWith(0);
        List<Map<String, Object>> objects =
                Cli.run("read", "--dir", log, "--json").exitsWith(0).objects();
        assertThat(objects).hasSize(values.size());
        for (int i = 0; i < values.size(); i++) {
            Map<String, Object> object = objects.get(i);
            assertThat(object).containsOnlyKeys("offset", "timestamp", "key", "value", "headers");
            assertThat(object).containsEntry("offset", (long) i).containsEntry("key", null);
            assertThat(object.get("headers")).isEqualTo(List.of());
            assertThat(bytes(object.get("value"))).isEqualTo(values.get(i));
            boolean isText = i < 4;
            assertThat(object.get("value")).isInstanceOf(isText ? String.class : Map.class);
        }
    }

    private static byte[] bytes(Object value) {
        if (value instanceof Map<?, ?> object) {
            assertThat(object.keySet()).hasToString("[base64]");
            return Base64.getDecoder().decode((String) object.get("base64"));
        }
        return ((String) value).getBytes(StandardCharsets.UTF_8);
    }

    @Tag("soak")
    @Test
    void two_gigabytes_of_odd_lines_come_back_in_a_heap_of_256_megabytes() throws Exception {
        ChildVarve.streamsThrough(directory, "-Xmx256m", 2L << 30);
    }
}
