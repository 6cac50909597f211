package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.cluster.GroupCommand.Append;
import dev.varve.cluster.GroupCommand.DeleteBefore;
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
import java.util.stream.Stream;
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
