package dev.varve.log.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.Damage;
import dev.varve.log.FrameDescription;
import dev.varve.log.LogException;
import dev.varve.log.LogInspector;
import dev.varve.log.LogOptions;
import dev.varve.log.ObservedLog;
import dev.varve.log.PartitionLog;
import dev.varve.log.ReadResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who looks at a log from outside changes nothing, in whatever state it is: not a byte, not a name, not a time. */
class LookingTest {
    @TempDir
    Path temporary;

    private Path directory;

    @BeforeEach
    void chooseDirectory() {
        directory = temporary.resolve("log");
    }

    /** A log with sealed and active segments that a process which was killed left behind. */
    private RemoteLog startAndFill() throws IOException {
        RemoteLog log = RemoteLog.start();
        log.open(directory, "every-write", 4096);
        for (int i = 0; i < 25; i++) {
            assertThat(log.append(3)).startsWith("acked");
        }
        return log;
    }

    private void leaveCrashed() throws IOException {
        try (RemoteLog log = startAndFill()) {
            log.process().kill();
        }
    }

    private void leaveClosed() throws IOException {
        leaveCrashed();
        PartitionLog.open(directory, LogOptions.defaults()).close();
    }

    /** Everything that can be told of the directory without reading from inside it. */
    private Map<String, String> state() throws IOException {
        Map<String, String> state = new TreeMap<>();
        try (Stream<Path> files = Files.walk(temporary)) {
            for (Path file : files.toList()) {
                String content = Files.isDirectory(file) ? "" : Files.size(file) + " " + hash(file);
                state.put(file.toString(), Files.getLastModifiedTime(file) + " " + content);
            }
        }
        return state;
    }

    private static String hash(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private void lookInAllWays() {
        LogOptions options = LogOptions.defaults();
        attempt(() -> LogInspector.verify(directory, options, damage -> {}, bytes -> {}));
        attempt(() -> LogInspector.dump(directory, options, 0, new LogInspector.FrameVisitor() {
            @Override
            public boolean frame(FrameDescription frame) {
                return true;
            }

            @Override
            public boolean damage(Damage damage) {
                return true;
            }
        }));
        attempt(() -> {
            try (ObservedLog log = ObservedLog.open(directory, options)) {
                long next = log.describe().logStartOffset();
                while (next < log.describe().logEndOffset()) {
                    try {
                        ReadResult result = log.read(next, 1000);
                        next = result.nextOffset();
                    } catch (LogException.CorruptRecord e) {
                        next = e.lastOffset() + 1;
                    }
                    log.refresh();
                }
                log.offsetForTimestamp(Long.MIN_VALUE);
            }
        });
    }

    private static void attempt(Runnable look) {
        try {
            look.run();
        } catch (LogException e) {
            // That it cannot be made sense of is an answer, too.
        }
    }

    private void checkThatLookingChangesNothing() throws IOException {
        Map<String, String> before = state();
        lookInAllWays();
        assertThat(state()).isEqualTo(before);
    }

    @Test
    void looking_at_a_living_log_changes_nothing_and_disturbs_nobody() throws IOException {
        try (RemoteLog log = startAndFill()) {
            checkThatLookingChangesNothing();
            assertThat(log.append(2)).startsWith("acked");
            log.tell("close");
            try (PartitionLog again = PartitionLog.open(directory, LogOptions.defaults())) {
                log.ledger().checkAndAdopt(again);
            }
        }
    }

    @Test
    void looking_at_a_closed_log_changes_nothing() throws IOException {
        leaveClosed();
        checkThatLookingChangesNothing();
    }

    @Test
    void looking_at_a_crashed_log_changes_nothing() throws IOException {
        leaveCrashed();
        checkThatLookingChangesNothing();
    }

    @Test
    void looking_where_there_is_no_log_changes_nothing() throws IOException {
        checkThatLookingChangesNothing();
        Files.createDirectory(directory);
        checkThatLookingChangesNothing();
    }

    @Test
    void looking_at_a_log_without_indexes_makes_none() throws IOException {
        leaveClosed();
        for (Path file : files()) {
            if (file.toString().endsWith("index")) {
                Files.delete(file);
            }
        }
        checkThatLookingChangesNothing();
    }

    @Test
    void looking_at_a_log_that_is_damaged_changes_nothing_wherever_the_damage_is() throws IOException {
        for (boolean crashed : new boolean[] {false, true}) {
            if (crashed) {
                leaveCrashed();
            } else {
                leaveClosed();
            }
            for (Path file : files()) {
                byte[] good = Files.readAllBytes(file);
                if (good.length == 0) {
                    continue;
                }
                for (int at : new int[] {0, good.length / 3, good.length - 1}) {
                    byte[] bad = good.clone();
                    bad[at] ^= 0x10;
                    Files.write(file, bad);
                    checkThatLookingChangesNothing();
                }
                Files.delete(file);
                checkThatLookingChangesNothing();
                Files.write(file, Arrays.copyOf(good, good.length / 2));
                checkThatLookingChangesNothing();
                Files.write(file, good);
            }
            PartitionLog.delete(directory, LogOptions.defaults());
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return new ArrayList<>(files.toList());
        }
    }
}
