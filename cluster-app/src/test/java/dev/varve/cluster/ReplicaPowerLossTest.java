package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.cluster.GroupCommand.Append;
import dev.varve.cluster.GroupCommand.Configure;
import dev.varve.cluster.GroupCommand.DeleteBefore;
import dev.varve.cluster.GroupCommand.LogSettings;
import dev.varve.cluster.GroupCommand.Open;
import dev.varve.log.StoredBatch;
import dev.varve.log.format.Compression;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.SimDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The power goes under a replica, whose logs are synced at snapshots alone: with its last snapshot, and the entries behind it once more, it is what
 * one is whose power never went. The Raft log and the snapshots themselves are synced, so here they lose nothing.
 */
class ReplicaPowerLossTest {
    private static final PartitionId[] PARTITIONS = {new PartitionId(7, 0), new PartitionId(7, 1), new PartitionId(8, 0)
    };
    private static final int STEPS = 60;

    @TempDir
    Path root;

    private NodeDirectory directory;

    @BeforeEach
    void open() throws IOException {
        directory = NodeDirectory.open(ClusterSettings.single(root, "127.0.0.1:1"));
    }

    @AfterEach
    void close() throws IOException {
        directory.close();
    }

    @Test
    void a_replica_that_lost_its_power_is_what_others_are() throws IOException {
        loseAndCompare(1, 150);
    }

    @Tag("soak")
    @Test
    void a_replica_that_lost_its_power_is_what_others_are_ten_thousand_times() throws IOException {
        loseAndCompare(1_000, 10_000);
    }

    private void loseAndCompare(long firstSeed, int lives) throws IOException {
        for (long seed = firstSeed; seed < firstSeed + lives; seed++) {
            try {
                new Life(seed).run();
            } catch (AssertionError | IOException | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }

    /** One replica whose power goes now and then, and one whose power does not. */
    private final class Life {
        final Random random;
        final SimDisk disk;
        final GroupState sound;
        GroupState state;
        /** The Raft log: the terms and the commands of its entries, from index 1 on. */
        final List<Long> terms = new ArrayList<>();

        final List<List<byte[]>> entries = new ArrayList<>();
        final List<List<GroupResult>> results = new ArrayList<>();
        byte[] snapshot;
        /** The index of the entry up to which it counts. */
        int snapshotIndex;

        int sequence;
        int values;

        Life(long seed) throws IOException {
            this.random = new Random(seed);
            this.disk = new SimDisk(seed);
            this.sound = new GroupState(0, directory, new SimDisk(seed));
            this.state = new GroupState(0, directory, disk);
            sound.begin();
            state.begin();
        }

        void run() throws IOException {
            List<GroupCommand> first = new ArrayList<>();
            for (PartitionId id : PARTITIONS) {
                first.add(new Open(id, 100 + id.topicId() * 2 + id.partition(), settings()));
            }
            enter(first);
            for (int step = 0; step < STEPS; step++) {
                int dice = random.nextInt(20);
                if (dice < 14) {
                    enter(commands());
                } else if (dice < 17) {
                    takeSnapshot();
                } else {
                    lose(dice == 17);
                }
            }
            lose(false);
            compare();
            state.release();
            sound.release();
        }

        private LogSettings settings() {
            return new LogSettings(
                    4096 << random.nextInt(3), random.nextBoolean() ? Compression.NONE : Compression.LZ4);
        }

        private List<GroupCommand> commands() {
            List<GroupCommand> commands = new ArrayList<>();
            for (int i = random.nextInt(6); i >= 0; i--) {
                PartitionId id = PARTITIONS[random.nextInt(PARTITIONS.length)];
                int dice = random.nextInt(30);
                if (dice == 0) {
                    commands.add(new Configure(id.topicId(), settings()));
                } else if (dice == 1) {
                    commands.add(new DeleteBefore(id, random.nextInt(40)));
                } else if (dice < 8) {
                    // One of a producer, or the same once more.
                    sequence += random.nextInt(3) > 0 ? 1 : 0;
                    commands.add(new Append(
                            PARTITIONS[0],
                            List.of(Asking.record("p" + sequence)),
                            OptionalLong.empty(),
                            new Producer(3, (short) 0, sequence)));
                } else {
                    commands.add(new Append(id, records(), OptionalLong.empty(), null));
                }
            }
            return commands;
        }

        private List<NewRecord> records() {
            List<NewRecord> records = new ArrayList<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                records.add(Asking.record("v" + values++ + "x".repeat(random.nextInt(300))));
            }
            return records;
        }

        private void enter(List<GroupCommand> commands) {
            terms.add(terms.isEmpty() ? 1 : terms.get(terms.size() - 1) + (random.nextInt(10) == 0 ? 1 : 0));
            entries.add(commands.stream().map(GroupCommand::encode).toList());
            results.add(apply(sound, entries.size()));
            assertThat(apply(state, entries.size())).isEqualTo(results.get(entries.size() - 1));
        }

        private List<GroupResult> apply(GroupState to, int index) {
            return to.apply(terms.get(index - 1), index, entries.get(index - 1)).stream()
                    .map(GroupResult::decode)
                    .toList();
        }

        private void takeSnapshot() throws IOException {
            Output output = new Output(64, -1);
            state.save(output);
            snapshot = output.toBytes();
            snapshotIndex = entries.size();
        }

        private void lose(boolean isOnlyKilled) throws IOException {
            if (isOnlyKilled) {
                disk.kill();
            } else {
                disk.powerLoss();
            }
            // Nobody is left to close the logs.
            disk.restart();
            state = new GroupState(0, directory, disk);
            state.begin();
            if (snapshot != null) {
                state.load(new Input(snapshot));
            }
            for (int index = snapshotIndex + 1; index <= entries.size(); index++) {
                List<GroupResult> again = apply(state, index);
                List<GroupResult> before = results.get(index - 1);
                for (int place = 0; place < again.size(); place++) {
                    checkToldAgain(again.get(place), before.get(place), "command " + place + " of entry " + index);
                }
            }
        }

        /** What is settled already is told as it is by now: more may be deleted, and refusals name other bounds. */
        private static void checkToldAgain(GroupResult again, GroupResult before, String what) {
            if (again instanceof GroupResult.Deleted || again instanceof GroupResult.Refused) {
                assertThat(again).as(what).isInstanceOfAny(GroupResult.Deleted.class, before.getClass());
            } else if (!(again instanceof GroupResult.SettledBefore)) {
                assertThat(again).as(what).isEqualTo(before);
            }
        }

        private void compare() {
            for (PartitionId id : PARTITIONS) {
                assertThat(batches(state, id)).as("%s", id).isEqualTo(batches(sound, id));
            }
        }

        private List<String> batches(GroupState of, PartitionId id) {
            var log = of.replica(id).orElseThrow().log();
            List<String> batches = new ArrayList<>();
            long next = log.logStartOffset();
            batches.add("start " + next + " end " + log.logEndOffset());
            while (next < log.logEndOffset()) {
                var read = log.read(next, 1 << 20);
                for (StoredBatch batch : read.batches()) {
                    StringBuilder words = new StringBuilder();
                    batch.records().forEach(record -> words.append(record.offset())
                            .append(Asking.text(record))
                            .append(' '));
                    batches.add(batch.header().epoch() + "/" + batch.header().sequence() + ": " + words);
                }
                next = read.nextOffset();
            }
            return batches;
        }
    }
}
