package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code varve repair} does and says. */
class RepairCommandTest {
    private static final int LINES = 400;

    @TempDir
    private Path directory;

    private Path log;
    private Path copy;

    @BeforeEach
    void append() {
        log = directory.resolve("log");
        copy = directory.resolve("copy");
        Cli.append(log, Cli.numbered("line ", LINES), "--segment-bytes", "2k", "--batch", "10");
        assertThat(Cli.segments(log)).hasSizeGreaterThan(3);
    }

    private Cli.Result repair(String... options) {
        List<String> args = new ArrayList<>(List.of("repair", "--dir", log.toString(), "--out", copy.toString()));
        args.addAll(List.of(options));
        return Cli.run(args.toArray(String[]::new));
    }

    /** Names, bytes and times of the files of the log. */
    private Map<String, List<Object>> state() throws IOException {
        Map<String, List<Object>> state = new TreeMap<>();
        try (var files = Files.walk(log)) {
            for (Path file : files.toList()) {
                FileTime time = Files.getLastModifiedTime(file);
                List<Object> bytes = Files.isDirectory(file)
                        ? List.of(time)
                        : List.of(time, java.util.Arrays.hashCode(Files.readAllBytes(file)));
                state.put(file.toString(), bytes);
            }
        }
        return state;
    }

    @Test
    void a_log_without_damage_is_copied_whole() throws IOException {
        Map<String, List<Object>> before = state();
        Cli.Result repaired = repair().exitsWith(0);
        assertThat(repaired.text()).isEmpty();
        assertThat(repaired.err()).hasLineCount(1).contains(LINES + " records").contains("nothing was left out");
        assertThat(Cli.run("read", "--dir", copy.toString()).exitsWith(0).text())
                .isEqualTo(Cli.numbered("line ", LINES));
        Cli.run("verify", "--dir", copy.toString()).exitsWith(0);
        assertThat(state()).isEqualTo(before);
    }

    @Test
    void what_is_left_out_is_told_and_the_copy_is_a_log_that_goes_on() throws IOException {
        List<Path> segments = Cli.segments(log);
        Cli.flipBit(segments.get(0), 600 * 8);
        Files.delete(segments.get(2));
        Map<String, List<Object>> before = state();
        List<Map<String, Object>> objects = repair("--json").exitsWith(1).objects();
        assertThat(objects).hasSize(3);
        assertThat(objects.get(0))
                .containsEntry("file", segments.get(2).getFileName().toString())
                .containsEntry("kind", "MISSING_SEGMENT")
                .containsKeys("position", "firstOffset", "lastOffset");
        assertThat(objects.get(1))
                .containsEntry("file", segments.get(0).getFileName().toString())
                .containsEntry("firstOffset", 0L)
                .containsEntry("lastOffset", 9L)
                .containsEntry("kind", "FRAME");
        long lost =
                (long) objects.get(0).get("lastOffset") - (long) objects.get(0).get("firstOffset") + 11;
        assertThat(objects.get(2))
                .containsEntry("out", copy.toString())
                .containsEntry("records", LINES - lost)
                .containsEntry("leftOut", 2L)
                .containsEntry("logStartOffset", 0L)
                .containsEntry("logEndOffset", (long) LINES);
        assertThat(state()).isEqualTo(before);
        Cli.run("verify", "--dir", copy.toString()).exitsWith(0);
        assertThat(Cli.run("read", "--dir", copy.toString()).exitsWith(0).lines())
                .hasSize((int) (LINES - lost))
                .startsWith("line 10")
                .endsWith("line " + (LINES - 1));
        Cli.append(copy, "next\n");
        assertThat(Cli.run("read", "--dir", copy.toString(), "--from", Integer.toString(LINES))
                        .exitsWith(0)
                        .text())
                .isEqualTo("next\n");
    }

    @Test
    void the_copy_is_finished_though_nobody_reads_any_more_what_was_left_out() {
        for (Path segment : Cli.segments(log)) {
            Cli.flipBit(segment, 600 * 8);
        }
        for (String error : List.of("Broken pipe", "No space left on device")) {
            copy = directory.resolve("copy beside " + error);
            OutputStream gone = new OutputStream() {
                @Override
                public void write(int b) throws IOException {
                    throw new IOException(error);
                }
            };
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            int exitCode = Cli.run(
                    InputStream.nullInputStream(),
                    gone,
                    err,
                    "repair",
                    "--dir",
                    log.toString(),
                    "--out",
                    copy.toString());
            assertThat(exitCode).isEqualTo(error.startsWith("Broken") ? 1 : 3);
            assertThat(err.toString(StandardCharsets.UTF_8)).contains("repaired into " + copy);
            Cli.run("verify", "--dir", copy.toString()).exitsWith(0);
        }
    }

    @Test
    void without_a_manifest_the_log_is_put_together_from_its_segments() throws IOException {
        Files.delete(log.resolve("manifest"));
        Cli.Result repaired = repair().exitsWith(1);
        assertThat(repaired.lines()).singleElement().asString().startsWith("manifest position 0: MANIFEST: ");
        assertThat(Cli.run("read", "--dir", copy.toString()).exitsWith(0).text())
                .isEqualTo(Cli.numbered("line ", LINES));
    }

    @Test
    void a_target_that_will_not_do_is_a_usage_error_and_nothing_is_written() throws IOException {
        Map<String, List<Object>> before = state();
        Path inside = log.resolve("inside");
        assertThat(Cli.run("repair", "--dir", log.toString(), "--out", inside.toString())
                        .exitsWith(2)
                        .err())
                .contains("nothing is to be written");
        Path link = Files.createSymbolicLink(directory.resolve("link"), log);
        Cli.run("repair", "--dir", log.toString(), "--out", link.resolve("x").toString())
                .exitsWith(2);
        Cli.run("repair", "--dir", log.toString(), "--out", log.toString()).exitsWith(2);
        Path full = Files.createDirectories(directory.resolve("full"));
        Files.createDirectory(full.resolve("something"));
        assertThat(Cli.run("repair", "--dir", log.toString(), "--out", full.toString())
                        .exitsWith(2)
                        .err())
                .contains("not empty");
        Path file = Files.write(directory.resolve("file"), new byte[1]);
        Cli.run("repair", "--dir", log.toString(), "--out", file.toString()).exitsWith(2);
        Cli.run("repair", "--dir", log.toString()).exitsWith(2);
        assertThat(state()).isEqualTo(before);
    }

    @Test
    void where_there_is_no_log_that_is_said_and_nothing_is_made() throws IOException {
        log = Files.createDirectory(directory.resolve("empty"));
        assertThat(repair().exitsWith(3).err()).contains("there is no log in " + log);
        log = directory.resolve("nowhere");
        assertThat(repair().exitsWith(3).err()).contains("no directory");
        assertThat(copy).doesNotExist();
    }
}
