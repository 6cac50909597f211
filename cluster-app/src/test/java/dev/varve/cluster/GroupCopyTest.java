package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.cluster.GroupCommand.Append;
import dev.varve.cluster.GroupCommand.DeleteBefore;
import dev.varve.cluster.GroupCommand.LogSettings;
import dev.varve.cluster.GroupCommand.Open;
import dev.varve.cluster.GroupCommand.Remove;
import dev.varve.cluster.copying.Copy;
import dev.varve.cluster.copying.FaultySteps;
import dev.varve.cluster.copying.Staging;
import dev.varve.log.LogOptions;
import dev.varve.log.format.Compression;
import dev.varve.log.format.FrameHeader.Producer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A group that is copied from one node to another, without Raft between them: what arrives, and what a crash leaves. */
class GroupCopyTest {
    private static final PartitionId P0 = new PartitionId(7, 0);
    private static final PartitionId P1 = new PartitionId(7, 1);
    private static final PartitionId GONE = new PartitionId(6, 0);
    /** Small, so that there are several segments. */
    private static final LogSettings SETTINGS = new LogSettings(16 << 10, Compression.LZ4);

    private static final Copy.Condition ANY = at -> {};

    @TempDir
    Path root;

    private final UUID writer = UUID.randomUUID();
    private Node source;
    private Node target;

    /** A node with one group. */
    private final class Node {
        private final NodeDirectory directory;
        private GroupState state;
        private long index;
        private long sequence;

        Node(String name) throws IOException {
            directory = NodeDirectory.open(ClusterSettings.single(root.resolve(name), "127.0.0.1:1"));
            begin(staging());
        }

        Staging staging() {
            return staging(new FaultySteps(Integer.MAX_VALUE));
        }

        Staging staging(FaultySteps steps) {
            return steps.staging(directory.copies("group-0"), directory.states(), directory.partitions(0));
        }

        private void begin(Staging staging) throws IOException {
            staging.finish();
            state = new GroupState(0, directory);
            state.begin();
            var saved = DurableFile.read(directory.state("group-0"));
            if (saved.isPresent()) {
                state.restore(saved.get());
            }
        }

        /** As after a crash, the way that Ratis does it. */
        void start() throws IOException {
            state.release();
            state = new GroupState(0, directory);
            RaftServer server = Proxies.of(RaftServer.class, name -> RaftPeerId.valueOf("n1"));
            state.initialize(server, RaftGroupId.valueOf(UUID.randomUUID()), null);
        }

        /** As after a crash. */
        void restart(Staging staging) throws IOException {
            state.release();
            begin(staging);
        }

        List<GroupResult> apply(GroupCommand... commands) {
            index++;
            RaftEntry entry = new RaftEntry(
                    writer,
                    ++sequence,
                    Stream.of(commands).map(GroupCommand::encode).toList());
            byte[] results = state.applyOnce(3, index, entry.encode());
            state.reached(3, index);
            return Parcel.unpack(results).stream().map(GroupResult::decode).toList();
        }

        byte[] answer(byte[] request, boolean isPiece) throws IOException {
            return answer(request);
        }

        byte[] answer(byte[] request) {
            Message reply = state.queryStale(Message.valueOf(ByteString.copyFrom(request)), 0)
                    .join();
            return reply.getContent().toByteArray();
        }

        Map<PartitionId, List<String>> frames() {
            Map<PartitionId, List<String>> all =
                    new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
            for (Replica replica : state.replicas()) {
                replica.log().flush();
                all.put(replica.id(), Frames.of(directory.partition(0, replica.id())));
            }
            return all;
        }

        void close() throws IOException {
            state.close();
            state.release();
            directory.close();
        }
    }

    @BeforeEach
    void begin() throws IOException {
        source = new Node("source");
        target = new Node("target");
        source.apply(new Open(P0, 11, SETTINGS), new Open(P1, 12, SETTINGS), new Open(GONE, 13, SETTINGS));
        target.apply(new Open(P0, 11, SETTINGS), new Open(P1, 12, SETTINGS), new Open(GONE, 13, SETTINGS));
        target.apply(append(P0, "old"), append(GONE, "old"));
        DurableFile.write(target.directory.state("group-0"), target.state.snapshot(TermIndex.valueOf(3, 2)));
        source.apply(append(P0, "old"), append(GONE, "old"));
        for (int i = 0; i < 60; i++) {
            source.apply(append(P0, "v" + i + "-" + noise(1_000)), produced(i), append(GONE, "x"));
        }
        source.apply(new Remove(GONE.topicId()), new DeleteBefore(P1, 20));
    }

    /** Does not get smaller by compression. */
    private static String noise(int length) {
        StringBuilder all = new StringBuilder();
        while (all.length() < length) {
            all.append(UUID.randomUUID());
        }
        return all.toString();
    }

    @AfterEach
    void close() throws IOException {
        source.close();
        target.close();
    }

    private static Append append(PartitionId id, String value) {
        return new Append(id, List.of(Asking.record(value)), OptionalLong.empty(), null);
    }

    private static Append produced(int sequence) {
        return new Append(
                P1,
                List.of(Asking.record("p" + sequence)),
                OptionalLong.empty(),
                new Producer(99, (short) 0, sequence));
    }

    private TermIndex copy(Copy.Source from, Staging into) throws IOException {
        TermIndex at = new Copy(from, into, LogOptions.defaults(), bytes -> {}).run("target", ANY);
        into.decide();
        return at;
    }

    @Test
    void a_copy_has_the_same_frames_with_all_that_belongs_to_them() throws IOException {
        TermIndex at = copy(source::answer, target.staging());
        assertThat(at).isEqualTo(TermIndex.valueOf(3, source.index));
        target.restart(target.staging());
        assertThat(target.frames()).isEqualTo(source.frames()).containsOnlyKeys(P0, P1);
        assertThat(target.directory.copies("group-0")).doesNotExist();
        assertThat(target.directory.partition(0, GONE)).doesNotExist();
        assertThat(target.state.replica(P1).orElseThrow().log().logStartOffset())
                .isEqualTo(20);
        assertThat(target.state.getLastAppliedTermIndex()).isEqualTo(at);
    }

    @Test
    void what_comes_behind_a_copy_gives_the_same_on_both_and_producers_and_writers_are_recognised() throws IOException {
        copy(source::answer, target.staging());
        target.restart(target.staging());
        target.index = source.index;
        target.sequence = source.sequence;
        // The producer's last batch once more, the next one, one that leaves a gap, and a topic that was removed.
        GroupCommand[] commands = {
            produced(59), produced(60), produced(70), append(P0, "z"), new Open(GONE, 13, SETTINGS), append(GONE, "y")
        };
        List<GroupResult> results = target.apply(commands);
        assertThat(results).isEqualTo(source.apply(commands));
        assertThat(results.get(0)).isEqualTo(new GroupResult.Stored(59, 59, true));
        assertThat(results.get(1)).isEqualTo(new GroupResult.Stored(60, 60, false));
        assertThat(results.get(2)).isInstanceOf(GroupResult.Refused.class);
        assertThat(results.get(5)).isEqualTo(GroupResult.NoSuchPartition.INSTANCE);
        target.sequence--;
        assertThat(target.apply(append(P0, "something else"))).isEqualTo(results);
    }

    @Test
    void a_crash_before_any_step_of_the_switch_leaves_the_old_group_or_the_new_one() throws IOException {
        var oldFrames = target.frames();
        var newFrames = source.frames();
        List<String> met = new ArrayList<>();
        boolean wasWhole = false;
        for (int step = 0; !wasWhole; step++) {
            if (step > 0) {
                target.close();
                wipe(root.resolve("target"));
                target = new Node("target");
                target.apply(new Open(P0, 11, SETTINGS), new Open(P1, 12, SETTINGS), new Open(GONE, 13, SETTINGS));
                target.apply(append(P0, "old"), append(GONE, "old"));
                DurableFile.write(target.directory.state("group-0"), target.state.snapshot(TermIndex.valueOf(3, 2)));
                target.state.release();
            }
            FaultySteps steps = new FaultySteps(step);
            Staging staging = target.staging(steps);
            boolean isDecided = false;
            target.state.release();
            try {
                copy(source::answer, staging);
                isDecided = true;
                staging.finish();
                wasWhole = true;
            } catch (FaultySteps.Crash e) {
                met.add(e.getMessage());
            }
            target.restart(target.staging());
            assertThat(target.frames().values().stream().map(List::size).toList())
                    .as("after a crash before " + met)
                    .isEqualTo((isDecided ? newFrames : oldFrames)
                            .values().stream().map(List::size).toList());
            assertThat(target.frames().keySet()).isEqualTo((isDecided ? newFrames : oldFrames).keySet());
            if (isDecided) {
                assertThat(target.frames()).isEqualTo(newFrames);
            }
            assertThat(target.state.getLastAppliedTermIndex().getIndex()).isEqualTo(isDecided ? source.index : 2);
            assertThat(target.directory.copies("group-0")).doesNotExist();
        }
        assertThat(met)
                .containsExactly(
                        "decide",
                        "sync the decision",
                        "put the old logs away",
                        "put the copied logs in",
                        "put the file group-0 of the state in",
                        "put the file group-0-removed of the state in",
                        "forget the decision",
                        "clean up");
    }

    @Test
    void a_decision_that_cannot_be_synced_is_taken_back() throws IOException {
        assertThatThrownBy(() -> copy(source::answer, target.staging(new FaultySteps(1))))
                .isInstanceOf(FaultySteps.Crash.class);
        assertThat(target.staging().isDecided()).isFalse();
        Staging.UndecidedException unknown = catchThrowableOfType(
                Staging.UndecidedException.class, () -> copy(source::answer, target.staging(new FaultySteps(1, true))));
        assertThat(unknown).hasMessageContaining("cannot be made certain");
    }

    @Test
    void a_copy_that_the_node_has_gone_past_does_not_take_its_place_when_it_starts() throws IOException {
        var frames = target.frames();
        copy(source::answer, target.staging());
        target.state.reached(3, source.index + 1);
        target.state.takeSnapshot();
        target.start();
        assertThat(target.state.getLastAppliedTermIndex().getIndex()).isEqualTo(source.index + 1);
        assertThat(target.frames()).isEqualTo(frames);
        assertThat(target.directory.copies("group-0")).doesNotExist();
    }

    @Test
    void a_copy_that_is_newer_takes_the_place_when_the_node_starts() throws IOException {
        copy(source::answer, target.staging());
        target.state.reached(3, source.index - 1);
        target.state.takeSnapshot();
        target.start();
        assertThat(target.state.getLastAppliedTermIndex().getIndex()).isEqualTo(source.index);
        assertThat(target.frames()).isEqualTo(source.frames());
    }

    /** The steps behind that which puts the old logs away, to the last one. */
    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5, 6})
    void a_switch_that_was_begun_is_finished_when_the_node_starts_however_new_its_own_state_is(int stepsThatAreDone)
            throws IOException {
        var copied = source.frames();
        target.state.reached(3, source.index);
        target.state.takeSnapshot();
        Staging staging = target.staging(new FaultySteps(stepsThatAreDone));
        target.state.release();
        copy(source::answer, staging);
        assertThatThrownBy(staging::finish).isInstanceOf(FaultySteps.Crash.class);
        target.start();
        assertThat(target.frames()).isEqualTo(copied);
    }

    @Test
    void no_copy_is_begun_while_another_one_takes_the_place_of_the_group() throws IOException {
        target.start();
        target.state.pause();
        assertThat(target.state.notifyInstallSnapshotFromLeader(
                        RoleInfoProto.getDefaultInstance(), TermIndex.valueOf(3, source.index)))
                .isCompletedExceptionally()
                .failsWithin(Duration.ZERO)
                .withThrowableOfType(ExecutionException.class)
                .withMessageContaining("is taking its place");
        target.state.reinitialize();
        assertThat(target.state.isSwitching()).isFalse();
    }

    @Test
    void what_is_discarded_is_out_of_the_way_at_once_and_its_room_is_given_back_later() throws IOException {
        Staging staging = target.staging();
        new Copy(source::answer, staging, LogOptions.defaults(), bytes -> {}).run("target", ANY);
        staging.discard();
        Path copies = target.directory.copies("group-0");
        assertThat(copies).doesNotExist();
        assertThat(copies.getParent()).isNotEmptyDirectory();
        staging.deleteDiscarded();
        assertThat(copies.getParent()).isEmptyDirectory();
    }

    private static void wipe(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path each : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    @Test
    void retention_and_the_deletion_of_a_topic_take_nothing_from_an_image_that_is_being_copied() throws IOException {
        var asItWas = source.frames();
        List<Boolean> isChanged = new ArrayList<>();
        Copy.Source changing = (request, isPiece) -> {
            byte[] reply = source.answer(request);
            if (isChanged.isEmpty()) {
                // The image is made.
                isChanged.add(true);
                source.apply(new DeleteBefore(P0, 40), append(P0, "later"));
                source.apply(new Remove(P0.topicId()));
                assertThat(source.directory.partition(0, P0)).doesNotExist();
            }
            return reply;
        };
        copy(changing, target.staging());
        target.restart(target.staging());
        assertThat(target.frames()).isEqualTo(asItWas);
    }

    @Test
    void a_frame_that_is_damaged_on_the_other_node_is_not_taken_over() throws IOException {
        Path log = source.directory.partition(0, P0).resolve("00000000000000000000.log");
        byte[] bytes = Files.readAllBytes(log);
        bytes[5_000] ^= 4;
        Files.write(log, bytes);
        assertThatThrownBy(() -> copy(source::answer, target.staging()))
                .isInstanceOf(Copy.FailedException.class)
                .hasMessageContaining("7-0")
                .hasMessageContaining("Nothing was changed here");
        assertThat(target.staging().isDecided()).isFalse();
    }

    @Test
    void a_piece_that_is_damaged_on_its_way_is_not_taken_over() {
        Copy.Source garbling = (request, isPiece) -> {
            byte[] reply = source.answer(request);
            if (reply.length > 10_000) {
                reply[9_000] ^= 1;
            }
            return reply;
        };
        assertThatThrownBy(() -> copy(garbling, target.staging()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("checksum");
    }

    @Test
    void an_image_that_is_gone_is_said_to_be_and_the_next_copy_begins_anew() throws IOException {
        List<byte[]> asked = new ArrayList<>();
        Copy.Source restarted = (request, isPiece) -> {
            asked.add(request);
            if (asked.size() == 5) {
                source.state.close();
                source.restart(source.staging());
            }
            return source.answer(request);
        };
        assertThatThrownBy(() -> copy(restarted, target.staging()))
                .isInstanceOf(Copy.FailedException.class)
                .hasMessageContaining("begins anew");
    }

    @Test
    void no_file_of_an_image_is_left_when_the_copy_is_made() throws IOException {
        copy(source::answer, target.staging());
        try (Stream<Path> left = Files.list(source.directory.images("group-0"))) {
            assertThat(left).isEmpty();
        }
        assertThat(source.state.lastUnneededEntry())
                .as("the entries behind it stay for a while")
                .isEqualTo(source.index);
    }
}
