package dev.varve.cluster;

import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.RaftLog;

/** Has Raft groups do at once what they would do some day. */
final class Nudges {
    private static final long PATIENCE_MILLIS = 30_000;

    private Nudges() {}

    static RaftServer.Division division(RaftGroupOnNode<?> group) {
        try {
            return group.server().getDivision(group.raft().getGroupId());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static RaftLog raftLog(RaftGroupOnNode<?> group) {
        return division(group).getRaftLog();
    }

    static void until(String what, BooleanSupplier condition) {
        long untilNanos =
                System.nanoTime() + Duration.ofMillis(3 * PATIENCE_MILLIS).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - untilNanos > 0) {
                throw new AssertionError("never: " + what);
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Of the topics' group: -1. */
    static RaftGroupOnNode<?> group(ClusterNode node, int number) {
        return number < 0 ? node.groups().topics() : node.groups().partitions().get(number);
    }

    /** Takes a snapshot and cuts what is below it off the Raft log, whoever needs it. */
    static void cut(RaftGroupOnNode<?> group) {
        request(() -> group.server()
                .snapshotManagement(SnapshotManagementRequest.newCreate(
                        ClientId.randomId(),
                        group.server().getId(),
                        group.raft().getGroupId(),
                        CallId.getAndIncrement(),
                        PATIENCE_MILLIS,
                        1)));
        raftLog(group).purge(group.state().getLatestSnapshot().getIndex()).join();
    }

    private interface Request {
        RaftClientReply send() throws IOException;
    }

    private static void request(Request request) {
        try {
            RaftClientReply reply = request.send();
            if (!reply.isSuccess()) {
                throw new AssertionError(reply.getException());
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
