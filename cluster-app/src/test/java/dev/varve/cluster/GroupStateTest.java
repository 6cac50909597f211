package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.cluster.GroupCommand.Append;
import dev.varve.cluster.GroupCommand.DeleteBefore;
import dev.varve.cluster.GroupCommand.Forget;
import dev.varve.cluster.GroupCommand.LogSettings;
import dev.varve.cluster.GroupCommand.Open;
import dev.varve.cluster.GroupCommand.Remove;
import dev.varve.log.format.Compression;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.LogRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.ratis.server.protocol.TermIndex;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the entries of a group's log make of its partitions, at first and when they come again. */
class GroupStateTest {
    private static final PartitionId P0 = new PartitionId(7, 0);
    private static final PartitionId P1 = new PartitionId(7, 1);
    private static final LogSettings SETTINGS = new LogSettings(1 << 20, Compression.NONE);

    @TempDir
    Path root;

    private NodeDirectory directory;
    private GroupState state;

    @BeforeEach
    void open() throws IOException {
        directory = NodeDirectory.open(ClusterSettings.single(root, "127.0.0.1:1"));
        state = new GroupState(0, directory);
        state.begin();
    }

    @AfterEach
    void close() throws IOException {
        state.release();
        directory.close();
    }

    /** As after a crash: what was applied since the snapshot comes again. */
    private void reopen(byte[] snapshot) throws IOException {
        state.release();
        state = new GroupState(0, directory);
        state.begin();
        if (snapshot != null) {
            state.load(new Input(snapshot));
        }
    }

    private byte[] snapshot() throws IOException {
        Output output = new Output(64, -1);
        state.save(output);
        return output.toBytes();
    }

    private List<GroupResult> apply(long term, long index, GroupCommand... commands) {
        return state
                .apply(
                        term,
                        index,
                        Stream.of(commands).map(GroupCommand::encode).toList())
                .stream()
                .map(GroupResult::decode)
                .toList();
    }

    private List<GroupResult> applyEntry(long term, long index, RaftEntry entry) {
        return Parcel.unpack(state.applyOnce(term, index, entry.encode())).stream()
                .map(GroupResult::decode)
                .toList();
    }

    private static RaftEntry entry(UUID writer, long sequence, GroupCommand... commands) {
        return new RaftEntry(
                writer, sequence, Stream.of(commands).map(GroupCommand::encode).toList());
    }

    private static Append append(PartitionId id, String... values) {
        return new Append(id, Stream.of(values).map(Asking::record).toList(), OptionalLong.empty(), null);
    }

    private List<String> texts(PartitionId id) {
        List<LogRecord> records = new ArrayList<>();
        var log = state.replica(id).orElseThrow().log();
        log.read(log.logStartOffset(), 1 << 20).forEach(records::add);
        return records.stream().map(Asking::text).toList();
    }

    private List<List<GroupResult>> applyAll() {
        Producer producer = new Producer(3, (short) 0, 0);
        Append once = new Append(P1, List.of(Asking.record("p")), OptionalLong.empty(), producer);
        return List.of(
                apply(1, 1, new Open(P0, 11, SETTINGS), new Open(P1, 12, SETTINGS)),
                apply(1, 2, append(P0, "a", "b"), append(P1, "x"), append(P0, "c")),
                apply(2, 4, append(P0, "d"), once, once),
                apply(2, 5, append(P1, "y")));
    }

    @Test
    void entries_that_come_again_after_a_restart_change_nothing_and_give_the_same_offsets() throws IOException {
        List<List<GroupResult>> first = applyAll();
        assertThat(first.get(1))
                .containsExactly(
                        new GroupResult.Stored(0, 1, false),
                        new GroupResult.Stored(0, 0, false),
                        new GroupResult.Stored(2, 2, false));
        assertThat(first.get(2))
                .containsExactly(
                        new GroupResult.Stored(3, 3, false),
                        new GroupResult.Stored(1, 1, false),
                        new GroupResult.Stored(1, 1, true));
        reopen(null);
        List<List<GroupResult>> again = applyAll();
        assertThat(again.get(1)).isEqualTo(first.get(1));
        assertThat(again.get(2).subList(0, 2)).isEqualTo(first.get(2).subList(0, 2));
        // A repetition has no frame of its own, so how it ended is not known any more; who sent it sends it again.
        assertThat(again.get(2).get(2)).isInstanceOf(GroupResult.SettledBefore.class);
        assertThat(again.get(3)).isEqualTo(first.get(3));
        assertThat(texts(P0)).containsExactly("a", "b", "c", "d");
        assertThat(texts(P1)).containsExactly("x", "p", "y");
        assertThat(apply(3, 6, append(P0, "e"))).containsExactly(new GroupResult.Stored(4, 4, false));
    }

    @Test
    void a_log_that_is_just_being_closed_does_not_end_the_upkeep_of_the_others() {
        apply(1, 1, new Open(P0, 11, SETTINGS), new Open(P1, 12, SETTINGS));
        state.replica(P0).orElseThrow().log().close();
        try (LoggedWarnings warnings = new LoggedWarnings(Upkeep.class)) {
            assertThatNoException().isThrownBy(() -> state.replicas().forEach(Upkeep::keepHouse));
            assertThat(warnings.messages()).isEmpty();
        }
    }

    @Test
    void an_entry_of_which_only_a_part_was_stored_is_completed() throws IOException {
        apply(1, 1, new Open(P0, 11, SETTINGS));
        apply(1, 2, append(P0, "a"));
        reopen(null);
        apply(1, 1, new Open(P0, 11, SETTINGS));
        assertThat(apply(1, 2, append(P0, "a"), append(P0, "b")))
                .containsExactly(new GroupResult.Stored(0, 0, false), new GroupResult.Stored(1, 1, false));
        assertThat(texts(P0)).containsExactly("a", "b");
    }

    @Test
    void a_snapshot_is_gone_on_from() throws IOException {
        apply(1, 1, new Open(P0, 11, SETTINGS));
        apply(1, 2, append(P0, "a"));
        byte[] snapshot = snapshot();
        apply(1, 3, append(P0, "b"));
        reopen(snapshot);
        assertThat(apply(1, 3, append(P0, "b"))).containsExactly(new GroupResult.Stored(1, 1, false));
        assertThat(apply(1, 4, append(P0, "c"))).containsExactly(new GroupResult.Stored(2, 2, false));
        assertThat(texts(P0)).containsExactly("a", "b", "c");
    }

    @Test
    void an_entry_that_is_sent_again_after_a_snapshot_is_answered_and_not_applied() throws IOException {
        UUID writer = UUID.randomUUID();
        applyEntry(1, 1, entry(writer, 1, new Open(P0, 11, SETTINGS)));
        RaftEntry unanswered = entry(writer, 2, append(P0, "a"), append(P0, "b"));
        List<GroupResult> first = applyEntry(1, 2, unanswered);
        byte[] snapshot = state.snapshot(TermIndex.valueOf(1, 2));
        state.release();
        state = new GroupState(0, directory);
        state.begin();
        state.restore(snapshot);
        // Ratis has forgotten what is below the snapshot: to it this is an entry like any other.
        assertThat(applyEntry(2, 3, unanswered)).isEqualTo(first);
        assertThat(texts(P0)).containsExactly("a", "b");
        assertThat(applyEntry(2, 4, entry(writer, 3, append(P0, "c"))))
                .containsExactly(new GroupResult.Stored(2, 2, false));
    }

    @Test
    void an_entry_that_comes_twice_in_one_log_is_applied_once_whenever_it_is_applied() throws IOException {
        UUID writer = UUID.randomUUID();
        RaftEntry open = entry(writer, 1, new Open(P0, 11, SETTINGS));
        RaftEntry twice = entry(writer, 2, append(P0, "a"));
        for (int life = 0; life < 2; life++) {
            applyEntry(1, 1, open);
            assertThat(applyEntry(1, 2, twice)).containsExactly(new GroupResult.Stored(0, 0, false));
            assertThat(applyEntry(2, 3, twice)).containsExactly(new GroupResult.Stored(0, 0, false));
            assertThat(texts(P0)).containsExactly("a");
            reopen(null);
        }
    }

    @Test
    void an_entry_that_was_given_up_does_not_come_in_behind_a_later_one_of_its_writer() {
        UUID writer = UUID.randomUUID();
        applyEntry(1, 1, entry(writer, 1, new Open(P0, 11, SETTINGS)));
        RaftEntry givenUp = entry(writer, 2, append(P0, "late"));
        applyEntry(1, 2, entry(writer, 3, append(P0, "a")));
        assertThat(applyEntry(1, 3, givenUp)).isEmpty();
        assertThat(applyEntry(1, 4, entry(UUID.randomUUID(), 1, append(P0, "of another"))))
                .containsExactly(new GroupResult.Stored(1, 1, false));
        assertThat(texts(P0)).containsExactly("a", "of another");
    }

    @Test
    void a_log_that_retention_emptied_still_knows_what_it_held() throws IOException {
        apply(1, 1, new Open(P0, 11, SETTINGS));
        apply(3, 2, append(P0, "a"), append(P0, "b"));
        apply(3, 3, new DeleteBefore(P0, 2));
        assertThat(texts(P0)).isEmpty();
        byte[] snapshot = snapshot();
        reopen(snapshot);
        // What comes again is not appended again, though no frame of it is left.
        assertThat(apply(3, 2, append(P0, "a"), append(P0, "b")))
                .allSatisfy(result -> assertThat(result).isInstanceOf(GroupResult.SettledBefore.class));
        assertThat(apply(3, 3, new DeleteBefore(P0, 2))).containsExactly(new GroupResult.Deleted(2));
        var log = state.replica(P0).orElseThrow().log();
        assertThat(log.lastSequence()).isEqualTo((2L << 20) + 1);
        assertThat(log.epoch()).isGreaterThanOrEqualTo(3);
        assertThat(apply(4, 4, append(P0, "c"))).containsExactly(new GroupResult.Stored(2, 2, false));
        assertThat(texts(P0)).containsExactly("c");
    }

    @Test
    void a_log_that_is_gone_is_not_taken_for_an_empty_one() throws IOException {
        apply(1, 1, new Open(P0, 11, SETTINGS));
        apply(1, 2, append(P0, "a"));
        byte[] snapshot = snapshot();
        state.release();
        try (Stream<Path> files = Files.list(directory.partition(0, P0))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        assertThatThrownBy(() -> reopen(snapshot))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is gone");
    }

    @Test
    void a_topic_that_was_removed_behind_the_snapshot_is_neither_missed_nor_begun_again() throws IOException {
        apply(1, 1, new Open(P0, 11, SETTINGS));
        apply(1, 2, append(P0, "a"));
        byte[] snapshot = snapshot();
        apply(1, 3, new Remove(7));
        assertThat(directory.partition(0, P0)).doesNotExist();
        reopen(snapshot);
        assertThat(apply(1, 3, new Remove(7))).containsExactly(GroupResult.Done.INSTANCE);
        apply(1, 4, new Open(P0, 11, SETTINGS));
        assertThat(apply(1, 5, append(P0, "b"))).containsExactly(GroupResult.NoSuchPartition.INSTANCE);
        assertThat(directory.partition(0, P0)).doesNotExist();
    }

    @Test
    void removed_topics_are_listed_until_nobody_can_ask_for_them_and_never_come_back() throws IOException {
        PartitionId kept = new PartitionId(50, 0);
        apply(1, 1, new Open(P0, 11, SETTINGS), new Open(kept, 12, SETTINGS));
        byte[] early = snapshot();
        for (long topicId = 1; topicId <= 40; topicId++) {
            apply(1, 1 + topicId, new Remove(topicId));
        }
        apply(1, 42, new Forget(60));
        // As long as somebody may begin with a state in which they are there, each is listed.
        assertThat(state.removedTopics()).isEqualTo(40);
        reopen(early);
        assertThat(state.replica(P0)).isEmpty();
        apply(1, 42, new Forget(60));
        byte[] late = snapshot();
        state.saved();
        assertThat(state.removedTopics()).isZero();
        assertThat(Files.size(directory.state("group-0-removed"))).isLessThan(10);
        reopen(late);
        apply(1, 43, new Open(P0, 11, SETTINGS), new Open(new PartitionId(60, 0), 13, SETTINGS));
        assertThat(state.replicas()).extracting(Replica::id).containsExactly(kept);
        PartitionId next = new PartitionId(61, 0);
        apply(1, 44, new Open(next, 14, SETTINGS), new Remove(50), new Open(kept, 12, SETTINGS));
        assertThat(state.replicas()).extracting(Replica::id).containsExactly(next);
    }

    @Test
    void a_batch_for_another_epoch_is_refused_and_takes_no_other_with_it() {
        apply(1, 1, new Open(P0, 11, SETTINGS));
        Append fenced = new Append(P0, List.of(Asking.record("old")), OptionalLong.of(3), null);
        List<GroupResult> results = apply(4, 2, fenced, append(P0, "new"));
        assertThat(results.get(0)).isInstanceOf(GroupResult.Refused.class);
        assertThat(results.get(1)).isEqualTo(new GroupResult.Stored(0, 0, false));
    }

    @Test
    void deletions_keep_their_place_among_the_appends_of_an_entry() {
        apply(1, 1, new Open(P0, 11, SETTINGS));
        assertThat(apply(1, 2, append(P0, "a", "b"), new DeleteBefore(P0, 1), append(P0, "c")))
                .containsExactly(
                        new GroupResult.Stored(0, 1, false),
                        new GroupResult.Deleted(1),
                        new GroupResult.Stored(2, 2, false));
        assertThat(texts(P0)).containsExactly("b", "c");
    }

    @Test
    void a_deletion_that_was_refused_stays_so_when_it_comes_again_and_the_log_has_grown_past_it() throws IOException {
        apply(1, 1, new Open(P0, 11, SETTINGS));
        apply(1, 2, append(P0, "a"));
        assertThat(apply(1, 3, new DeleteBefore(P0, 3))).singleElement().isInstanceOf(GroupResult.Refused.class);
        apply(1, 4, append(P0, "b", "c"));
        reopen(null);
        apply(1, 1, new Open(P0, 11, SETTINGS));
        apply(1, 2, append(P0, "a"));
        assertThat(apply(1, 3, new DeleteBefore(P0, 3))).singleElement().isInstanceOf(GroupResult.Refused.class);
        apply(1, 4, append(P0, "b", "c"));
        assertThat(texts(P0)).containsExactly("a", "b", "c");
    }
}
