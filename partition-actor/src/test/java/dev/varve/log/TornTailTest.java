package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The last commit is torn, in every way: it is put aside whole, and all before it is there. */
class TornTailTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final Path FILE = DIRECTORY.resolve("00000000000000000000.log");

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(3);
    private final Ledger ledger = new Ledger();

    private LogOptions options(SimDisk on) {
        return LogOptions.defaults().withDisk(on).withClock(clock);
    }

    /** A crashed log with ten good commits and one behind them; where that one begins. */
    private int prepare(int lastCommitBytes) {
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
        for (int i = 0; i < 10; i++) {
            ledger.append(log, 2);
        }
        int start = (int) log.describe().bytes();
        log.append(NewRecord.of(1, pattern(lastCommitBytes)));
        disk.kill();
        disk.restart();
        return start;
    }

    private static byte[] pattern(int bytes) {
        byte[] value = new byte[bytes];
        new Random(9).nextBytes(value);
        return value;
    }

    private int lastCommitEnd() {
        byte[] bytes = disk.bytes(FILE);
        int end = bytes.length;
        while (bytes[end - 1] == 0) {
            end--;
        }
        return end;
    }

    @Test
    void a_log_cut_at_every_byte_of_its_last_commit_opens_with_all_commits_before_it() {
        cutAtEveryByte(300);
    }

    @Tag("soak")
    @Test
    void a_log_cut_at_every_byte_of_a_last_commit_of_64_kib_opens_with_all_commits_before_it() {
        cutAtEveryByte(64 << 10);
    }

    private void cutAtEveryByte(int bytes) {
        int start = prepare(bytes);
        int end = lastCommitEnd();
        for (int size = start; size < end; size++) {
            SimDisk torn = disk.copy();
            torn.cutTo(FILE, size);
            SimDisk zeros = torn.copy();
            zeros.overwrite(FILE, size, new byte[700]);
            SimDisk garbage = torn.copy();
            garbage.overwrite(FILE, size, pattern(90));
            boolean somethingToKeep = containsNonZero(torn, start);
            checkCut(torn, "cut to " + size, somethingToKeep);
            checkCut(zeros, "cut to " + size + ", then zeros", somethingToKeep);
            checkCut(garbage, "cut to " + size + ", then garbage", true);
        }
    }

    private static boolean containsNonZero(SimDisk disk, int from) {
        byte[] bytes = disk.bytes(FILE);
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] != 0) {
                return true;
            }
        }
        return false;
    }

    /** Opens it twice: what was there is there, what was torn is gone for good and kept in quarantine. */
    private void checkCut(SimDisk torn, String context, boolean somethingToKeep) {
        byte[] before = torn.bytes(FILE);
        try {
            try (PartitionLog log = PartitionLog.open(DIRECTORY, options(torn))) {
                ledger.checkAndAdopt(log);
                RecoveryReport report = log.recovery();
                assertThat(report.damage()).isEmpty();
                assertThat(report.quarantinedBytes() > 0).isEqualTo(somethingToKeep);
                if (somethingToKeep) {
                    byte[] kept = torn.bytes(DIRECTORY.resolve(report.quarantineFile()));
                    assertThat((long) kept.length).isEqualTo(report.quarantinedBytes());
                    int at = before.length - kept.length;
                    int start = (int) log.describe().bytes();
                    assertThat(kept).isEqualTo(Arrays.copyOfRange(before, start, start + kept.length));
                    assertThat(at).isGreaterThanOrEqualTo(start);
                }
                assertThat(log.append(Ledger.record(500_000))).isEqualTo(ledger.nextOffset());
            }
            try (PartitionLog log = PartitionLog.open(DIRECTORY, options(torn))) {
                assertThat(log.recovery().clean()).isTrue();
                assertThat(Ledger.readAll(log, 4096)).hasSize(ledger.size() + 1);
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(context + ": " + e, e);
        }
    }

    @Test
    void every_subset_of_the_sectors_of_a_last_commit_leaves_it_whole_or_absent() {
        PartitionLog log = PartitionLog.open(DIRECTORY, options(disk));
        for (int i = 0; i < 10; i++) {
            ledger.append(log, 2);
        }
        SimDisk[] unsynced = {null};
        disk.onOperation(operation -> {
            if (operation.kind() == Operation.Kind.SYNC && unsynced[0] == null) {
                unsynced[0] = disk.copy();
            }
        });
        // Three batches in one commit, about ten sectors.
        Commit commit = log.newCommit();
        for (int i = 0; i < 3; i++) {
            commit.stage(List.of(NewRecord.of(1, pattern(1400 + i))));
        }
        log.commit(commit);
        int sectors = unsynced[0].unsyncedSectors(FILE);
        assertThat(sectors).isBetween(8, 12);
        for (int subset = 0; subset < 1 << sectors; subset++) {
            for (boolean lengthSurvives : new boolean[] {true, false}) {
                SimDisk torn = unsynced[0].copy();
                int kept = subset;
                torn.powerLoss(sector -> (kept & (1 << sector)) != 0, lengthSurvives);
                torn.restart();
                String context = "sectors " + Integer.toBinaryString(subset) + ", length " + lengthSurvives;
                try (PartitionLog recovered = PartitionLog.open(DIRECTORY, options(torn))) {
                    long end = recovered.logEndOffset();
                    assertThat(end - ledger.nextOffset()).as(context).isBetween(0L, 3L);
                    ReadResult tail = recovered.read(ledger.nextOffset(), 1 << 20);
                    for (int i = 0; i < tail.records().size(); i++) {
                        assertThat(tail.records().get(i).value()).as(context).isEqualTo(pattern(1400 + i));
                    }
                    assertThat(recovered.recovery().damage()).as(context).isEmpty();
                    assertThat(Ledger.readAll(recovered, 1 << 20)).as(context).hasSize((int) end);
                }
            }
        }
    }
}
