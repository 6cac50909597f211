package dev.varve.log.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.Damage;
import dev.varve.log.Ledger;
import dev.varve.log.LogException;
import dev.varve.log.LogInspector;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.RollPolicy;
import dev.varve.log.format.NewRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The power goes at a random moment, on real file systems: the kernel is told to cut them off from their disk, journal included,
 * while a log works on them; then they are mounted anew. The disk itself is a file, so it loses nothing that it was told to sync.
 *
 * <p>What is acknowledged after the cut has begun counts as in doubt: nobody would have heard of it. That is no play with words.
 * On Linux 6.18 a sync that is under way when a file system is cut off can return success although it wrote nothing, which a
 * program of twenty lines in C shows on ext4 and on XFS; one that begins later never does.
 */
@Tag("privileged")
class PowerLossTest {
    private static final long IMAGE_BYTES = 320L << 20;

    @TempDir
    Path temporary;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);
    private final Ledger ledger = new Ledger();
    private int acked;
    private int unclean;
    /** Whether the cut has begun. */
    private volatile boolean cutting;

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs"})
    void ten_losses_of_power_lose_nothing_acknowledged(String type) throws Exception {
        cutAgainAndAgain(type, 10);
    }

    @Tag("soak")
    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs"})
    void three_hundred_losses_of_power_lose_nothing_acknowledged(String type) throws Exception {
        cutAgainAndAgain(type, 300);
    }

    private LogOptions options() {
        return LogOptions.defaults()
                .withMarkDelay(Duration.ofMillis(2))
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(4096 << random.nextInt(4)));
    }

    private void cutAgainAndAgain(String type, int cuts) throws Exception {
        PowerCut power = PowerCut.build(temporary);
        ExecutorService worker = Executors.newSingleThreadExecutor();
        try (Mount mount = Mount.image(type, IMAGE_BYTES, temporary.resolve("mount"))) {
            Path directory = mount.directory().resolve("logs/log");
            for (int cut = 1; cut <= cuts; cut++) {
                try {
                    long workSeed = random.nextLong();
                    Future<?> work = worker.submit(() -> work(directory, workSeed));
                    LockSupport.parkNanos(Duration.ofMillis(random.nextInt(120)).toNanos());
                    cutting = true;
                    power.of(mount);
                    work.get(60, TimeUnit.SECONDS);
                    mount.again();
                    cutting = false;
                    check(directory);
                } catch (AssertionError | Exception e) {
                    throw new AssertionError(
                            "cut " + cut + " of " + type + ", seed " + seed + ": " + e.getMessage(), e);
                }
            }
        } finally {
            worker.shutdownNow();
        }
        System.out.printf(
                "%d losses of power on %s, %d batches acknowledged, %d times something was cut off or written anew, seed %d%n",
                cuts, type, acked, unclean, seed);
        assertThat(acked).as("work was done between the losses").isGreaterThan(cuts);
    }

    /** Works until the disk is gone. */
    private void work(Path directory, long workSeed) {
        Random choice = new Random(workSeed);
        PartitionLog log = null;
        try {
            log = PartitionLog.open(directory, options());
            while (true) {
                int dice = choice.nextInt(100);
                if (dice < 85) {
                    append(log, 1 + choice.nextInt(8));
                } else if (dice < 90) {
                    log.roll();
                } else if (dice < 94) {
                    deleteSome(log, choice);
                } else if (dice < 97) {
                    LockSupport.parkNanos(Duration.ofMillis(3).toNanos());
                    log.housekeep();
                } else {
                    log.close();
                    log = PartitionLog.open(directory, options());
                }
            }
        } catch (LogException.OutcomeUnknown | LogException.Failed | LogException.IoFailed e) {
            // The disk is gone.
        } finally {
            if (log != null) {
                closeWithoutDisk(log);
            }
        }
    }

    private void append(PartitionLog log, int size) {
        List<NewRecord> records = ledger.batch(size);
        boolean heard = false;
        try {
            long offset = log.append(records);
            heard = !cutting;
            if (heard) {
                ledger.acknowledge(offset, records);
                acked++;
            }
        } finally {
            if (!heard) {
                ledger.doubt(records);
            }
        }
    }

    /** Not once the cut has begun, so that no batch that is in doubt is deleted by half. */
    private void deleteSome(PartitionLog log, Random choice) {
        long offset = Math.max(log.logStartOffset(), log.logEndOffset() - choice.nextInt(100));
        if (!cutting) {
            log.deleteBefore(offset);
        }
        if (!cutting) {
            ledger.deletedBefore(offset);
        }
    }

    private static void closeWithoutDisk(PartitionLog log) {
        try {
            log.close();
        } catch (LogException.IoFailed e) {
            // There is nothing to close it on.
        }
    }

    private void check(Path directory) {
        try (PartitionLog log = PartitionLog.open(directory, options())) {
            assertThat(log.recovery().damage())
                    .as("a loss of power is no damage")
                    .isEmpty();
            unclean += log.recovery().bytesRewritten() + log.recovery().quarantinedBytes() > 0 ? 1 : 0;
            ledger.checkAndAdopt(log);
            assertThat(log.logEndOffset()).isGreaterThanOrEqualTo(ledger.nextOffset());
            ledger.acknowledged().keySet().removeIf(offset -> offset < log.logStartOffset());
        }
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(directory, options(), findings::add, bytes -> {});
        assertThat(findings).isEmpty();
    }
}
