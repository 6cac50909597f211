package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.GroupCommand.Append;
import dev.varve.cluster.GroupCommand.LogSettings;
import dev.varve.cluster.GroupCommand.Open;
import dev.varve.log.format.Compression;
import dev.varve.partition.LogReader;
import dev.varve.partition.PartitionActor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto.AppendResult;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.proto.RaftProtos.TermIndexProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Entries of a new leader are overtaken by its heartbeat, which goes over another connection, on a replica that has other entries in their places,
 * those of a leader who was cut off. The replica must not take those for committed. The test is both leaders.
 */
class OvertakenEntriesTest {
    private static final int ROUNDS = 200;
    private static final int ENTRIES = 3;
    private static final PartitionId P = new PartitionId(7, 0);

    private static ActorSystem<Void> actorSystem;

    @BeforeAll
    static void startSystem() {
        actorSystem = ActorSystem.create(Behaviors.empty(), "overtaken");
    }

    @TempDir
    Path directory;

    private ClusterNode node;
    private RaftGroupOnNode<GroupState> group;
    private long callId;
    private long term;
    private TermIndexProto last;

    @BeforeEach
    void start() throws IOException {
        List<String> free = Ports.free(3);
        node = ClusterNode.start(
                actorSystem,
                ClusterSettings.of(directory, "n1", Map.of("n1", free.get(0), "n2", free.get(1), "n3", free.get(2)))
                        .withGroups(1));
        group = node.groups().partitions().get(0);
    }

    @AfterEach
    void stop() throws IOException {
        node.close();
    }

    @AfterAll
    static void shutDown() {
        actorSystem.terminate();
    }

    private static TermIndexProto at(long term, long index) {
        return TermIndexProto.newBuilder().setTerm(term).setIndex(index).build();
    }

    private List<LogEntryProto> entries(GroupCommand... commands) {
        List<LogEntryProto> entries = new ArrayList<>();
        long index = last == null ? 0 : last.getIndex() + 1;
        for (GroupCommand command : commands) {
            RaftEntry entry = new RaftEntry(UUID.randomUUID(), 1, List.of(command.encode()));
            entries.add(LogEntryProto.newBuilder()
                    .setTerm(term)
                    .setIndex(index++)
                    .setStateMachineLogEntry(StateMachineLogEntryProto.newBuilder()
                            .setLogData(ByteString.copyFrom(entry.encode()))
                            .setClientId(ClientId.randomId().toByteString())
                            .setCallId(++callId))
                    .build());
        }
        return entries;
    }

    private static GroupCommand[] appends(String value) {
        GroupCommand[] all = new GroupCommand[ENTRIES];
        for (int i = 0; i < ENTRIES; i++) {
            all[i] = new Append(P, List.of(Asking.record(value + "-" + i)), OptionalLong.empty(), null);
        }
        return all;
    }

    private CompletableFuture<AppendEntriesReplyProto> send(
            TermIndexProto previous, List<LogEntryProto> entries, long committed) throws IOException {
        AppendEntriesRequestProto.Builder request = AppendEntriesRequestProto.newBuilder()
                .setServerRequest(RaftRpcRequestProto.newBuilder()
                        .setRequestorId(ByteString.copyFromUtf8(term % 2 == 0 ? "n2" : "n3"))
                        .setReplyId(ByteString.copyFromUtf8("n1"))
                        .setRaftGroupId(RaftGroupIdProto.newBuilder()
                                .setId(group.raft().getGroupId().toByteString()))
                        .setCallId(++callId))
                .setLeaderTerm(term)
                .setLeaderCommit(committed)
                .addAllEntries(entries);
        if (previous != null) {
            request.setPreviousLog(previous);
        }
        return group.server().appendEntriesAsync(request.build());
    }

    private List<String> texts() {
        PartitionActor.ReadReply reply =
                LogReader.read(group.state().replica(P).orElseThrow().log(), 0, 1 << 20, false);
        return ((PartitionActor.Records) reply)
                .records().stream().map(Asking::text).toList();
    }

    private long lastIndex() {
        return last == null ? -1 : last.getIndex();
    }

    /** A leader has entries taken, and has them committed. */
    private void lead(GroupCommand... commands) throws IOException {
        List<LogEntryProto> entries = entries(commands);
        assertThat(send(last, entries, lastIndex()).join().getResult()).isEqualTo(AppendResult.SUCCESS);
        last = at(term, lastIndex() + commands.length);
        send(last, List.of(), lastIndex()).join();
        awaitApplied();
    }

    private void awaitApplied() {
        Eventually.holds(
                () -> group.state().getLastAppliedTermIndex().getIndex() >= lastIndex(),
                "all is applied that is committed");
    }

    @Test
    void what_a_leader_left_that_was_cut_off_is_not_committed_by_the_heartbeat_of_the_next_one() throws Exception {
        term = 2;
        lead(new Open(P, 11, new LogSettings(1 << 20, Compression.NONE, TopicCompaction.OFF)));
        List<String> expected = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            term++;
            send(last, entries(appends("left-" + round)), lastIndex()).join();
            term++;
            TermIndexProto ahead = at(term, lastIndex() + ENTRIES);
            CompletableFuture<AppendEntriesReplyProto> taken =
                    send(last, entries(appends("led-" + round)), lastIndex());
            CompletableFuture<AppendEntriesReplyProto> heard = send(ahead, List.of(), ahead.getIndex());
            heard.join();
            assertThat(taken.join().getResult()).isEqualTo(AppendResult.SUCCESS);
            last = ahead;
            send(last, List.of(), lastIndex()).join();
            awaitApplied();
            for (int i = 0; i < ENTRIES; i++) {
                expected.add("led-" + round + "-" + i);
            }
            assertThat(texts()).as("round " + round).isEqualTo(expected);
        }
    }
}
