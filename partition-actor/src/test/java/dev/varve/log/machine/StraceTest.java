package dev.varve.log.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same as {@link SyscallFaultTest} with a tool that is not ours: strace puts the errors in and counts the calls. */
@Tag("privileged")
class StraceTest {
    @TempDir
    Path temporary;

    private Path directory;
    private Path trace;

    @BeforeEach
    void needStrace() throws IOException {
        Machine.needs("strace");
        Machine.needsToBeAllowed("tracing", "strace", "-o", "/dev/null", "true");
        directory = temporary.toRealPath().resolve("log");
        trace = temporary.resolve("trace");
    }

    private RemoteLog startLog(String... options) throws IOException {
        List<String> command = new java.util.ArrayList<>(
                List.of("strace", "-f", "-qq", "--seccomp-bpf", "-y", "-o", trace.toString()));
        command.addAll(List.of(options));
        return RemoteLog.start(command, Map.of());
    }

    /** The syncs of the first segment, in the words of strace. */
    private List<String> syncs() throws IOException {
        return Files.readAllLines(trace).stream()
                .filter(line -> line.contains("fdatasync(") && line.contains("00000000000000000000.log"))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6, 9})
    void a_sync_that_fails_is_not_tried_again_and_nothing_acknowledged_is_lost(int when) throws IOException {
        try (RemoteLog log = startLog("-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=" + when)) {
            log.open(directory, "every-write", 1 << 20);
            String answer;
            do {
                answer = log.append(2);
            } while (answer.startsWith("acked"));
            assertThat(answer).startsWith("refused OutcomeUnknown").contains("Input/output error");
            assertThat(log.ask("state")).isEqualTo("FAILED");
            assertThat(log.append(2)).startsWith("refused Failed");
            log.checkReadable();
            log.tell("close");
            assertThat(syncs().get(syncs().size() - 1)).as("the last one").contains("EIO", "INJECTED");
            check(log);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 8})
    void a_write_that_fails_is_final_and_nothing_acknowledged_is_lost(int when) throws IOException {
        try (RemoteLog log = startLog("-e", "trace=pwrite64", "-e", "inject=pwrite64:error=EIO:when=" + when)) {
            log.open(directory, "every-write", 1 << 20);
            String answer;
            do {
                answer = log.append(2);
            } while (answer.startsWith("acked"));
            assertThat(answer).startsWith("refused OutcomeUnknown").contains("Input/output error");
            assertThat(log.ask("state")).isEqualTo("FAILED");
            log.checkReadable();
            log.tell("close");
            check(log);
        }
    }

    @Test
    void there_is_one_sync_for_each_append_and_it_comes_behind_its_write() throws IOException {
        try (RemoteLog log = startLog("-e", "trace=fdatasync,pwrite64")) {
            log.open(directory, "every-write", 1 << 20);
            log.append(1);
            int before = Files.readAllLines(trace).size();
            for (int i = 0; i < 10; i++) {
                log.append(1);
            }
            List<String> calls = Files.readAllLines(trace).stream()
                    .skip(before)
                    .map(line -> line.replaceFirst("^\\d+ +", "").replaceFirst("\\(.*", ""))
                    .toList();
            assertThat(calls).hasSize(20);
            for (int i = 0; i < 20; i += 2) {
                assertThat(calls.subList(i, i + 2)).containsExactly("pwrite64", "fdatasync");
            }
        }
    }

    private void check(RemoteLog log) {
        try (PartitionLog again = PartitionLog.open(directory, LogOptions.defaults())) {
            assertThat(again.recovery().damage()).isEmpty();
            log.ledger().checkAndAdopt(again);
        }
    }
}
