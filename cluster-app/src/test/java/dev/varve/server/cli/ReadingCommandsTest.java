package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.RollPolicy;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordHeader;
import dev.varve.server.records.Timestamps;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** read, info, lookup, dump and verify on logs that are well. */
class ReadingCommandsTest {
    private static final long NOON = Instant.parse("2026-01-31T12:00:00Z").toEpochMilli();

    @TempDir
    private Path directory;

    private String log;

    @BeforeEach
    void nameTheLog() {
        log = directory.resolve("log").toString();
    }

    private PartitionLog open() {
        return PartitionLog.open(
                Path.of(log), LogOptions.defaults().withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(1024)));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** A record each second from noon on, ten in a batch. */
    private void hundredRecords() {
        try (PartitionLog owner = open()) {
            for (int batch = 0; batch < 10; batch++) {
                int first = batch * 10;
                owner.append(IntStream.range(first, first + 10)
                        .mapToObj(i -> NewRecord.of(NOON + i * 1000, bytes("value " + i)))
                        .toList());
            }
        }
    }

    @Test
    void reading_begins_and_ends_where_it_is_told_to() {
        hundredRecords();
        assertThat(Cli.run("read", "--dir", log).lines())
                .hasSize(100)
                .startsWith("value 0")
                .endsWith("value 99");
        assertThat(Cli.run("read", "--dir", log, "--from", "95").lines())
                .containsExactly("value 95", "value 96", "value 97", "value 98", "value 99");
        assertThat(Cli.run("read", "--dir", log, "--from", "57", "--max", "2").lines())
                .containsExactly("value 57", "value 58");
        assertThat(Cli.run("read", "--dir", log, "--max", "0").exitsWith(0).out())
                .isEmpty();
        assertThat(Cli.run("read", "--dir", log, "--from", "100").exitsWith(0).out())
                .isEmpty();
        Cli.run("read", "--dir", log, "--max", "-1").exitsWith(2);
    }

    @Test
    void offsets_out_of_range_are_refused_with_both_bounds() {
        hundredRecords();
        Cli.run("delete-before", "--dir", log, "--offset", "30").exitsWith(0);
        for (String from : List.of("-1", "0", "29", "101", "9223372036854775807")) {
            Cli.Result result = Cli.run("read", "--dir", log, "--from", from).exitsWith(2);
            assertThat(result.out()).isEmpty();
            assertThat(result.err()).contains("from 30 up to but not including 100");
        }
        assertThat(Cli.run("read", "--dir", log).exitsWith(0).lines())
                .hasSize(70)
                .startsWith("value 30");
    }

    @Test
    void a_record_in_json_has_all_its_parts() {
        try (PartitionLog owner = open()) {
            owner.append(new NewRecord(
                    NOON + 7,
                    bytes("key"),
                    null,
                    List.of(new RecordHeader("name", bytes("text")), new RecordHeader("", new byte[] {-1}))));
        }
        assertThat(Cli.run("read", "--dir", log, "--json").exitsWith(0).text())
                .isEqualTo("{\"offset\":0,\"timestamp\":\"2026-01-31T12:00:00.007Z\",\"key\":\"key\",\"value\":null,"
                        + "\"headers\":[{\"key\":\"name\",\"value\":\"text\"},"
                        + "{\"key\":\"\",\"value\":{\"base64\":\"/w==\"}}]}\n");
        assertThat(Cli.run("read", "--dir", log).exitsWith(0).text()).isEqualTo("\n");
    }

    @Test
    void info_tells_in_json_what_a_log_holds() throws IOException {
        hundredRecords();
        Cli.run("delete-before", "--dir", log, "--offset", "35").exitsWith(0);
        Map<String, Object> info =
                Cli.run("info", "--dir", log, "--json").exitsWith(0).objects().get(0);
        assertThat(info)
                .containsEntry("logStartOffset", 35L)
                .containsEntry("logEndOffset", 100L)
                .containsEntry("durableOffset", 100L)
                .containsEntry("state", "CLEAN")
                .containsEntry("damage", List.of())
                .containsKeys("records", "bytes", "segments", "logId", "epoch");
        List<?> segments = (List<?>) info.get("segments");
        assertThat(segments).hasSameSizeAs(Cli.segments(Path.of(log)));
        long records = 0;
        for (int i = 0; i < segments.size(); i++) {
            Map<?, ?> segment = (Map<?, ?>) segments.get(i);
            Path file = Cli.segments(Path.of(log)).get(i);
            assertThat(segment.keySet())
                    .hasToString("[file, baseOffset, lastOffset, records, bytes, minTimestamp, maxTimestamp, sealed]");
            assertThat(segment.get("file")).isEqualTo(file.getFileName().toString());
            assertThat(segment.get("bytes")).isEqualTo(Files.size(file));
            assertThat(segment.get("sealed")).isEqualTo(i < segments.size() - 1);
            assertThat(segment.get("minTimestamp"))
                    .isEqualTo(Timestamps.format(NOON + (long) segment.get("baseOffset") * 1000));
            assertThat(segment.get("maxTimestamp"))
                    .isEqualTo(Timestamps.format(NOON + (long) segment.get("lastOffset") * 1000));
            records += (long) segment.get("records");
        }
        assertThat(info).containsEntry("records", records);
    }

    @Test
    void info_of_an_empty_log_has_no_timestamps() {
        Cli.append(Path.of(log), "");
        Map<String, Object> info =
                Cli.run("info", "--dir", log, "--json").exitsWith(0).objects().get(0);
        assertThat(info).containsEntry("logEndOffset", 0L).containsEntry("records", 0L);
        Map<?, ?> segment = (Map<?, ?>) ((List<?>) info.get("segments")).get(0);
        assertThat(segment.get("minTimestamp")).isNull();
        assertThat(segment.get("lastOffset")).isEqualTo(-1L);
    }

    @Test
    void info_for_people_shows_the_same() {
        hundredRecords();
        assertThat(Cli.run("info", "--dir", log).exitsWith(0).text())
                .contains("state           CLEAN\n", "log end         100\n", "2026-01-31T12:01:39.000Z");
    }

    @Test
    void a_lookup_finds_the_first_offset_at_or_after_a_time() {
        hundredRecords();
        assertThat(Cli.run("lookup", "--dir", log, "--time", "2026-01-31T12:00:42Z")
                        .text())
                .isEqualTo("42\n");
        assertThat(Cli.run("lookup", "--dir", log, "--time", "2026-01-31T12:00:42.001Z")
                        .text())
                .isEqualTo("43\n");
        assertThat(Cli.run("lookup", "--dir", log, "--time", "2026-01-31T13:00:42+01:00")
                        .text())
                .isEqualTo("42\n");
        assertThat(Cli.run("lookup", "--dir", log, "--time", "2026-01-31").text())
                .isEqualTo("0\n");
        assertThat(Cli.run("lookup", "--dir", log, "--time", "2026-02-01")
                        .exitsWith(0)
                        .text())
                .isEqualTo("none\n");
        Cli.run("delete-before", "--dir", log, "--offset", "50").exitsWith(0);
        assertThat(Cli.run("lookup", "--dir", log, "--time", "2026-01-31").text())
                .isEqualTo("50\n");
        assertThat(Cli.run("lookup", "--dir", log, "--time", "2026-01-31T12:00:55Z", "--json")
                        .exitsWith(0)
                        .text())
                .isEqualTo("{\"offset\":55}\n");
        assertThat(Cli.run("lookup", "--dir", log, "--time", "2100-01-01", "--json")
                        .exitsWith(0)
                        .text())
                .isEqualTo("{\"offset\":null}\n");
        assertThat(Cli.run("lookup", "--dir", log, "--time", "yesterday")
                        .exitsWith(2)
                        .err())
                .contains("'yesterday' is no ISO-8601 date or time");
        Cli.run("lookup", "--dir", log).exitsWith(2);
    }

    @Test
    void a_dump_has_a_line_for_each_frame() throws IOException {
        hundredRecords();
        List<Map<String, Object>> frames =
                Cli.run("dump", "--dir", log, "--json").exitsWith(0).objects();
        assertThat(frames).hasSize(10);
        for (int i = 0; i < frames.size(); i++) {
            assertThat(frames.get(i))
                    .containsKeys("file", "position", "epoch", "sequence", "bytes", "crc")
                    .containsEntry("baseOffset", i * 10L)
                    .containsEntry("lastOffset", i * 10L + 9)
                    .containsEntry("records", 10L)
                    .containsEntry("codec", "none");
            byte[] file = Files.readAllBytes(
                    Path.of(log).resolve((String) frames.get(i).get("file")));
            int position = Math.toIntExact((long) frames.get(i).get("position"));
            int crc = ByteBuffer.wrap(file).getInt(position);
            assertThat(frames.get(i)).containsEntry("crc", String.format("%08x", crc));
        }
        List<String> lines = Cli.run("dump", "--dir", log).exitsWith(0).lines();
        assertThat(lines).hasSize(10);
        assertThat(lines.get(3)).contains(" baseOffset=30 lastOffset=39 records=10 ", " codec=none crc=");
        assertThat(Cli.run("dump", "--dir", log, "--from", "35", "--max", "2", "--json")
                        .objects())
                .extracting(frame -> frame.get("baseOffset"))
                .containsExactly(30L, 40L);
        assertThat(Cli.run("dump", "--dir", log, "--max", "0").exitsWith(0).out())
                .isEmpty();
    }

    @Test
    void verify_finds_nothing_in_a_log_that_is_well() {
        hundredRecords();
        Cli.Result result = Cli.run("verify", "--dir", log).exitsWith(0);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).contains("10 frames, 100 records").endsWith("no findings\n");
    }

    @Test
    void looking_changes_nothing_in_the_directory() throws IOException {
        hundredRecords();
        List<Object> before = state();
        for (List<String> command : List.of(
                List.of("read"),
                List.of("read", "--json"),
                List.of("info"),
                List.of("lookup", "--time", "2026-01-31T12:00:42Z"),
                List.of("dump"),
                List.of("verify"))) {
            String[] args = new String[command.size() + 2];
            command.toArray(args);
            args[command.size()] = "--dir";
            args[command.size() + 1] = log;
            Cli.run(args).exitsWith(0);
            assertThat(state()).as("behind %s", command).isEqualTo(before);
        }
    }

    private List<Object> state() throws IOException {
        try (var files = Files.list(Path.of(log))) {
            List<Object> state = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                state.add(file);
                state.add(Files.getLastModifiedTime(file));
                state.add(Arrays.hashCode(Files.readAllBytes(file)));
            }
            state.add(Files.getLastModifiedTime(Path.of(log)));
            return state;
        }
    }

    @Test
    void looking_where_there_is_no_log_is_refused_and_creates_none() {
        for (String command : List.of("read", "info", "dump", "verify")) {
            Cli.Result result = Cli.run(command, "--dir", log).exitsWith(3);
            assertThat(result.err()).isEqualTo("varve: there is no log in " + log + "\n");
        }
        Cli.run("lookup", "--dir", log, "--time", "2026-01-31").exitsWith(3);
        Cli.run("delete-before", "--dir", log, "--offset", "0").exitsWith(3);
        Cli.run("delete-log", "--dir", log).exitsWith(3);
        assertThat(Path.of(log)).doesNotExist();
    }

    @Test
    void a_reader_that_goes_away_ends_a_command_quietly() {
        hundredRecords();
        for (List<String> command : List.of(List.of("read"), List.of("read", "--json"), List.of("dump"))) {
            String[] args = new String[command.size() + 2];
            command.toArray(args);
            args[command.size()] = "--dir";
            args[command.size() + 1] = log;
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            assertThat(Cli.run(new ByteArrayInputStream(new byte[0]), broken("Broken pipe"), err, args))
                    .isZero();
            assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
            assertThat(Cli.run(new ByteArrayInputStream(new byte[0]), broken("No space left on device"), err, args))
                    .isEqualTo(3);
            assertThat(err.toString(StandardCharsets.UTF_8))
                    .isEqualTo("varve: standard output cannot be written to: No space left on device\n");
        }
    }

    private static OutputStream broken(String message) {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException(message);
            }
        };
    }

    @Test
    void deleting_before_an_offset_needs_the_lock_and_knows_the_bounds() {
        hundredRecords();
        try (PartitionLog owner = open()) {
            assertThat(Cli.run("delete-before", "--dir", log, "--offset", "10")
                            .exitsWith(3)
                            .err())
                    .contains("is in use by another owner");
            assertThat(owner.logStartOffset()).isZero();
        }
        assertThat(Cli.run("delete-before", "--dir", log, "--offset", "10")
                        .exitsWith(0)
                        .text())
                .isEqualTo("log start offset 10\n");
        assertThat(Cli.run("delete-before", "--dir", log, "--offset", "5")
                        .exitsWith(0)
                        .text())
                .isEqualTo("log start offset 10\n");
        assertThat(Cli.run("delete-before", "--dir", log, "--offset", "101")
                        .exitsWith(2)
                        .err())
                .contains("from 10 up to but not including 100");
        Cli.run("delete-before", "--dir", log, "--offset", "100").exitsWith(0);
        assertThat(Cli.run("read", "--dir", log).exitsWith(0).out()).isEmpty();
        assertThat(Cli.append(Path.of(log), "next\n").err()).contains("offsets 100 to 100");
    }

    @Test
    void a_log_is_deleted_with_its_directory_but_nothing_else() throws IOException {
        hundredRecords();
        try (PartitionLog owner = open()) {
            Cli.run("delete-log", "--dir", log).exitsWith(3);
            assertThat(owner.logEndOffset()).isEqualTo(100);
        }
        Cli.run("delete-log", "--dir", log).exitsWith(0);
        assertThat(Path.of(log)).doesNotExist();
        hundredRecords();
        Path note = Files.writeString(Path.of(log, "note.txt"), "mine");
        Cli.run("delete-log", "--dir", log).exitsWith(0);
        assertThat(note).hasContent("mine");
        assertThat(Path.of(log)).isDirectoryContaining(file -> file.equals(note));
        try (var files = Files.list(Path.of(log))) {
            assertThat(files).hasSize(1);
        }
    }
}
