package dev.varve.log.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.machine.FaultShim.Call;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The order of system calls is what makes a log durable, so it is seen at the system calls: nothing is acknowledged before the
 * sync that makes it last, and nothing goes into a segment that the manifest does not name durably.
 */
@Tag("privileged")
class SyscallOrderTest {
    private static final String FIRST = "00000000000000000000.log";

    @TempDir
    static Path root;

    private static FaultShim shim;
    private static int tests;

    private Path directory;

    @BeforeAll
    static void build() throws IOException {
        root = root.toRealPath();
        shim = FaultShim.build(root);
    }

    @AfterAll
    static void endProcess() throws IOException {
        if (shim != null) {
            shim.close();
        }
    }

    @BeforeEach
    void chooseDirectory() {
        directory = root.resolve("log" + tests++);
    }

    /** What was asked of the kernel while this command was carried out, without what only looks and without index files. */
    private List<String> callsOf(RemoteLog log, String command) throws IOException {
        shim.takeCalls();
        log.tell(command);
        return calls();
    }

    private List<String> calls() throws IOException {
        return shim.takeCalls().stream()
                .filter(call -> !call.isHarmless() && !call.file().contains("index"))
                .map(Call::toString)
                .toList();
    }

    @Test
    void every_write_is_synced_before_it_is_acknowledged() throws IOException {
        RemoteLog log = shim.logIn(directory);
        log.open(directory, "every-write", 1 << 20);
        for (int i = 0; i < 5; i++) {
            shim.takeCalls();
            assertThat(log.append(2)).startsWith("acked");
            log.tell("shim note,acked");
            List<String> calls = calls();
            if (i > 0) {
                // The first one writes zeros ahead, too.
                assertThat(calls).containsExactly("pwrite " + FIRST, "fdatasync " + FIRST, "acked ");
            }
            assertThat(calls).endsWith("fdatasync " + FIRST, "acked ");
        }
    }

    @Test
    void without_syncs_a_write_has_reached_the_operating_system_before_it_is_acknowledged() throws IOException {
        RemoteLog log = shim.logIn(directory);
        log.open(directory, "none", 1 << 20);
        for (int i = 0; i < 5; i++) {
            shim.takeCalls();
            assertThat(log.append(1)).startsWith("acked");
            log.tell("shim note,acked");
            List<String> calls = calls();
            if (i > 0) {
                // The first one writes zeros ahead, too.
                assertThat(calls).containsExactly("pwrite " + FIRST, "acked ");
            }
            assertThat(calls).startsWith("pwrite " + FIRST).endsWith("acked ").doesNotContain("fdatasync " + FIRST);
        }
    }

    @Test
    void a_roll_makes_the_old_segment_durable_then_the_new_one_then_the_manifest_before_a_frame_goes_there()
            throws IOException {
        String next = "00000000000000000003.log";
        String producers = "00000000000000000003.producers";
        RemoteLog log = shim.logIn(directory);
        log.open(directory, "every-write", 1 << 20);
        log.append(3);
        List<String> roll = callsOf(log, "roll");
        assertThat(roll)
                .containsExactly(
                        "ftruncate " + FIRST,
                        "fdatasync " + FIRST,
                        "create " + next,
                        "pwrite " + next,
                        "fdatasync " + next,
                        "fsync .",
                        // What is remembered of producers gets its name for good together with the manifest.
                        "create " + producers + ".tmp",
                        "pwrite " + producers + ".tmp",
                        "fdatasync " + producers + ".tmp",
                        "rename " + producers,
                        "create manifest.tmp",
                        "pwrite manifest.tmp",
                        "fdatasync manifest.tmp",
                        "rename manifest",
                        "fsync .");
        log.append(1);
        assertThat(calls()).startsWith("pwrite " + next).endsWith("fdatasync " + next);
    }

    @Test
    void an_append_that_rolls_does_all_of_that_before_its_own_frame() throws IOException {
        RemoteLog log = shim.logIn(directory);
        log.open(directory, "every-write", 1024);
        List<String> calls;
        do {
            shim.takeCalls();
            assertThat(log.append(1)).startsWith("acked");
            calls = calls();
        } while (!calls.contains("rename manifest"));
        int named = calls.indexOf("rename manifest");
        String next = calls.get(calls.size() - 1).substring("fdatasync ".length());
        assertThat(calls.get(named + 1)).isEqualTo("fsync .");
        assertThat(calls.get(named + 2)).isEqualTo("pwrite " + next);
        assertThat(next).isNotEqualTo(FIRST);
    }

    @Test
    void a_deletion_is_durable_in_the_manifest_before_a_file_goes() throws IOException {
        RemoteLog log = shim.logIn(directory);
        log.open(directory, "every-write", 1 << 20);
        log.append(3);
        log.tell("roll");
        log.append(3);
        List<String> calls = callsOf(log, "delete-before 4");
        int named = calls.indexOf("rename manifest");
        assertThat(named).isPositive();
        assertThat(calls.get(named + 1)).isEqualTo("fsync .");
        assertThat(calls.subList(0, named)).noneMatch(call -> call.startsWith("unlink"));
        assertThat(calls.subList(named + 2, calls.size()))
                .contains("rename " + FIRST + ".deleted", "unlink " + FIRST + ".deleted");
    }

    @Test
    void a_new_log_is_named_by_its_directory_and_each_new_directory_by_its_parent() throws IOException {
        RemoteLog log = shim.logIn(directory);
        log.open(directory, "every-write", 1 << 20);
        assertThat(calls())
                .containsExactly(
                        "create lock",
                        // Whatever is found here is built on, so it must be there for good.
                        "fsync .",
                        "create " + FIRST,
                        "pwrite " + FIRST,
                        "fdatasync " + FIRST,
                        "fsync .",
                        "create manifest.tmp",
                        "pwrite manifest.tmp",
                        "fdatasync manifest.tmp",
                        "rename manifest",
                        "fsync .");
    }

    @Test
    void what_a_killed_owner_wrote_is_written_anew_and_synced_before_the_log_is_open_again() throws IOException {
        RemoteLog first = shim.logIn(directory);
        first.open(directory, "every-write", 1 << 20);
        first.append(3);
        first.process().kill();
        RemoteLog next = shim.logIn(directory);
        String opened = next.open(directory, "every-write", 1 << 20);
        assertThat(opened).contains("clean=false").doesNotContain("bytesRewritten=0,");
        assertThat(calls()).containsSubsequence("pwrite " + FIRST, "fdatasync " + FIRST, "rename manifest", "fsync .");
        next.process().kill();
        // And by then it is durable, so that whoever comes next has nothing to do again.
        try (PartitionLog log = PartitionLog.open(directory, LogOptions.defaults())) {
            assertThat(log.recovery().bytesRewritten()).isZero();
        }
    }
}
