package dev.varve.log.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.Damage;
import dev.varve.log.Ledger;
import dev.varve.log.LogException;
import dev.varve.log.LogInspector;
import dev.varve.log.LogOptions;
import dev.varve.log.ObservedLog;
import dev.varve.log.PartitionLog;
import dev.varve.log.ReadableLog;
import dev.varve.log.format.NewRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that works on a log, with appends, rolls, deletions, marks and clean closes, is killed at a random moment, again and
 * again on the same directory; one time in four while it recovers from the last time.
 */
class KillLoopTest {
    private static final List<String> POLICIES = List.of("every-write", "every-write", "none", "10");

    @TempDir
    Path temporary;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);
    private final Ledger ledger = new Ledger();
    private int nextNumber;
    /** Every acknowledged offset is greater than the one before, whoever gave it out. */
    private long greatestAcked = -1;

    private long greatestDeletion;
    private int acked;
    private int killedInRecovery;

    @Test
    void fifty_kills_lose_nothing_acknowledged_and_show_nothing_twice() throws IOException {
        killAgainAndAgain(50);
    }

    @Tag("soak")
    @Test
    void a_thousand_kills_lose_nothing_acknowledged_and_show_nothing_twice() throws IOException {
        killAgainAndAgain(1_000);
    }

    @Test
    void what_is_acknowledged_without_a_sync_survives_the_death_of_the_process() throws IOException {
        try (RemoteLog log = RemoteLog.start()) {
            log.open(temporary.resolve("log"), "none", 1 << 20);
            for (int i = 0; i < 10; i++) {
                assertThat(log.append(1)).isEqualTo("acked " + i);
            }
            log.process().kill();
            try (PartitionLog again = PartitionLog.open(temporary.resolve("log"), LogOptions.defaults())) {
                assertThat(again.logEndOffset()).isEqualTo(10);
                log.ledger().checkAndAdopt(again);
            }
        }
    }

    private void killAgainAndAgain(int kills) throws IOException {
        // One is started while the other works, for starting a process takes longer than what it is there for.
        ChildJvm next = startChild();
        try {
            for (int kill = 1; kill <= kills; kill++) {
                try (ChildJvm child = next) {
                    next = startChild();
                    String policy = POLICIES.get(random.nextInt(POLICIES.size()));
                    try {
                        note(workAndKill(child, policy));
                        check(kill);
                    } catch (AssertionError | RuntimeException e) {
                        throw new AssertionError(
                                "kill " + kill + " of a log under " + policy + ", seed " + seed + ": " + e.getMessage(),
                                e);
                    }
                }
            }
        } finally {
            next.close();
        }
        System.out.printf(
                "%d kills (%d of them in recovery), %d batches acknowledged, seed %d%n",
                kills, killedInRecovery, acked, seed);
        // A machine that is busy with other things leaves little time between two kills.
        assertThat(acked).as("work was done between the kills").isGreaterThan(kills / 5);
        assertThat(killedInRecovery).isPositive();
    }

    private static ChildJvm startChild() throws IOException {
        return ChildJvm.start(RemoteLogMain.class, List.of(), Map.of());
    }

    private List<String> workAndKill(ChildJvm child, String policy) throws IOException {
        assertThat(child.nextLine()).isEqualTo("ready");
        child.send("work " + random.nextLong() + " " + nextNumber + " " + temporary.resolve("log") + " " + policy + " "
                + (2048 << random.nextInt(4)));
        assertThat(child.nextLine()).isEqualTo("opening");
        List<String> lines = new ArrayList<>();
        if (random.nextInt(4) == 0) {
            LockSupport.parkNanos(random.nextInt(100_000_000));
        } else {
            lines.add(child.nextLine());
            assertThat(lines).containsExactly("working");
            LockSupport.parkNanos(Duration.ofMillis(5 + random.nextInt(200)).toNanos());
        }
        child.kill();
        lines.addAll(child.remainingLines());
        killedInRecovery += lines.isEmpty() ? 1 : 0;
        return lines;
    }

    /** Takes down in the books what the process had said when it died. */
    private void note(List<String> lines) {
        Deque<List<NewRecord>> underWay = new ArrayDeque<>();
        for (String line : lines) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "working" -> {}
                case "trying" -> {
                    int size = Integer.parseInt(words[1]);
                    underWay.add(ledger.batch(size));
                    nextNumber += size;
                }
                case "acked" -> {
                    long offset = Long.parseLong(words[1]);
                    assertThat(offset).as("an offset is never given out twice").isGreaterThan(greatestAcked);
                    List<NewRecord> batch = underWay.remove();
                    ledger.acknowledge(offset, batch);
                    greatestAcked = offset + batch.size() - 1;
                    acked++;
                }
                case "deleting" -> greatestDeletion = Math.max(greatestDeletion, Long.parseLong(words[1]));
                case "deleted" -> ledger.deletedBefore(Long.parseLong(words[1]));
                default -> throw new AssertionError("the log refused although nothing was wrong: " + line);
            }
        }
        underWay.forEach(ledger::doubt);
    }

    /** Looks at it from outside or opens it; two of three times the next process finds a log that needs recovery. */
    private void check(int kill) {
        Path directory = temporary.resolve("log");
        LogOptions options = LogOptions.defaults();
        try (ObservedLog observed = ObservedLog.open(directory, options)) {
            check(observed);
        } catch (LogException.Broken e) {
            assertThat(ledger.size()).as("there is no log yet: %s", e).isZero();
            return;
        }
        if (kill % 3 == 0) {
            try (PartitionLog log = PartitionLog.open(directory, options)) {
                assertThat(log.recovery().damage()).as("a kill is no damage").isEmpty();
                check(log);
            }
        }
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(directory, options, findings::add, bytes -> {});
        assertThat(findings).isEmpty();
    }

    private void check(ReadableLog log) {
        ledger.checkAndAdopt(log);
        long start = log.describe().logStartOffset();
        assertThat(start).as("nothing was deleted unasked").isLessThanOrEqualTo(greatestDeletion);
        assertThat(log.describe().logEndOffset()).isGreaterThan(greatestAcked);
        // What was shown must not be given out again either.
        greatestAcked = log.describe().logEndOffset() - 1;
        ledger.acknowledged().keySet().removeIf(offset -> offset < start);
    }
}
