package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.format.NewRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Taking dead records out from the command line. */
class CompactCommandTest {
    @TempDir
    Path temporary;

    private Path log;

    @BeforeEach
    void prepare() {
        log = temporary.resolve("log");
    }

    private Cli.Result run(String... options) {
        String[] args = new String[options.length + 3];
        args[0] = "compact";
        args[1] = "--dir";
        args[2] = log.toString();
        System.arraycopy(options, 0, args, 3, options.length);
        return Cli.run(args);
    }

    private void appendStates(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("order-").append(i % 4).append(":state ").append(i).append('\n');
        }
        Cli.append(log, text.toString(), "--key-separator", ":", "--batch", "1", "--segment-bytes", "4k");
    }

    private long bytesOfSegments() throws IOException {
        long bytes = 0;
        for (Path segment : Cli.segments(log)) {
            bytes += Files.size(segment);
        }
        return bytes;
    }

    @Test
    void the_last_record_of_each_key_stays_and_the_space_of_the_others_comes_back() throws IOException {
        appendStates(200);
        long before = bytesOfSegments();
        Cli.Result result = run().exitsWith(0);
        assertThat(result.text()).contains("196 dead records");
        assertThat(Cli.run("read", "--dir", log.toString()).exitsWith(0).lines())
                .containsExactly("state 196", "state 197", "state 198", "state 199");
        assertThat(bytesOfSegments()).isLessThan(before / 10);
        Cli.run("verify", "--dir", log.toString()).exitsWith(0);
        Cli.append(log, "order-0:more\n", "--key-separator", ":", "--acks");
        assertThat(Cli.run("read", "--dir", log.toString(), "--from", "200").lines())
                .containsExactly("more");
    }

    @Test
    void what_was_done_is_told_as_json() {
        appendStates(200);
        Map<String, Object> told = run("--json").exitsWith(0).objects().get(0);
        assertThat(((Number) told.get("records")).longValue()).isEqualTo(196);
        assertThat(((Number) told.get("bytesReclaimed")).longValue()).isPositive();
        assertThat(told.get("leftAlone")).isEqualTo(List.of());
    }

    @Test
    void a_log_of_numbered_records_is_not_taken_for_one_of_states() throws IOException {
        try (PartitionLog journal = PartitionLog.open(log, LogOptions.defaults().withKeyMemoryBytes(1 << 20))) {
            for (int i = 1; i <= 5; i++) {
                journal.append(new NewRecord(i, new byte[] {7}, i, new byte[] {(byte) i}, List.of()));
            }
        }
        assertThat(run().exitsWith(3).err()).contains("--keep undeleted or --keep latest-of-key");
        assertThat(run("--keep", "undeleted").exitsWith(0).text()).contains("0 dead records");
        assertThat(run("--keep", "latest-of-key").exitsWith(0).text()).contains("4 dead records");
        assertThat(run("--keep", "most").exitsWith(2).err()).contains("latest-of-key or undeleted, not most");
    }

    @Test
    void a_damaged_segment_is_left_alone_and_told_of() throws IOException {
        appendStates(200);
        Path first = Cli.segments(log).get(0);
        Cli.flipBit(first, 8 * 2000);
        Cli.Result result = run().exitsWith(1);
        assertThat(result.text()).contains("left alone: " + first.getFileName());
        assertThat(first).exists();
        try (Stream<Path> files = Files.list(log)) {
            assertThat(files.map(file -> file.getFileName().toString())).noneMatch(name -> name.endsWith(".tmp"));
        }
    }
}
