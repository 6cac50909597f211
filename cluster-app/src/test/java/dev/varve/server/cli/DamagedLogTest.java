package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands say of a closed log that somebody damaged. */
class DamagedLogTest {
    private static final int LINES = 400;

    @TempDir
    private Path directory;

    private Path log;

    @BeforeEach
    void append() {
        log = directory.resolve("log");
        Cli.append(log, Cli.numbered("line ", LINES), "--segment-bytes", "2k", "--batch", "10");
        assertThat(Cli.segments(log)).hasSizeGreaterThan(3);
    }

    private Cli.Result run(String command, String... options) {
        String[] args = new String[options.length + 3];
        args[0] = command;
        args[1] = "--dir";
        args[2] = log.toString();
        System.arraycopy(options, 0, args, 3, options.length);
        return Cli.run(args);
    }

    @Test
    void a_flipped_bit_is_found_and_stops_a_read_with_the_good_prefix() {
        Path segment = Cli.segments(log).get(1);
        Cli.flipBit(segment, segment.toFile().length() / 2 * 8 + 3);
        List<Map<String, Object>> findings =
                run("verify", "--json").exitsWith(1).objects();
        assertThat(findings).hasSize(1);
        Map<String, Object> finding = findings.get(0);
        assertThat(finding)
                .containsKeys("file", "position", "firstOffset", "lastOffset", "kind")
                .containsEntry("file", segment.getFileName().toString())
                .containsEntry("kind", "FRAME");
        long first = (long) finding.get("firstOffset");
        long last = (long) finding.get("lastOffset");
        assertThat(last).isEqualTo(first + 9);
        Cli.Result text = run("verify").exitsWith(1);
        assertThat(text.lines()).hasSize(1);
        assertThat(text.text())
                .startsWith(segment.getFileName() + " position " + finding.get("position") + ", offsets " + first
                        + " to " + last + ": FRAME: ");
        assertThat(text.err()).contains("1 findings");

        Cli.Result read = run("read").exitsWith(1);
        assertThat(read.text()).isEqualTo(Cli.numbered("line ", (int) first));
        assertThat(read.err())
                .hasLineCount(1)
                .contains("damage in " + segment + " at position " + finding.get("position") + ", offsets " + first
                        + " to " + last);
        assertThat(run("read", "--from", Long.toString(last + 1)).exitsWith(0).lines())
                .startsWith("line " + (last + 1))
                .endsWith("line " + (LINES - 1));

        List<Map<String, Object>> dump = run("dump", "--json").exitsWith(1).objects();
        // A batch each, the damaged one too; a slow machine leaves a mark now and then, which has no records.
        assertThat(dump)
                .filteredOn(line -> !Long.valueOf(0).equals(line.get("records")))
                .hasSize(LINES / 10);
        assertThat(dump)
                .filteredOn(line -> line.containsKey("kind"))
                .singleElement()
                .satisfies(line ->
                        assertThat(line).containsEntry("firstOffset", first).containsEntry("lastOffset", last));
        assertThat(run("dump").exitsWith(1).lines())
                .filteredOn(line -> line.contains(": FRAME: "))
                .hasSize(1);
    }

    @Test
    void random_flips_are_all_found_and_no_wrong_byte_is_read() throws IOException {
        List<Path> watched = new ArrayList<>(Cli.segments(log));
        watched.add(log.resolve("manifest"));
        for (long seed = 1; seed <= 150; seed++) {
            Random random = new Random(seed);
            Path file = watched.get(random.nextInt(watched.size()));
            long bit = (long) (random.nextDouble() * Files.size(file) * 8);
            Cli.flipBit(file, bit);
            String what = "seed " + seed + ": bit " + bit + " of " + file.getFileName();
            assertThat(run("verify").exitCode()).as(what).isEqualTo(1);
            checkRead(what, file);
            Cli.flipBit(file, bit);
        }
        run("verify").exitsWith(0);
    }

    @Test
    void a_missing_segment_is_damage_to_those_who_look_and_a_refusal_to_an_owner() throws IOException {
        Path missing = Cli.segments(log).get(1);
        Files.delete(missing);
        assertThat(run("verify", "--json").exitsWith(1).objects())
                .singleElement()
                .satisfies(finding -> assertThat(finding)
                        .containsEntry("file", missing.getFileName().toString())
                        .containsEntry("kind", "MISSING_SEGMENT"));
        Cli.Result read = run("read").exitsWith(1);
        assertThat(Cli.numbered("line ", LINES)).startsWith(read.text());
        assertThat(read.lines()).isNotEmpty();
        assertThat(read.err()).contains(missing.toString()).contains("missing");
        run("dump").exitsWith(1);
        Cli.Result append =
                Cli.runOn(new byte[] {'x'}, "append", "--dir", log.toString()).exitsWith(3);
        assertThat(append.err()).contains(missing.toString());
        run("delete-before", "--offset", "5").exitsWith(3);
        run("delete-log").exitsWith(0);
        assertThat(log).doesNotExist();
    }

    @Test
    void a_missing_or_destroyed_manifest_is_damage_and_no_empty_log() throws IOException {
        byte[] manifest = Files.readAllBytes(log.resolve("manifest"));
        Files.delete(log.resolve("manifest"));
        checkWithoutManifest();
        Files.write(log.resolve("manifest"), new byte[manifest.length]);
        checkWithoutManifest();
        Files.write(log.resolve("manifest"), manifest);
        run("verify").exitsWith(0);
    }

    private void checkWithoutManifest() {
        assertThat(run("verify", "--json").exitsWith(1).objects())
                .isNotEmpty()
                .allSatisfy(finding ->
                        assertThat(finding).containsEntry("file", "manifest").containsEntry("kind", "MANIFEST"));
        for (String command : List.of("read", "info", "dump")) {
            assertThat(run(command).exitsWith(1).err())
                    .as(command)
                    .contains(log.resolve("manifest").toString());
        }
        Cli.runOn(new byte[] {'x'}, "append", "--dir", log.toString()).exitsWith(3);
    }

    @Test
    void a_shortened_segment_is_damage_and_not_the_end_of_the_log() throws IOException {
        for (Path segment : Cli.segments(log)) {
            byte[] whole = Files.readAllBytes(segment);
            for (int cut : new int[] {1, 30, whole.length / 2, whole.length - 512}) {
                Files.write(segment, Arrays.copyOf(whole, whole.length - cut));
                run("verify").exitsWith(1);
                checkRead(cut + " bytes cut off " + segment, segment);
                Cli.runOn(new byte[] {'x'}, "append", "--dir", log.toString()).exitsWith(3);
            }
            Files.write(segment, whole);
        }
        run("verify").exitsWith(0);
    }

    /** Either every record is read, as when only a mark lost bytes, or what is missing is told of. */
    private void checkRead(String what, Path damaged) {
        Cli.Result read = run("read");
        if (read.exitCode() == 0) {
            assertThat(read.text()).as(what).isEqualTo(Cli.numbered("line ", LINES));
        } else {
            assertThat(read.exitCode()).as(what).isEqualTo(1);
            assertThat(Cli.numbered("line ", LINES)).as(what).startsWith(read.text());
            assertThat(read.err()).as(what).contains(damaged.toString());
        }
    }

    @Test
    void an_owner_of_a_damaged_log_is_told_and_goes_on_behind_the_damage() {
        Path last = Cli.segments(log).get(Cli.segments(log).size() - 1);
        Cli.flipBit(last, (512 + 100) * 8);
        // A crash: the file is longer than the clean close left it, so that opening looks at it.
        try (var file = new RandomAccessFile(last.toFile(), "rw")) {
            file.setLength(file.length() + 4096);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Cli.Result append = Cli.append(log, "next\n");
        assertThat(append.err()).contains("varve: damage: " + last.getFileName() + " position 512, offsets ");
        assertThat(append.err()).contains("offsets " + LINES + " to " + LINES);
        assertThat(run("info").exitsWith(1).text()).contains("damage:\n");
        assertThat((List<?>) run("info", "--json").exitsWith(1).objects().get(0).get("damage"))
                .hasSize(1);
        assertThat(run("read", "--from", Integer.toString(LINES)).exitsWith(0).text())
                .isEqualTo("next\n");
    }
}
