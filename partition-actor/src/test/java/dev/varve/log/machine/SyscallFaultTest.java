package dev.varve.log.machine;

import static dev.varve.log.machine.FaultShim.fail;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.machine.FaultShim.Call;
import dev.varve.log.machine.FaultShim.Errno;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernel answers a system call of a living log with an error, each kind of call with each kind of error. */
@Tag("privileged")
class SyscallFaultTest {
    private static final int SEGMENT_BYTES = 1 << 20;

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

    private RemoteLog openWithRecords() throws IOException {
        RemoteLog log = shim.logIn(directory);
        assertThat(log.open(directory, "every-write", SEGMENT_BYTES)).startsWith("opened");
        for (int i = 0; i < 4; i++) {
            assertThat(log.append(3)).startsWith("acked");
        }
        return log;
    }

    private static long syncs(List<Call> calls) {
        return calls.stream().filter(call -> call.name().contains("sync")).count();
    }

    /** A log that has failed: it answers, shows what is durable, and asks nothing of the disk any more. */
    private void checkFailed(RemoteLog log) throws IOException {
        assertThat(log.ask("state")).isEqualTo("FAILED");
        shim.takeCalls();
        assertThat(log.append(1)).startsWith("refused Failed");
        assertThat(log.ask("flush")).startsWith("refused Failed");
        assertThat(log.ask("roll")).startsWith("refused Failed");
        assertThat(log.ask("delete-before 2")).startsWith("refused Failed");
        log.tell("housekeep");
        log.checkReadable();
        assertThat(log.ask("state")).as("housekeeping does not bring it back").isEqualTo("FAILED");
        log.tell("close");
        List<Call> calls = shim.takeCalls();
        assertThat(calls.stream().filter(call -> !call.isHarmless()))
                .as("no sync is tried again, and nothing else is written either")
                .isEmpty();
    }

    private void checkReopened(RemoteLog log) {
        for (int life = 0; life < 2; life++) {
            try (PartitionLog again = PartitionLog.open(directory, LogOptions.defaults())) {
                assertThat(again.recovery().damage()).isEmpty();
                log.ledger().checkAndAdopt(again);
                log.ledger().append(again, 2);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, fdatasync, .log", "3, fdatasync, .log", "1, pwrite, .log", "2, pwrite, .log"})
    void an_error_of_a_write_or_a_sync_is_final(int nth, String call, String file) throws IOException {
        RemoteLog log = openWithRecords();
        shim.takeCalls();
        log.tell(fail(call, file, nth, 1, Errno.EIO));
        for (int i = 1; i < nth; i++) {
            assertThat(log.append(2)).startsWith("acked");
        }
        assertThat(log.append(2))
                .startsWith("refused OutcomeUnknown")
                .contains(directory.resolve("00000000000000000000.log") + ": Input/output error", "open it again");
        assertThat(syncs(shim.takeCalls()))
                .as("syncs, the failed one included")
                .isEqualTo(call.equals("pwrite") ? nth - 1 : nth);
        checkFailed(log);
        checkReopened(log);
    }

    @ParameterizedTest
    @CsvSource({
        "fdatasync, 00000000000000000000.log",
        "ftruncate, 00000000000000000000.log",
        "create, 00000000000000000012.log",
        "pwrite, 00000000000000000012.log",
        "fdatasync, 00000000000000000012.log",
        "fsync, .",
        "create, manifest.tmp",
        "pwrite, manifest.tmp",
        "fdatasync, manifest.tmp",
        "rename, manifest"
    })
    void an_error_at_any_step_of_a_roll_is_final_and_loses_nothing(String call, String file) throws IOException {
        RemoteLog log = openWithRecords();
        log.tell(fail(call, file, 1, 1, Errno.EIO));
        assertThat(log.ask("roll"))
                .startsWith("refused OutcomeUnknown")
                .contains("Input/output error", file.equals(".") ? "log" : file);
        checkFailed(log);
        checkReopened(log);
    }

    @Test
    void an_error_of_the_second_directory_sync_of_a_roll_is_final_and_loses_nothing() throws IOException {
        RemoteLog log = openWithRecords();
        log.tell(fail("fsync", ".", 2, 1, Errno.EIO));
        assertThat(log.ask("roll")).startsWith("refused OutcomeUnknown");
        checkFailed(log);
        checkReopened(log);
    }

    @ParameterizedTest
    @ValueSource(strings = {".index.tmp", ".timeindex.tmp"})
    void an_error_in_writing_an_index_is_no_reason_for_anything_to_fail(String file) throws IOException {
        RemoteLog log = openWithRecords();
        log.tell(fail("fdatasync", file, 1, 1, Errno.EIO));
        assertThat(log.ask("roll")).isEqualTo("done");
        assertThat(log.append(2)).startsWith("acked");
        log.checkReadable();
        log.tell("close");
        checkReopened(log);
    }

    @Test
    void an_error_of_the_sync_of_the_durable_mark_is_final_too() throws IOException {
        RemoteLog log = openWithRecords();
        shim.takeCalls();
        log.tell(fail("fdatasync", ".log", 1, 1, Errno.EIO));
        // The mark is due two milliseconds after the last append.
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
            log.tell("housekeep");
            return log.ask("state").equals("FAILED");
        });
        assertThat(syncs(shim.takeCalls())).isEqualTo(1);
        checkFailed(log);
        checkReopened(log);
    }

    @Test
    void an_error_of_the_last_sync_of_a_close_is_told_and_loses_nothing() throws IOException {
        RemoteLog log = openWithRecords();
        log.tell(fail("fdatasync", ".log", 1, 1, Errno.EIO));
        assertThat(log.ask("close")).startsWith("refused IoFailed").contains("Input/output error");
        checkReopened(log);
    }

    @Test
    void an_error_in_opening_is_told_and_another_attempt_finds_everything() throws IOException {
        RemoteLog log = openWithRecords();
        log.process().kill();
        RemoteLog next = shim.logIn(directory);
        // The third is that of the manifest.
        for (int nth = 1; nth <= 2; nth++) {
            next.tell(fail("fdatasync", "*", nth, 1, Errno.EIO));
            assertThat(next.open(directory, "every-write", SEGMENT_BYTES))
                    .startsWith("refused IoFailed")
                    .contains("Input/output error");
        }
        checkReopened(log);
    }

    @Test
    void a_write_that_is_done_by_half_is_completed() throws IOException {
        RemoteLog log = openWithRecords();
        shim.takeCalls();
        for (int i = 0; i < 5; i++) {
            log.tell(FaultShim.writeByHalf(".log", 1));
            log.tell(FaultShim.writeByHalf(".log", 1));
            assertThat(log.append(3)).startsWith("acked");
        }
        assertThat(shim.takeCalls().stream().filter(call -> call.name().equals("pwrite")))
                .as("pieces of five writes")
                .hasSize(15);
        log.checkReadable();
        log.process().kill();
        checkReopened(log);
    }

    @Test
    void a_write_that_is_done_by_half_and_then_fails_leaves_no_half_batch_to_read() throws IOException {
        RemoteLog log = openWithRecords();
        log.tell(FaultShim.writeByHalf(".log", 1));
        log.tell(fail("pwrite", ".log", 1, 1, Errno.EIO));
        assertThat(log.append(3)).startsWith("refused OutcomeUnknown");
        checkFailed(log);
        try (PartitionLog again = PartitionLog.open(directory, LogOptions.defaults())) {
            assertThat(again.recovery().quarantinedBytes()).isPositive();
            assertThat(again.logEndOffset()).as("nothing of the batch is left").isEqualTo(12);
        }
        checkReopened(log);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pwrite", "fdatasync", "pread", "ftruncate"})
    void a_system_call_that_a_signal_interrupts_is_no_failure(String call) throws IOException {
        RemoteLog log = openWithRecords();
        log.tell(fail(call, ".log", 1, 3, Errno.EINTR));
        assertThat(log.append(2)).startsWith("acked");
        log.checkReadable();
        assertThat(log.ask("roll")).isEqualTo("done");
        assertThat(log.append(2)).startsWith("acked");
        log.checkReadable();
        log.process().kill();
        checkReopened(log);
    }

    @ParameterizedTest
    @EnumSource(
            value = Errno.class,
            names = {"ENOSPC", "EDQUOT", "EFBIG"})
    void no_room_refuses_the_batch_and_nothing_else(Errno errno) throws IOException {
        RemoteLog log = openWithRecords();
        log.tell(FaultShim.writeByHalf(".log", 1));
        log.tell(fail("pwrite", ".log", 1, 1_000, errno));
        assertThat(log.append(3)).startsWith("refused ReadOnly").contains("this append was not stored");
        assertThat(log.ask("state")).isEqualTo("READ_ONLY");
        assertThat(log.append(1)).startsWith("refused ReadOnly");
        log.checkReadable();
        log.tell("shim heal");
        assertThat(appendWhenReady(log)).as("in the place of what was refused").isEqualTo("acked 12");
        assertThat(log.ask("state")).isEqualTo("READY");
        log.checkReadable();
        log.process().kill();
        checkReopened(log);
    }

    @ParameterizedTest
    @CsvSource({
        "create, 00000000000000000012.log",
        "pwrite, 00000000000000000012.log",
        "create, manifest.tmp",
        "pwrite, manifest.tmp",
        "rename, manifest"
    })
    void no_room_at_any_step_of_a_roll_refuses_the_roll_and_nothing_else(String call, String file) throws IOException {
        RemoteLog log = openWithRecords();
        log.tell(fail(call, file, 1, 1, Errno.ENOSPC));
        assertThat(log.ask("roll")).startsWith("refused ReadOnly").contains("No space left");
        log.checkReadable();
        assertThat(appendWhenReady(log)).isEqualTo("acked 12");
        assertThat(log.ask("roll")).isEqualTo("done");
        assertThat(log.append(1)).startsWith("acked");
        log.checkReadable();
        log.process().kill();
        checkReopened(log);
    }

    /** Goes on asking, as a user would; what is refused is not stored. */
    private static String appendWhenReady(RemoteLog log) {
        List<String> answers = new ArrayList<>();
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
            answers.add(log.append(2));
            return answers.get(answers.size() - 1).startsWith("acked");
        });
        assertThat(answers.subList(0, answers.size() - 1)).allMatch(answer -> answer.startsWith("refused ReadOnly"));
        return answers.get(answers.size() - 1);
    }

    @ParameterizedTest
    @CsvSource({
        "EROFS, pwrite, Read-only file system",
        "EACCES, pwrite, Permission denied",
        "EROFS, create, Read-only file system",
        "EACCES, create, 00000000000000000012.log",
        "EMFILE, create, Too many open files"
    })
    void an_error_that_is_no_lack_of_room_is_told_as_what_it_is_and_is_final(Errno errno, String call, String words)
            throws IOException {
        RemoteLog log = openWithRecords();
        log.tell(fail(call, ".log", 1, 1, errno));
        String answer = call.equals("pwrite") ? log.append(2) : log.ask("roll");
        assertThat(answer).startsWith("refused OutcomeUnknown").contains(words);
        checkFailed(log);
        checkReopened(log);
    }

    @Test
    void a_segment_that_cannot_be_read_is_named_with_the_place_and_the_others_stay_readable() throws IOException {
        RemoteLog log = openWithRecords();
        log.tell("roll");
        log.append(3);
        log.checkReadable();
        String sick = "00000000000000000000.log";
        log.tell(fail("pread", sick, 1, 1_000, Errno.EIO));
        assertThat(log.ask("read-from 5"))
                .startsWith("refused IoFailed")
                .contains(directory.resolve(sick).toString(), "position ", "Input/output error");
        assertThat(log.ask("read-from 12")).isEqualTo("records 12:12 13:13 14:14");
        assertThat(log.ask("state")).as("a read that fails harms nobody").isEqualTo("READY");
        assertThat(log.append(1)).startsWith("acked");
        log.tell("shim heal");
        log.checkReadable();
    }
}
