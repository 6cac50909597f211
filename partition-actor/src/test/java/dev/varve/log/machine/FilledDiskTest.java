package dev.varve.log.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.varve.log.Damage;
import dev.varve.log.Ledger;
import dev.varve.log.LogException;
import dev.varve.log.LogInspector;
import dev.varve.log.LogOptions;
import dev.varve.log.LogState;
import dev.varve.log.PartitionLog;
import dev.varve.log.RollPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A disk that is really full. The log fills it to the last byte again and again, with batches of all sizes, so that now an append,
 * now a roll, an index or the manifest is what finds no room.
 */
@Tag("privileged")
class FilledDiskTest {
    private static final int ROUNDS = 8;
    private static final int ROOM_GIVEN_BYTES = 150 << 10;

    @TempDir
    Path temporary;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);
    private final Ledger ledger = new Ledger();

    private static LogOptions options() {
        return LogOptions.defaults().withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(48 << 10));
    }

    private Mount mount(String type) throws IOException {
        Path directory = temporary.resolve("mount");
        return type.equals("tmpfs") ? Mount.tmpfs(directory, "2m") : Mount.image(type, 4 << 20, directory);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tmpfs", "ext4"})
    void a_full_disk_refuses_and_forgets_nothing_and_appends_go_on_by_themselves(String type) throws IOException {
        try (Mount mount = mount(type)) {
            Path directory = mount.directory().resolve("log");
            Path ballast = mount.directory().resolve("ballast");
            Files.write(ballast, new byte[ROUNDS * ROOM_GIVEN_BYTES]);
            try (PartitionLog log = PartitionLog.open(directory, options())) {
                for (int round = 1; round <= ROUNDS; round++) {
                    fill(log);
                    assertThat(log.state()).isEqualTo(LogState.READ_ONLY);
                    appendOrBeRefused(log);
                    ledger.checkAndAdopt(log);
                    if (round % 2 == 0) {
                        ledger.deletedBefore(log.deleteBefore(log.logEndOffset() - ledger.size() / 8));
                    } else {
                        Files.write(ballast, new byte[(ROUNDS - round - 1) * ROOM_GIVEN_BYTES]);
                    }
                    long end = log.logEndOffset();
                    assertThat(appendWhenThereIsRoom(log))
                            .as("the refused batches left no trace")
                            .isEqualTo(end);
                }
                ledger.checkAndAdopt(log);
                fill(log);
            }
            // Closed while it was full: that must not need room either.
            List<Damage> findings = new ArrayList<>();
            LogInspector.verify(directory, options(), findings::add, bytes -> {});
            assertThat(findings).isEmpty();
            Files.delete(ballast);
            try (PartitionLog log = PartitionLog.open(directory, options())) {
                ledger.checkAndAdopt(log);
            }
        } catch (AssertionError | LogException e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
        }
    }

    /** A real file system may find some room after all, for less than what it refused. */
    private void appendOrBeRefused(PartitionLog log) {
        Throwable refusal = catchThrowable(() -> ledger.append(log, 1));
        assertThat(refusal == null || refusal instanceof LogException.ReadOnly)
                .as("%s", refusal)
                .isTrue();
    }

    /** Appends until there is no room, each refusal being one that says so. */
    private void fill(PartitionLog log) {
        assertThatThrownBy(() -> {
                    while (true) {
                        ledger.append(log, 1 + random.nextInt(120));
                    }
                })
                .isInstanceOf(LogException.ReadOnly.class)
                .hasMessageContaining("this append was not stored");
    }

    private long appendWhenThereIsRoom(PartitionLog log) {
        long[] offset = {-1};
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
            log.housekeep();
            if (log.state() == LogState.READY) {
                offset[0] = ledger.append(log, 1);
            }
            return offset[0] >= 0;
        });
        return offset[0];
    }

    @Test
    void a_limit_on_the_size_of_files_is_a_full_disk_too() throws IOException {
        Machine.needs("prlimit");
        Path directory = temporary.resolve("log");
        try (RemoteLog log = RemoteLog.start(List.of("prlimit", "--fsize=" + (100 << 10) + ":unlimited"), Map.of())) {
            log.open(directory, "every-write", 1 << 20);
            String answer;
            do {
                answer = log.append(100);
            } while (answer.startsWith("acked"));
            assertThat(answer).startsWith("refused ReadOnly").contains("File too large");
            assertThat(log.ask("state")).isEqualTo("READ_ONLY");
            log.checkReadable();
            long end = log.ledger().nextOffset();
            assertThat(log.append(100)).startsWith("refused ReadOnly");
            Machine.mustRun("prlimit", "--pid", "" + log.process().pid(), "--fsize=unlimited:unlimited");
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> log.append(100)
                    .equals("acked " + end));
            log.checkReadable();
            log.process().kill();
            try (PartitionLog again = PartitionLog.open(directory, LogOptions.defaults())) {
                log.ledger().checkAndAdopt(again);
                assertThat(again.logEndOffset()).isEqualTo(end + 100);
            }
        }
    }
}
