package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.RollPolicy;
import dev.varve.log.format.NewRecord;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looking at a log beside its owner. */
class LiveLogTest {
    @TempDir
    private Path directory;

    private String log;

    @BeforeEach
    void nameTheLog() {
        log = directory.resolve("log").toString();
    }

    private PartitionLog open() {
        return PartitionLog.open(
                Path.of(log), LogOptions.defaults().withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048)));
    }

    private static void append(PartitionLog owner, long from, long to) {
        for (long first = from; first < to; first += 10) {
            owner.append(LongStream.range(first, Math.min(to, first + 10))
                    .mapToObj(i -> NewRecord.of(i, ("line " + i).getBytes(StandardCharsets.UTF_8)))
                    .toList());
        }
    }

    private CompletableFuture<Integer> start(OutputStream out, OutputStream err, String... args) {
        return CompletableFuture.supplyAsync(() -> Cli.run(new ByteArrayInputStream(new byte[0]), out, err, args));
    }

    @Test
    void a_follower_gets_what_is_appended_across_rolls_as_it_comes() throws Exception {
        try (PartitionLog owner = open()) {
            append(owner, 0, 5);
            WatchedOutput out = new WatchedOutput();
            CompletableFuture<Integer> follower =
                    start(out, OutputStream.nullOutputStream(), "read", "--dir", log, "--follow", "--max", "1000");
            out.await(Cli.numbered("line ", 5));
            append(owner, 5, 6);
            out.await(Cli.numbered("line ", 6));
            append(owner, 6, 800);
            out.await(Cli.numbered("line ", 800));
            assertThat(owner.describe().segments()).hasSizeGreaterThan(5);
            append(owner, 800, 1_100);
            assertThat(follower.get()).isZero();
            assertThat(out.text()).isEqualTo(Cli.numbered("line ", 1_000));
        }
    }

    @Test
    void a_follower_outlives_its_owner_and_the_next() throws Exception {
        WatchedOutput out = new WatchedOutput();
        open().close();
        CompletableFuture<Integer> follower =
                start(out, OutputStream.nullOutputStream(), "read", "--dir", log, "--follow", "--max", "90");
        for (int life = 0; life < 3; life++) {
            try (PartitionLog owner = open()) {
                append(owner, life * 30, life * 30 + 30);
                out.await(Cli.numbered("line ", life * 30 + 30));
            }
        }
        assertThat(follower.get()).isZero();
    }

    @Test
    void a_follower_is_told_when_what_it_should_read_next_was_deleted_and_goes_on_behind_it() throws Exception {
        try (PartitionLog owner = open()) {
            append(owner, 0, 300);
            // Blocks the follower in the middle, until all it has not yet read is gone.
            GatedOutput out = new GatedOutput();
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            CompletableFuture<Integer> follower =
                    start(out, err, "read", "--dir", log, "--follow", "--json", "--max", "310");
            out.awaitBlocked();
            append(owner, 300, 3_000);
            owner.deleteBefore(2_990);
            out.open();
            assertThat(follower.get()).isZero();
            assertThat(err.toString(StandardCharsets.UTF_8))
                    .matches("varve: offsets \\d+ to 2989 were deleted meanwhile; going on at 2990\n");
            assertThat(out.text().lines().reduce((first, second) -> second).orElseThrow())
                    .contains("\"offset\":2999,");
        }
    }

    @Test
    void a_follower_of_a_deleted_log_is_told_so() throws Exception {
        PartitionLog owner = open();
        append(owner, 0, 3);
        WatchedOutput out = new WatchedOutput();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        CompletableFuture<Integer> follower = start(out, err, "read", "--dir", log, "--follow");
        out.await(Cli.numbered("line ", 3));
        owner.delete();
        assertThat(follower.get()).isEqualTo(3);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("there is no log in");
    }

    @Test
    void whoever_looks_while_an_owner_appends_rolls_and_deletes_never_sees_damage() throws Exception {
        try (PartitionLog owner = open()) {
            append(owner, 0, 100);
            AtomicBoolean isOver = new AtomicBoolean();
            CompletableFuture<Void> appending = CompletableFuture.runAsync(() -> {
                for (long next = 100; !isOver.get(); next += 10) {
                    append(owner, next, next + 10);
                    owner.deleteBefore(Math.max(0, next - 500));
                    owner.housekeep();
                }
            });
            try {
                for (int round = 0; round < 40; round++) {
                    Cli.run("verify", "--dir", log).exitsWith(0);
                    Cli.run("info", "--dir", log, "--json").exitsWith(0);
                    Cli.run("dump", "--dir", log, "--max", "20").exitsWith(0);
                    checkRead(Cli.run("read", "--dir", log).exitsWith(0));
                }
            } finally {
                isOver.set(true);
                appending.get();
            }
        }
    }

    private static void checkRead(Cli.Result read) {
        long previous = -1;
        for (String line : read.lines()) {
            assertThat(line).startsWith("line ");
            long number = Long.parseLong(line.substring("line ".length()));
            assertThat(number).isGreaterThan(previous);
            if (previous >= 0 && read.err().isEmpty()) {
                assertThat(number).isEqualTo(previous + 1);
            }
            previous = number;
        }
        assertThat(previous).isPositive();
    }
}
