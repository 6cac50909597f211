package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.format.FrameLayout;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AppendCommandTest {
    @TempDir
    private Path directory;

    private Path log;

    @BeforeEach
    void nameTheLog() {
        log = directory.resolve("log");
    }

    /** Those with records: a slow machine leaves a mark now and then. */
    private List<Map<String, Object>> frames() {
        return Cli.run("dump", "--dir", log.toString(), "--json").exitsWith(0).objects().stream()
                .filter(frame -> (long) frame.get("records") > 0)
                .toList();
    }

    @Test
    void the_summary_tells_records_bytes_seconds_and_offsets() {
        assertThat(Cli.append(log, "a\nbc\n").err())
                .matches("appended 2 records, 3 bytes in \\d+\\.\\d{3} seconds, offsets 0 to 1\n");
        assertThat(Cli.append(log, "d\n").err()).endsWith(", offsets 2 to 2\n");
        assertThat(Cli.append(log, "").err()).matches("appended 0 records, 0 bytes in .* seconds, no offsets\n");
    }

    @Test
    void a_batch_holds_100_lines_unless_something_else_is_asked_for() {
        Cli.append(log, Cli.numbered("line ", 250));
        assertThat(frames()).extracting(frame -> frame.get("records")).containsExactly(100L, 100L, 50L);
        Cli.append(log, Cli.numbered("line ", 5), "--batch", "2");
        assertThat(frames()).extracting(frame -> frame.get("records")).containsExactly(100L, 100L, 50L, 2L, 2L, 1L);
    }

    @Test
    void lines_that_are_too_much_for_one_batch_go_into_more() {
        String text = ("x".repeat(300) + "\n").repeat(20);
        Cli.append(log, text, "--max-batch-bytes", "1024");
        assertThat(Cli.run("read", "--dir", log.toString()).exitsWith(0).text()).isEqualTo(text);
        assertThat(frames()).hasSizeGreaterThan(6).allSatisfy(frame -> assertThat((long) frame.get("bytes"))
                .isLessThanOrEqualTo(1024));
    }

    /** The longest value that fits a batch: beside it are the fixed fields, and 6 bytes of the record. */
    private static final int LONGEST = 1024 - FrameLayout.HEADER_BYTES - 6;

    @Test
    void a_line_of_exactly_the_limit_is_stored() {
        String text = "before\n" + "x".repeat(LONGEST) + "\nbehind\n";
        Cli.append(log, text, "--max-batch-bytes", "1024");
        assertThat(Cli.run("read", "--dir", log.toString()).text()).isEqualTo(text);
    }

    @Test
    void a_line_over_the_limit_stops_with_its_number_and_what_came_before_it_is_stored() {
        for (int bytes : new int[] {LONGEST + 1, 1024, 1025, 100_000}) {
            Path own = directory.resolve("over by " + bytes);
            String before = Cli.numbered("line ", 205);
            Cli.Result result = Cli.runOn(
                            (before + "x".repeat(bytes) + "\nbehind\n").getBytes(StandardCharsets.UTF_8),
                            "append",
                            "--acks",
                            "--dir",
                            own.toString(),
                            "--max-batch-bytes",
                            "1k")
                    .exitsWith(3);
            assertThat(result.err())
                    .contains("appended 205 records,")
                    .contains("offsets 0 to 204")
                    .contains("line 206 is too long")
                    .contains("--max-batch-bytes");
            assertThat(result.lines()).hasSize(205).endsWith("acked 204");
            assertThat(Cli.run("read", "--dir", own.toString()).exitsWith(0).text())
                    .isEqualTo(before);
        }
    }

    @Test
    void the_key_is_what_lies_before_the_first_separator() {
        Cli.append(log, "k:v\n:\nnone\na:b:c\n::x\n", "--key-separator", ":");
        List<Map<String, Object>> records =
                Cli.run("read", "--dir", log.toString(), "--json").objects();
        assertThat(records).extracting(record -> record.get("key")).containsExactly("k", "", null, "a", "");
        assertThat(records).extracting(record -> record.get("value")).containsExactly("v", "", "none", "b:c", ":x");
    }

    @Test
    void a_separator_can_be_a_tab_or_any_character() {
        Cli.append(log, "k\tv\n", "--key-separator", "\\t");
        Cli.append(log, "kéy→välue\n", "--key-separator", "→");
        List<Map<String, Object>> records =
                Cli.run("read", "--dir", log.toString(), "--json").objects();
        assertThat(records).extracting(record -> record.get("key")).containsExactly("k", "kéy");
        assertThat(records).extracting(record -> record.get("value")).containsExactly("v", "välue");
    }

    @Test
    void a_partial_batch_goes_when_nothing_more_comes_and_each_record_is_acknowledged() throws Exception {
        FedInput input = new FedInput();
        WatchedOutput out = new WatchedOutput();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        CompletableFuture<Integer> run = CompletableFuture.supplyAsync(
                () -> Cli.run(input, out, err, "append", "--acks", "--dir", log.toString()));
        input.feed("one\n");
        out.await("acked 0\n");
        input.feed("two\nthree\nhalf of ");
        out.await("acked 0\nacked 1\nacked 2\n");
        assertThat(Cli.run("read", "--dir", log.toString()).exitsWith(0).text()).isEqualTo("one\ntwo\nthree\n");
        input.feed("four");
        input.end();
        assertThat(run.get()).isZero();
        assertThat(out.text()).isEqualTo("acked 0\nacked 1\nacked 2\nacked 3\n");
        assertThat(Cli.run("read", "--dir", log.toString()).text()).isEqualTo("one\ntwo\nthree\nhalf of four\n");
    }

    @Test
    void what_is_waited_for_is_synced_when_its_time_has_come() throws Exception {
        FedInput input = new FedInput();
        WatchedOutput out = new WatchedOutput();
        CompletableFuture<Integer> run = CompletableFuture.supplyAsync(() -> Cli.run(
                input,
                out,
                OutputStream.nullOutputStream(),
                "append",
                "--acks",
                "--sync",
                "every-n-writes:1000",
                "--sync-delay",
                "50",
                "--dir",
                log.toString()));
        input.feed("one\n");
        out.await("acked 0\n");
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (!durableOffset().equals(1L)) {
            assertThat(System.nanoTime()).as("not synced in half a minute").isLessThan(deadline);
            Thread.onSpinWait();
        }
        input.end();
        assertThat(run.get()).isZero();
    }

    private Object durableOffset() {
        return Cli.run("info", "--json", "--dir", log.toString())
                .exitsWith(0)
                .objects()
                .get(0)
                .get("durableOffset");
    }

    @Test
    void a_log_that_somebody_owns_is_refused() {
        try (PartitionLog owner = PartitionLog.open(log, LogOptions.defaults())) {
            Cli.Result result = Cli.runOn("x\n".getBytes(StandardCharsets.UTF_8), "append", "--dir", log.toString())
                    .exitsWith(3);
            assertThat(result.err()).contains("is in use by another owner");
            assertThat(owner.logEndOffset()).isZero();
        }
    }

    @Test
    void an_input_that_cannot_be_read_leaves_no_log_behind() {
        Cli.Result result = Cli.run(
                        "append",
                        "--dir",
                        log.toString(),
                        directory.resolve("none").toString())
                .exitsWith(3);
        assertThat(result.err()).contains("the input cannot be read").contains("none");
        Cli.run("append", "--dir", log.toString(), directory.toString()).exitsWith(3);
        assertThat(log).doesNotExist();
    }

    @Test
    void what_was_read_before_the_input_failed_is_stored() {
        InputStream failing = new InputStream() {
            private boolean gave;

            @Override
            public int read() throws IOException {
                throw new IOException("the cable was pulled");
            }

            @Override
            public int read(byte[] target, int from, int length) throws IOException {
                if (gave) {
                    return read();
                }
                gave = true;
                target[from] = 'a';
                target[from + 1] = '\n';
                target[from + 2] = 'b';
                return 3;
            }
        };
        Cli.Result result =
                Cli.runOn(failing, "append", "--dir", log.toString()).exitsWith(3);
        assertThat(result.err()).contains("appended 1 records").contains("the cable was pulled");
        assertThat(Cli.run("read", "--dir", log.toString()).text()).isEqualTo("a\n");
    }

    @Test
    void nothing_is_appended_any_more_when_nobody_reads_the_acknowledgements() {
        OutputStream gone = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        byte[] input = Cli.numbered("line ", 10).getBytes(StandardCharsets.UTF_8);
        int exitCode = Cli.run(new ByteArrayInputStream(input), gone, err, "append", "--acks", "--dir", log.toString());
        assertThat(exitCode).isEqualTo(3);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("nobody would see the acknowledgements");
        Cli.run("verify", "--dir", log.toString()).exitsWith(0);
        assertThat(Cli.run("info", "--json", "--dir", log.toString()).objects().get(0))
                .containsEntry("state", "CLEAN");
    }

    @Test
    void segments_are_as_large_as_asked_for() throws IOException {
        Cli.append(log, Cli.numbered("line ", 2_000), "--segment-bytes", "4k");
        assertThat(Cli.segments(log)).hasSizeGreaterThan(5);
        for (Path segment : Cli.segments(log)) {
            assertThat(Files.size(segment)).isLessThanOrEqualTo(4096);
        }
    }

    @Test
    void options_out_of_range_are_usage_errors_and_create_nothing() {
        for (List<String> options : List.of(
                List.of("--batch", "0"),
                List.of("--batch", "-1"),
                List.of("--batch", "many"),
                List.of("--segment-bytes", "1023"),
                List.of("--segment-bytes", "2g"),
                List.of("--segment-bytes", "-1"),
                List.of("--max-batch-bytes", "1023"),
                List.of("--max-batch-bytes", "257m"),
                List.of("--max-batch-bytes", "9999999999"),
                List.of("--sync", "sometimes"),
                List.of("--sync", "every-n-writes"),
                List.of("--sync", "every-n-writes:0"),
                List.of("--sync", "every-n-writes:5", "--sync-delay", "0"),
                List.of("--key-separator", ""),
                List.of("--key-separator", "ab"),
                List.of("--compression", "gzip"),
                List.of("--compression", "LZ4"),
                List.of("--bogus"),
                List.of("one", "two"))) {
            String[] args = new String[options.size() + 3];
            args[0] = "append";
            args[1] = "--dir";
            args[2] = log.toString();
            for (int i = 0; i < options.size(); i++) {
                args[3 + i] = options.get(i);
            }
            Cli.Result result = Cli.run(args);
            assertThat(result.exitCode()).as("%s: %s", options, result.err()).isEqualTo(2);
            assertThat(result.err()).startsWith("varve append: ").endsWith("See 'varve append --help'.\n");
        }
        Cli.run("append").exitsWith(2);
        assertThat(log).doesNotExist();
    }
}
