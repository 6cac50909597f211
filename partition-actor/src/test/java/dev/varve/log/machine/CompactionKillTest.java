package dev.varve.log.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.Damage;
import dev.varve.log.Ledger;
import dev.varve.log.LogInspector;
import dev.varve.log.LogOptions;
import dev.varve.log.ObservedLog;
import dev.varve.log.PartitionLog;
import dev.varve.log.ReadableLog;
import dev.varve.log.format.LogRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that appends to a log and compacts it at the same time is killed at a random moment, again and again. */
class CompactionKillTest {
    @TempDir
    Path temporary;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);
    private final Map<Long, Integer> ackedAt = new HashMap<>();
    private final Map<Integer, Integer> lastAckedOfKey = new HashMap<>();
    private int tried = -1;
    private long deadRecords;
    private int killedWhileCompacting;

    @Test
    void twenty_kills_lose_no_last_record_of_a_key() throws IOException {
        killAgainAndAgain(20);
    }

    @Tag("soak")
    @Test
    void five_hundred_kills_lose_no_last_record_of_a_key() throws IOException {
        killAgainAndAgain(500);
    }

    private void killAgainAndAgain(int kills) throws IOException {
        ChildJvm next = start();
        try {
            // A machine that is busy with other things leaves little time between two kills.
            for (int kill = 1; kill <= kills || (deadRecords == 0 && kill <= 5 * kills); kill++) {
                try (ChildJvm child = next) {
                    next = start();
                    workAndKill(child);
                    check(kill);
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError("kill " + kill + ", seed " + seed + ": " + e.getMessage(), e);
                }
            }
        } finally {
            next.close();
        }
        System.out.printf(
                "%d kills (%d of them while a segment was compacted or looked at), %d records acknowledged,"
                        + " %d dead ones gone, seed %d%n",
                kills, killedWhileCompacting, ackedAt.size(), deadRecords, seed);
        assertThat(deadRecords).as("compaction was at work").isPositive();
        assertThat(killedWhileCompacting).isPositive();
    }

    private static ChildJvm start() throws IOException {
        return ChildJvm.start(CompactingLogMain.class, List.of(), Map.of());
    }

    private void workAndKill(ChildJvm child) throws IOException {
        assertThat(child.nextLine()).isEqualTo("ready");
        child.send(
                (tried + 1) + " " + temporary.resolve("log") + " " + (random.nextBoolean() ? "none" : "every-write"));
        assertThat(child.nextLine()).isEqualTo("working");
        LockSupport.parkNanos(Duration.ofMillis(20 + random.nextInt(300)).toNanos());
        child.kill();
        boolean compacting = false;
        for (String line : child.remainingLines()) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "trying" -> tried = Integer.parseInt(words[1]);
                case "acked" -> acknowledge(Long.parseLong(words[1]), Integer.parseInt(words[2]));
                case "compacting" -> compacting = true;
                case "compacted" -> {
                    compacting = false;
                    deadRecords += Long.parseLong(words[1]);
                }
                default -> throw new AssertionError("the log refused although nothing was wrong: " + line);
            }
        }
        killedWhileCompacting += compacting ? 1 : 0;
    }

    private void acknowledge(long offset, int number) {
        assertThat(ackedAt.put(offset, number))
                .as("offset %d is given out once", offset)
                .isNull();
        lastAckedOfKey.put(number % CompactingLogMain.KEYS, number);
    }

    private void check(int kill) {
        Path directory = temporary.resolve("log");
        LogOptions options = CompactingLogMain.options("none");
        try (ObservedLog observed = ObservedLog.open(directory, options)) {
            check(observed);
        }
        if (kill % 2 == 0) {
            try (PartitionLog log = PartitionLog.open(directory, options)) {
                assertThat(log.recovery().damage()).as("a kill is no damage").isEmpty();
                check(log);
                lastAckedOfKey.forEach((key, number) -> assertThat(
                                log.keys().state(new byte[] {key.byteValue()}).highestSequence())
                        .isGreaterThan(number));
            }
            List<Damage> findings = new ArrayList<>();
            LogInspector.verify(directory, options, findings::add, bytes -> {});
            assertThat(findings).isEmpty();
        }
    }

    private void check(ReadableLog log) {
        Map<Integer, Integer> lastOfKey = new HashMap<>();
        for (LogRecord record : Ledger.readAll(log, 1 << 20)) {
            int number = ByteBuffer.wrap(record.value()).getInt();
            assertThat(record.toNewRecord()).isEqualTo(CompactingLogMain.record(number));
            assertThat(ackedAt.getOrDefault(record.offset(), number)).isEqualTo(number);
            lastOfKey.put(number % CompactingLogMain.KEYS, number);
        }
        lastAckedOfKey.forEach((key, number) -> assertThat(lastOfKey.getOrDefault(key, -1))
                .as("the last record of key %d", key)
                .isBetween(number, tried));
        assertThat(log.describe().logStartOffset()).isZero();
    }
}
