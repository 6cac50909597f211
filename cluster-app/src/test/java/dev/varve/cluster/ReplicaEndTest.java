package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What ends a replica, and who closes its Raft division then: the thread that applies by throwing, or another one, and never both. */
class ReplicaEndTest {
    private static final IOException SICK = new IOException("Input/output error");

    @TempDir
    Path root;

    private NodeDirectory directory;
    private Fragile state;

    /** Completed with the thread that closes the division. */
    private final CompletableFuture<Thread> closed = new CompletableFuture<>();

    private boolean isAlive = true;

    /** Has commands done, until one cannot be; can be saved, unless it cannot. */
    private static final class Fragile extends ReplicatedState {
        private final List<String> applied = new ArrayList<>();
        private IOException problem;

        Fragile(NodeDirectory directory) {
            super("fragile", directory, null);
        }

        @Override
        List<byte[]> apply(long term, long index, List<byte[]> commands) {
            if (problem != null) {
                throw new UncheckedIOException(problem);
            }
            commands.forEach(command -> applied.add(new String(command)));
            return commands;
        }

        @Override
        void save(Output output) throws IOException {
            if (problem != null) {
                throw problem;
            }
        }

        @Override
        void load(Input input) {}
    }

    @BeforeEach
    void open() throws IOException {
        directory = NodeDirectory.open(ClusterSettings.single(root, "127.0.0.1:1"));
        state = new Fragile(directory);
        state.initialize(server(), RaftGroupId.valueOf(UUID.randomUUID()), null);
    }

    @AfterEach
    void close() throws IOException {
        state.close();
        directory.close();
    }

    private RaftServer server() {
        DivisionInfo info = Proxies.of(DivisionInfo.class, name -> name.equals("isAlive") ? isAlive : null);
        RaftServer.Division division = Proxies.of(RaftServer.Division.class, name -> {
            if (name.equals("close")) {
                closed.complete(Thread.currentThread());
            }
            return name.equals("getInfo") ? info : null;
        });
        return Proxies.of(RaftServer.class, name -> name.equals("getDivision") ? division : null);
    }

    private CompletableFuture<Message> apply(long index, String command) {
        byte[] data = new RaftEntry(new UUID(0, 1), index, List.of(command.getBytes())).encode();
        LogEntryProto entry =
                LogEntryProto.newBuilder().setTerm(1).setIndex(index).build();
        StateMachineLogEntryProto content = StateMachineLogEntryProto.newBuilder()
                .setLogData(ByteString.copyFrom(data))
                .build();
        return state.applyTransaction(
                Proxies.of(TransactionContext.class, name -> name.equals("getLogEntry") ? entry : content));
    }

    private void assertClosedByAnotherThread() throws Exception {
        assertThat(closed.get(30, TimeUnit.SECONDS)).isNotSameAs(Thread.currentThread());
    }

    @Test
    void a_raft_log_that_cannot_be_written_closes_the_division_on_another_thread() throws Exception {
        state.notifyLogFailed(SICK, null);
        assertClosedByAnotherThread();
        assertThat(state.failure()).isSameAs(SICK);
    }

    @Test
    void a_raft_log_that_is_being_closed_has_not_failed() {
        isAlive = false;
        state.notifyLogFailed(SICK, null);
        assertThat(state.failure()).isNull();
    }

    @Test
    void what_is_committed_is_applied_still_when_the_raft_log_cannot_be_written() {
        state.notifyLogFailed(SICK, null);
        assertThat(apply(1, "a")).isCompleted();
        assertThat(state.applied).containsExactly("a");
    }

    @Test
    void an_entry_that_cannot_be_applied_is_thrown_and_nothing_is_applied_behind_it() {
        state.problem = SICK;
        assertThatThrownBy(() -> apply(1, "a")).hasCause(SICK);
        state.problem = null;
        assertThatThrownBy(() -> apply(2, "b")).hasMessageContaining("an entry before this one");
        assertThat(state.applied).isEmpty();
        assertThat(state.failure()).hasCause(SICK);
        assertThat(closed).as("Ratis closes it").isNotDone();
    }

    @Test
    void an_entry_that_cannot_be_applied_while_the_division_is_being_closed_is_not_thrown() {
        // Ratis would come again for ever, and its closing wait for that.
        state.notifyLogFailed(SICK, null);
        state.problem = SICK;
        assertThat(apply(1, "a")).isCompletedExceptionally();
        state.problem = null;
        assertThat(apply(2, "b")).isCompletedExceptionally();
        assertThat(state.applied).isEmpty();
        assertThat(state.query(Message.EMPTY)).isCompletedExceptionally();
    }

    @Test
    void a_division_that_ratis_closes_is_not_closed_a_second_time() {
        state.problem = SICK;
        assertThatThrownBy(() -> apply(1, "a")).hasCause(SICK);
        state.notifyLogFailed(new IOException("another one"), null);
        assertThat(closed).isNotDone();
        assertThat(state.failure()).hasCause(SICK);
    }

    @Test
    void a_state_that_cannot_be_saved_ends_the_replica_in_a_way_that_ratis_minds() throws IOException {
        apply(1, "a").join();
        assertThat(state.takeSnapshot()).isEqualTo(1);
        state.problem = SICK;
        // An IOException would be logged, and tried again with the next snapshot.
        assertThatThrownBy(state::takeSnapshot)
                .isInstanceOf(IllegalStateException.class)
                .hasCause(SICK);
        assertThat(state.failure()).isSameAs(SICK);
        state.problem = null;
        assertThatThrownBy(state::takeSnapshot).hasMessageContaining("which has failed");
        assertThat(state.getLatestSnapshot().getIndex()).isEqualTo(1);
    }

    @Test
    void a_state_that_cannot_be_saved_while_the_division_is_being_closed_is_not_thrown_at_ratis() {
        apply(1, "a").join();
        state.ends();
        state.problem = SICK;
        assertThatThrownBy(state::takeSnapshot).isInstanceOf(IOException.class).hasCause(SICK);
    }

    @Test
    void a_copy_that_cannot_be_begun_is_a_failed_one_and_may_be_asked_for_again() {
        for (int i = 0; i < 2; i++) {
            assertThat(state.notifyInstallSnapshotFromLeader(null, TermIndex.valueOf(1, 5)))
                    .as("without a role it is not known whom to copy")
                    .isCompletedExceptionally();
        }
    }
}
