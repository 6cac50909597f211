package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.cluster.GroupCommand.Append;
import dev.varve.cluster.GroupCommand.AppendIf;
import dev.varve.cluster.GroupCommand.Configure;
import dev.varve.cluster.GroupCommand.DeleteBefore;
import dev.varve.cluster.GroupCommand.DeleteKey;
import dev.varve.cluster.GroupCommand.ForgetKey;
import dev.varve.cluster.GroupCommand.LogSettings;
import dev.varve.cluster.GroupCommand.Open;
import dev.varve.log.KeyCondition;
import dev.varve.log.KeyState;
import dev.varve.log.PartitionLog;
import dev.varve.log.StoredBatch;
import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.log.format.Compression;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What entries about keys make of a partition: the same on each replica, whatever each has compacted and however often it began anew. */
class KeyedGroupStateTest {
    private static final PartitionId P = new PartitionId(7, 0);

    @TempDir
    Path root;

    private Node node;

    /** A replica of the group. */
    private static final class Node {
        private final NodeDirectory directory;
        private GroupState state;

        Node(Path path) throws IOException {
            directory = NodeDirectory.open(ClusterSettings.single(path, "127.0.0.1:1"));
            reopen(null);
        }

        void reopen(byte[] snapshot) throws IOException {
            if (state != null) {
                state.release();
            }
            state = new GroupState(0, directory);
            state.begin();
            if (snapshot != null) {
                state.load(new Input(snapshot));
            }
        }

        byte[] snapshot() throws IOException {
            Output output = new Output(64, -1);
            state.save(output);
            return output.toBytes();
        }

        List<GroupResult> apply(long index, List<GroupCommand> commands) {
            return state
                    .apply(1, index, commands.stream().map(GroupCommand::encode).toList())
                    .stream()
                    .map(GroupResult::decode)
                    .toList();
        }

        PartitionLog log() {
            return state.replica(P).orElseThrow().log();
        }

        void compact() {
            CompactionPolicy policy = state.replica(P)
                    .orElseThrow()
                    .settings()
                    .compaction()
                    .policy()
                    .orElseThrow();
            log().compact(policy.withMinDeadShare(0).withTombstoneAge(Duration.ZERO), bytes -> {});
        }

        /** All that is known of keys must then be found in the segments, as they are. */
        void loseKeyFiles() {
            try (Stream<Path> files = Files.list(directory.partition(0, P))) {
                for (Path file : files.toList()) {
                    if (file.getFileName().toString().matches("keydirectory|.*\\.keys")) {
                        Files.delete(file);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void close() throws IOException {
            state.release();
            directory.close();
        }
    }

    @BeforeEach
    void open() throws IOException {
        node = new Node(root.resolve("node"));
    }

    @AfterEach
    void close() throws IOException {
        node.close();
    }

    private List<GroupResult> apply(long index, GroupCommand... commands) {
        return node.apply(index, List.of(commands));
    }

    private static Open opened(TopicCompaction compaction) {
        return new Open(P, 11, new LogSettings(4 << 10, Compression.NONE, compaction));
    }

    private static byte[] key(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    private static NewRecord record(String key, long sequence, String value) {
        return new NewRecord(
                1_000, key(key), sequence, value == null ? null : value.getBytes(StandardCharsets.UTF_8), List.of());
    }

    private static AppendIf appendIf(String key, long highest, long... sequences) {
        List<NewRecord> records = new ArrayList<>();
        for (long sequence : sequences) {
            records.add(record(key, sequence, key + "-" + sequence + "-" + "x".repeat(40)));
        }
        return new AppendIf(P, records, OptionalLong.empty(), new KeyCondition(key(key), highest));
    }

    private static Class<?> refusal(GroupResult result) {
        return ((GroupResult.Refused) result).error().getClass();
    }

    @Test
    void a_conditional_append_that_comes_again_is_not_said_to_be_refused_by_what_came_behind_it() throws IOException {
        apply(1, opened(TopicCompaction.UNDELETED));
        GroupResult stored = apply(2, appendIf("a", 0, 1)).get(0);
        apply(3, appendIf("b", 0, 1), new GroupCommand.DeleteBefore(P, 1));
        node.reopen(null);
        apply(1, opened(TopicCompaction.UNDELETED));
        assertThat(stored).isEqualTo(new GroupResult.Stored(0, 0, false));
        assertThat(apply(2, appendIf("a", 0, 1)).get(0)).isNotInstanceOf(GroupResult.Refused.class);
    }

    @Test
    void conditions_are_judged_as_if_what_is_before_them_in_the_entry_were_stored() {
        apply(1, opened(TopicCompaction.UNDELETED));
        List<GroupResult> results = apply(
                2,
                appendIf("a", 0, 1),
                appendIf("a", 0, 1),
                appendIf("a", 1, 2, 3),
                new DeleteKey(P, key("a"), 2, 5),
                appendIf("a", 3, 4),
                new ForgetKey(P, key("a"), 6),
                appendIf("a", 0, 1));
        assertThat(results.get(0)).isEqualTo(new GroupResult.Stored(0, 0, false));
        assertThat(((GroupResult.Refused) results.get(1)).error())
                .isInstanceOfSatisfying(PartitionError.KeyConflict.class, conflict -> {
                    assertThat(conflict.expectedSequence()).isZero();
                    assertThat(conflict.highestSequence()).isEqualTo(1);
                });
        assertThat(results.get(2)).isEqualTo(new GroupResult.Stored(1, 2, false));
        assertThat(results.get(4)).isEqualTo(new GroupResult.Stored(4, 4, false));
        assertThat(results.get(6)).isEqualTo(new GroupResult.Stored(6, 6, false));
        assertThat(node.log().keys().state(key("a"))).isEqualTo(new KeyState(1, 0, 6));
    }

    @Test
    void a_topic_that_is_not_compacted_knows_no_conditions_until_it_is() {
        apply(1, opened(TopicCompaction.OFF));
        assertThat(apply(2, appendIf("a", 0, 1), new DeleteKey(P, key("a"), 1, 5), new ForgetKey(P, key("a"), 5)))
                .allSatisfy(result -> assertThat(refusal(result)).isEqualTo(PartitionError.Invalid.class));
        assertThat(apply(3, new Append(P, List.of(record("a", 4, "v")), OptionalLong.empty(), null)))
                .containsExactly(new GroupResult.Stored(0, 0, false));
        apply(4, new Configure(7, new LogSettings(1 << 10, Compression.NONE, TopicCompaction.LATEST_OF_KEY)));
        List<GroupResult> results = apply(5, appendIf("a", 0, 1), appendIf("a", 4, 5));
        assertThat(refusal(results.get(0))).isEqualTo(PartitionError.KeyConflict.class);
        assertThat(results.get(1)).isEqualTo(new GroupResult.Stored(1, 1, false));
    }

    @Test
    void what_cannot_be_is_refused_and_nothing_changes() {
        apply(1, opened(TopicCompaction.UNDELETED));
        AppendIf fenced =
                new AppendIf(P, List.of(record("a", 1, "v")), OptionalLong.of(9), new KeyCondition(key("a"), 0));
        List<GroupResult> results = apply(2, fenced, new DeleteKey(P, key("a"), 0, 5), appendIf("a", 0, 1));
        assertThat(refusal(results.get(0))).isEqualTo(PartitionError.StaleEpoch.class);
        assertThat(refusal(results.get(1))).isEqualTo(PartitionError.Invalid.class);
        assertThat(results.get(2)).isEqualTo(new GroupResult.Stored(0, 0, false));
    }

    @Test
    void no_condition_is_judged_where_what_is_known_of_keys_was_deleted_with_the_log_start() {
        apply(1, opened(TopicCompaction.UNDELETED));
        List<GroupResult> results =
                apply(2, appendIf("a", 0, 1), new DeleteBefore(P, 1), appendIf("b", 0, 1), appendIf("a", 1, 2));
        assertThat(refusal(results.get(2))).isEqualTo(PartitionError.Invalid.class);
        assertThat(refusal(results.get(3))).isEqualTo(PartitionError.Invalid.class);
    }

    @Test
    void entries_about_keys_that_come_again_after_a_restart_change_nothing() throws IOException {
        List<List<GroupCommand>> entries = List.of(
                List.of(opened(TopicCompaction.UNDELETED)),
                List.of(appendIf("a", 0, 1, 2), appendIf("a", 0, 1), appendIf("b", 0, 1)),
                List.of(new DeleteKey(P, key("a"), 1, 5), appendIf("a", 2, 3)),
                List.of(new ForgetKey(P, key("b"), 6)));
        List<List<GroupResult>> first = applyAll(entries);
        List<String> frames = frames(node.log());
        byte[] key = key("a");
        KeyState state = node.log().keys().state(key);
        node.reopen(null);
        List<List<GroupResult>> again = applyAll(entries);
        assertThat(frames(node.log())).isEqualTo(frames);
        assertThat(node.log().keys().state(key)).isEqualTo(state);
        assertThat(node.log().keys().state(key("b"))).isEqualTo(KeyState.UNKNOWN);
        assertThat(again.get(1).get(0)).isEqualTo(first.get(1).get(0));
        // What was refused, and what readers skip, has no frame that would tell how it ended.
        assertThat(again.get(1).get(1)).isInstanceOf(GroupResult.SettledBefore.class);
        assertThat(again.get(1).get(2)).isEqualTo(first.get(1).get(2));
        assertThat(again.get(2).get(0)).isInstanceOf(GroupResult.SettledBefore.class);
        assertThat(again.get(2).get(1)).isEqualTo(first.get(2).get(1));
        assertThat(apply(5, appendIf("a", 3, 4), appendIf("b", 0, 1)))
                .allSatisfy(result -> assertThat(result).isInstanceOf(GroupResult.Stored.class));
    }

    private List<List<GroupResult>> applyAll(List<List<GroupCommand>> entries) {
        List<List<GroupResult>> results = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            results.add(node.apply(i + 1, entries.get(i)));
        }
        return results;
    }

    private static List<String> frames(PartitionLog log) {
        List<String> frames = new ArrayList<>();
        long next = log.logStartOffset();
        while (next < log.logEndOffset()) {
            var read = log.read(next, 1 << 20);
            for (StoredBatch batch : read.batches()) {
                frames.add(batch.header().epoch() + "/" + batch.header().sequence() + "@"
                        + batch.header().baseOffset() + " "
                        + batch.records().stream()
                                .map(KeyedGroupStateTest::describe)
                                .toList());
            }
            next = read.nextOffset();
        }
        return frames;
    }

    private static String describe(LogRecord record) {
        return record.offset() + ":" + new String(record.key(), StandardCharsets.UTF_8) + "#" + record.keySequence()
                + "=" + (record.value() == null ? null : new String(record.value(), StandardCharsets.UTF_8));
    }

    /** Those that nothing made dead. */
    private static List<String> living(PartitionLog log, TopicCompaction compaction) {
        List<LogRecord> all = new ArrayList<>();
        long next = log.logStartOffset();
        while (next < log.logEndOffset()) {
            var read = log.read(next, 1 << 20);
            read.forEach(all::add);
            next = read.nextOffset();
        }
        List<LogRecord> undeleted = log.keys().withoutDeleted(all);
        if (compaction == TopicCompaction.UNDELETED) {
            return undeleted.stream().map(KeyedGroupStateTest::describe).toList();
        }
        Map<String, String> latest = new LinkedHashMap<>();
        for (LogRecord record : undeleted) {
            String key = new String(record.key(), StandardCharsets.UTF_8);
            latest.remove(key);
            if (record.value() != null) {
                latest.put(key, describe(record));
            }
        }
        return List.copyOf(latest.values());
    }

    /** What a group may be asked for, by writers some of whom are wrong about what is stored. */
    private static final class Writers {
        private final Random random;
        private final Map<String, Long> believed = new LinkedHashMap<>();

        Writers(long seed) {
            random = new Random(seed);
        }

        List<GroupCommand> entry() {
            List<GroupCommand> commands = new ArrayList<>();
            int count = 1 + random.nextInt(6);
            for (int i = 0; i < count; i++) {
                commands.add(command());
            }
            return commands;
        }

        private GroupCommand command() {
            String key = "k" + random.nextInt(5);
            long highest = believed.getOrDefault(key, 0L);
            int what = random.nextInt(20);
            if (what == 0) {
                believed.put(key, 0L);
                return new ForgetKey(P, key(key), 1_000);
            } else if (what < 4 && highest > 0) {
                return new DeleteKey(P, key(key), 1 + random.nextInt((int) highest), 1_000);
            } else if (what < 6) {
                return appendIf(key, Math.max(0, highest - 1 + random.nextInt(3)), highest + 1);
            } else if (what < 8) {
                return new Append(
                        P,
                        List.of(record(key, 0, random.nextBoolean() ? null : "plain " + random.nextInt(1000))),
                        OptionalLong.empty(),
                        null);
            }
            int more = 1 + random.nextInt(3);
            long[] sequences = new long[more];
            for (int i = 0; i < more; i++) {
                sequences[i] = highest + 1 + i;
            }
            believed.put(key, highest + more);
            return appendIf(key, highest, sequences);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TopicCompaction.class,
            names = {"UNDELETED", "LATEST_OF_KEY"})
    void replicas_stay_alike_whatever_each_has_compacted_forgotten_and_applied_again(TopicCompaction compaction)
            throws IOException {
        long seeds = Long.getLong("varve.test.seeds", 2);
        for (long seed = 1; seed <= seeds; seed++) {
            stayAlike(compaction, seed);
        }
    }

    private void stayAlike(TopicCompaction compaction, long seed) throws IOException {
        Node plain = new Node(root.resolve("plain-" + compaction + seed));
        Node tidy = new Node(root.resolve("tidy-" + compaction + seed));
        try {
            Random random = new Random(seed * 31);
            Writers writers = new Writers(seed);
            List<List<GroupCommand>> sinceSnapshot = new ArrayList<>();
            byte[] snapshot = null;
            int snapshotAt = 0;
            List<List<GroupCommand>> entries = new ArrayList<>();
            entries.add(List.of(opened(compaction)));
            for (int i = 1; i < 80; i++) {
                entries.add(writers.entry());
            }
            for (int i = 0; i < entries.size(); i++) {
                sinceSnapshot.add(entries.get(i));
                assertThat(tidy.apply(i + 1, entries.get(i)))
                        .as("seed %d, entry %d", seed, i + 1)
                        .isEqualTo(plain.apply(i + 1, entries.get(i)));
                if (random.nextInt(8) == 0) {
                    tidy.log().roll();
                    tidy.compact();
                }
                if (random.nextInt(20) == 0) {
                    snapshot = tidy.snapshot();
                    snapshotAt = i + 1;
                    sinceSnapshot.clear();
                }
                if (random.nextInt(20) == 0) {
                    tidy.state.release();
                    if (random.nextBoolean()) {
                        tidy.loseKeyFiles();
                    }
                    tidy.reopen(snapshot);
                    for (int j = 0; j < sinceSnapshot.size(); j++) {
                        tidy.apply(snapshotAt + 1 + j, sinceSnapshot.get(j));
                    }
                }
            }
            tidy.log().roll();
            tidy.compact();
            String which = "seed " + seed;
            assertThat(tidy.log().logEndOffset())
                    .as(which)
                    .isEqualTo(plain.log().logEndOffset());
            assertThat(living(tidy.log(), compaction)).as(which).isEqualTo(living(plain.log(), compaction));
            for (int k = 0; k < 5; k++) {
                KeyState expected = plain.log().keys().state(key("k" + k));
                KeyState found = tidy.log().keys().state(key("k" + k));
                assertThat(found.highestSequence()).as(which).isEqualTo(expected.highestSequence());
            }
            assertThat(tidy.log().describe().records())
                    .as(which + ": something was compacted")
                    .isLessThan(plain.log().describe().records());
        } finally {
            plain.close();
            tidy.close();
        }
    }
}
