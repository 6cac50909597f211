package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftClientRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.ReadIndexRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.junit.jupiter.api.Test;

/** A node takes from other replicas what is for it, once it has begun. */
class RecipientsTest {
    private final Recipients recipients = new Recipients("new");
    private final List<Object> taken = new ArrayList<>();
    private final List<Status> closed = new ArrayList<>();

    private final class Call extends ServerCall<Object, Object> {
        @Override
        public void request(int messages) {}

        @Override
        public void sendHeaders(Metadata headers) {}

        @Override
        public void sendMessage(Object message) {}

        @Override
        public void close(Status status, Metadata trailers) {
            closed.add(status);
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public MethodDescriptor<Object, Object> getMethodDescriptor() {
            throw new UnsupportedOperationException();
        }
    }

    private ServerCall.Listener<Object> call() {
        return recipients.interceptCall(new Call(), new Metadata(), (call, headers) -> new ServerCall.Listener<>() {
            @Override
            public void onMessage(Object message) {
                taken.add(message);
            }
        });
    }

    /** All that replicas ask of each other. */
    private static Stream<Object> requests(String nodeId) {
        RaftRpcRequestProto envelope = RaftRpcRequestProto.newBuilder()
                .setReplyId(ByteString.copyFromUtf8(nodeId))
                .build();
        Stream<Supplier<Object>> all = Stream.of(
                () -> AppendEntriesRequestProto.newBuilder()
                        .setServerRequest(envelope)
                        .build(),
                () -> RequestVoteRequestProto.newBuilder()
                        .setServerRequest(envelope)
                        .build(),
                () -> InstallSnapshotRequestProto.newBuilder()
                        .setServerRequest(envelope)
                        .build(),
                () -> ReadIndexRequestProto.newBuilder()
                        .setServerRequest(envelope)
                        .build(),
                () -> StartLeaderElectionRequestProto.newBuilder()
                        .setServerRequest(envelope)
                        .build());
        return all.map(Supplier::get);
    }

    @Test
    void what_is_for_this_node_is_taken_and_what_is_for_the_one_that_was_at_its_address_is_not() {
        recipients.open();
        requests("old").forEach(request -> call().onMessage(request));
        assertThat(taken).isEmpty();
        assertThat(closed).hasSize(5).allSatisfy(status -> {
            assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
            assertThat(status.getDescription()).isEqualTo("this is node new");
        });
        requests("new").forEach(request -> call().onMessage(request));
        assertThat(taken).hasSize(5);
    }

    @Test
    void until_all_groups_have_begun_replicas_are_told_to_come_again() {
        requests("new").forEach(request -> call().onMessage(request));
        assertThat(taken).isEmpty();
        assertThat(closed).hasSize(5).allSatisfy(status -> assertThat(status.getCode())
                .isEqualTo(Status.Code.UNAVAILABLE));
    }

    @Test
    void a_stream_that_was_refused_once_is_over() {
        ServerCall.Listener<Object> stream = call();
        requests("new").limit(1).forEach(stream::onMessage);
        recipients.open();
        requests("new").limit(1).forEach(stream::onMessage);
        stream.onHalfClose();
        assertThat(taken).isEmpty();
        assertThat(closed).hasSize(1);
    }

    @Test
    void clients_are_none_of_its_business() {
        call().onMessage(RaftClientRequestProto.getDefaultInstance());
        assertThat(taken).hasSize(1);
    }
}
