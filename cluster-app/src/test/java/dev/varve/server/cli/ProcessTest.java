package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands in processes of their own: what a signal, a second process, a small heap and a closed pipe do to them. */
class ProcessTest {
    private static final String FILLER = " ".repeat(500);

    @TempDir
    private Path directory;

    private String log;

    @BeforeEach
    void nameTheLog() {
        log = directory.resolve("log").toString();
    }

    @Test
    void what_was_acknowledged_is_there_after_each_of_a_few_kills() throws Exception {
        killAgainAndAgain(20260131, 6);
    }

    @Tag("soak")
    @Test
    void what_was_acknowledged_is_there_after_each_of_many_kills() throws Exception {
        for (long seed = 1; seed <= 30; seed++) {
            killAgainAndAgain(seed, 10);
            Cli.run("delete-log", "--dir", log).exitsWith(0);
        }
    }

    private void killAgainAndAgain(long seed, int kills) throws Exception {
        Random random = new Random(seed);
        TreeMap<Long, String> acknowledged = new TreeMap<>();
        long next = 0;
        for (int life = 0; life < kills; life++) {
            String what = "seed " + seed + ", life " + life;
            String policy = List.of("every-write", "none", "every-n-writes:7").get(life % 3);
            try (ChildVarve append = ChildVarve.start(
                    "append", "--acks", "--dir", log, "--sync", policy, "--segment-bytes", "1m", "--batch", "7")) {
                feedForEver(append, life);
                long enough = random.nextInt(3_000);
                long acks = 0;
                boolean killed = false;
                for (String line = append.readLine(); line != null; line = append.readLine()) {
                    if (acks == 0) {
                        long first = Long.parseLong(line.substring("acked ".length()));
                        assertThat(first)
                                .as("%s: offsets are not given twice", what)
                                .isGreaterThanOrEqualTo(next);
                        next = first;
                    }
                    assertThat(line).as(what).isEqualTo("acked " + (next + acks));
                    acknowledged.put(next + acks, line(life, acks));
                    acks++;
                    if (acks >= enough && !killed) {
                        append.kill();
                        killed = true;
                    }
                }
                assertThat(killed)
                        .as("%s: it ended by itself: %s", what, append.err())
                        .isTrue();
                assertThat(append.awaitExit()).as(what).isEqualTo(137);
                next += acks;
            }
            check(what, acknowledged);
        }
    }

    private static String line(int life, long number) {
        // Long, so that a commit holds thousands of them and not hundreds of thousands.
        return "life " + life + " line " + number + FILLER;
    }

    private static void feedForEver(ChildVarve append, int life) {
        Thread feeder = new Thread(() -> {
            try (OutputStream in = new BufferedOutputStream(append.in())) {
                for (long number = 0; ; number++) {
                    in.write((line(life, number) + "\n").getBytes(StandardCharsets.UTF_8));
                }
            } catch (IOException e) {
                // It was killed, as it was to be.
            }
        });
        feeder.setDaemon(true);
        feeder.start();
    }

    private void check(String what, Map<Long, String> acknowledged) {
        Cli.run("verify", "--dir", log).exitsWith(0);
        // No offset was left out so far, so the number of a line is its offset.
        List<String> found = Cli.run("read", "--dir", log).exitsWith(0).lines();
        acknowledged.forEach((offset, line) -> {
            if (offset >= found.size() || !found.get(offset.intValue()).equals(line)) {
                throw new AssertionError(what + ": offset " + offset + " was acknowledged, but of " + found.size()
                        + " records it is not the one with " + line);
            }
        });
        // What was not acknowledged may be there, but each line only once.
        assertThat(new HashSet<>(found)).as(what).hasSameSizeAs(found);
    }

    @Test
    void of_two_processes_on_one_directory_the_second_is_refused() throws Exception {
        try (ChildVarve first = ChildVarve.start("append", "--acks", "--dir", log)) {
            first.in().write("mine\n".getBytes(StandardCharsets.UTF_8));
            first.in().flush();
            assertThat(first.readLine()).isEqualTo("acked 0");
            try (ChildVarve second = ChildVarve.start("append", "--dir", log)) {
                assertThat(second.awaitExit()).isEqualTo(3);
                assertThat(second.err())
                        .contains("the log in " + log + " is in use by another owner; one writer at a time");
            }
            for (String command : List.of("read", "verify", "info", "dump")) {
                Cli.run(command, "--dir", log).exitsWith(0);
            }
            Cli.run("delete-log", "--dir", log).exitsWith(3);
            first.in().write("still mine\n".getBytes(StandardCharsets.UTF_8));
            first.in().close();
            assertThat(first.readLine()).isEqualTo("acked 1");
            assertThat(first.awaitExit()).isZero();
        }
        assertThat(Cli.run("read", "--dir", log).text()).isEqualTo("mine\nstill mine\n");
    }

    @Test
    void asked_to_end_append_stores_what_it_has_read_and_closes_the_log() throws Exception {
        try (ChildVarve append = ChildVarve.start("append", "--acks", "--dir", log)) {
            append.in().write("one\ntwo\nhalf of thr".getBytes(StandardCharsets.UTF_8));
            append.in().flush();
            assertThat(append.readLine()).isEqualTo("acked 0");
            append.terminate();
            assertThat(append.awaitExit()).isEqualTo(143);
            assertThat(append.err())
                    .contains("11 bytes of a line that had not ended yet were not stored")
                    .contains("appended 2 records, 6 bytes")
                    .contains("offsets 0 to 1");
        }
        assertThat(Cli.run("info", "--json", "--dir", log).objects().get(0)).containsEntry("state", "CLEAN");
        assertThat(Cli.run("read", "--dir", log).text()).isEqualTo("one\ntwo\n");
    }

    @Test
    void asked_to_end_in_full_flow_append_says_what_it_has_stored() throws Exception {
        try (ChildVarve append = ChildVarve.start("append", "--acks", "--dir", log)) {
            feedForEver(append, 0);
            List<String> acks = new ArrayList<>();
            for (String line = append.readLine(); line != null; line = append.readLine()) {
                acks.add(line);
                if (acks.size() == 2_000) {
                    append.terminate();
                }
            }
            assertThat(append.awaitExit()).isEqualTo(143);
            assertThat(append.err())
                    .contains("appended " + acks.size() + " records, ")
                    .contains(" offsets 0 to " + (acks.size() - 1));
            assertThat(Cli.run("info", "--json", "--dir", log).objects().get(0))
                    .containsEntry("state", "CLEAN")
                    .containsEntry("records", (long) acks.size());
        }
    }

    @Test
    void a_read_whose_reader_has_seen_enough_ends_quietly() throws Exception {
        Cli.append(Path.of(log), "x".repeat(1000).concat("\n").repeat(5_000));
        try (ChildVarve read = ChildVarve.start("read", "--dir", log)) {
            assertThat(read.readLine()).hasSize(1000);
            read.out().close();
            assertThat(read.awaitExit()).isZero();
            assertThat(read.err()).isEmpty();
        }
    }

    @Test
    void much_input_needs_little_memory() throws Exception {
        ChildVarve.streamsThrough(directory, "-Xmx40m", 200L << 20);
    }

    @Test
    void warnings_of_the_log_go_to_standard_error() throws Exception {
        Cli.append(Path.of(log), "a\n");
        // An index that cannot be written is worth a warning and nothing more: a directory has its name.
        Path index = Path.of(log, "00000000000000000000.index");
        Files.delete(index);
        Files.createDirectories(index.resolve("in the way"));
        try (ChildVarve append = ChildVarve.start("append", "--acks", "--dir", log)) {
            append.in().write("b\n".getBytes(StandardCharsets.UTF_8));
            append.in().close();
            assertThat(append.readLine()).isEqualTo("acked 1");
            assertThat(append.readLine()).isNull();
            assertThat(append.awaitExit()).isZero();
            assertThat(append.err()).contains("varve: The index of ").doesNotContain("\tat ");
        }
    }
}
