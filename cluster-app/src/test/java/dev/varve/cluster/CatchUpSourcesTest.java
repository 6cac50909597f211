package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.cluster.copying.Staging;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.proto.RaftProtos.FollowerInfoProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatchUpSourcesTest {
    @Test
    void a_newcomer_that_knows_nobody_of_its_group_yet_asks_the_leader_who_sends_it(@TempDir Path directory) {
        RaftGroupId group = RaftGroupId.valueOf(UUID.randomUUID());
        RaftLog empty = Proxies.of(RaftLog.class, name -> -1L);
        RaftServer.Division knowsNobody = Proxies.of(
                RaftServer.Division.class, name -> name.equals("getGroup") ? RaftGroup.valueOf(group) : empty);
        CatchUp.Own nothing = Proxies.of(CatchUp.Own.class, name -> TermIndex.valueOf(0, -1));
        RaftServer server = Proxies.of(RaftServer.class, name -> switch (name) {
            case "getDivision" -> knowsNobody;
            case "getProperties" -> new RaftProperties();
            case "getId" -> RaftPeerId.valueOf("newcomer");
            default -> throw new AssertionError(name);
        });
        // Nobody is there, so that it can be seen whom it asked.
        RaftPeer leader = RaftPeer.newBuilder()
                .setId("leader")
                .setAddress(Ports.free(1).get(0))
                .build();
        RoleInfoProto role = RoleInfoProto.newBuilder()
                .setFollowerInfo(FollowerInfoProto.newBuilder()
                        .setLeaderInfo(ServerRpcProto.newBuilder().setId(leader.getRaftPeerProto())))
                .build();
        Staging staging = new Staging(directory.resolve("copies"), directory.resolve("state"), null);
        try (CatchUp catchUp = new CatchUp("topics", server, group, staging, 1 << 20, nothing)) {
            CompletableFuture<TermIndex> done = catchUp.begin(role, TermIndex.valueOf(1, 17));
            assertThat(done).failsWithin(20, TimeUnit.SECONDS);
            assertThatThrownBy(done::join).hasMessageContaining("from leader: not reached");
        }
    }
}
