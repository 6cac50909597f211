package dev.varve.cluster;

import java.util.EnumSet;
import java.util.Optional;
import org.apache.ratis.grpc.server.GrpcServices;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.ReadIndexRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;

/**
 * Turns away what other replicas send to another node than this one. Ratis asks for the group alone; but a node that lost its disk comes
 * back at the same address, and must neither vote nor confirm anything as the node that it was: it has forgotten what that one promised.
 *
 * <p>And until this node has begun with all groups it turns away everything: Ratis takes requests for a group that it is still starting, and
 * has closed the replica of a newcomer for them.
 */
final class Recipients implements GrpcServices.Customizer, ServerInterceptor {
    private final ByteString self;
    private final String nodeId;
    private volatile boolean isOpen;

    Recipients(String nodeId) {
        this.nodeId = nodeId;
        this.self = ByteString.copyFromUtf8(nodeId);
    }

    /** All groups have begun. */
    void open() {
        isOpen = true;
    }

    @Override
    public NettyServerBuilder customize(NettyServerBuilder builder, EnumSet<GrpcServices.Type> types) {
        return builder.intercept(this);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
            private boolean isRefused;

            @Override
            public void onMessage(Q message) {
                Optional<Status> refusal = refusal(message);
                if (refusal.isEmpty() && !isRefused) {
                    super.onMessage(message);
                } else if (!isRefused) {
                    isRefused = true;
                    call.close(refusal.get(), new Metadata());
                }
            }

            @Override
            public void onHalfClose() {
                if (!isRefused) {
                    super.onHalfClose();
                }
            }
        };
    }

    private Optional<Status> refusal(Object message) {
        RaftRpcRequestProto envelope = envelope(message);
        if (envelope == null) {
            return Optional.empty();
        } else if (!envelope.getReplyId().equals(self)) {
            return Optional.of(Status.FAILED_PRECONDITION.withDescription("this is node " + nodeId));
        }
        return isOpen
                ? Optional.empty()
                : Optional.of(Status.UNAVAILABLE.withDescription("node " + nodeId + " is starting"));
    }

    /** What is around a request of another replica; null of everything else. */
    private static RaftRpcRequestProto envelope(Object message) {
        if (message instanceof AppendEntriesRequestProto append) {
            return append.getServerRequest();
        } else if (message instanceof RequestVoteRequestProto vote) {
            return vote.getServerRequest();
        } else if (message instanceof InstallSnapshotRequestProto install) {
            return install.getServerRequest();
        } else if (message instanceof ReadIndexRequestProto read) {
            return read.getServerRequest();
        } else if (message instanceof StartLeaderElectionRequestProto election) {
            return election.getServerRequest();
        }
        return null;
    }
}
