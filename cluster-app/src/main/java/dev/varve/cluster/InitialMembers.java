package dev.varve.cluster;

import dev.varve.log.io.NioDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerProto;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeer;

/**
 * Who is in a group, for a replica that does not know it yet. Ratis notes that down when the first leader has written the first entry; a
 * replica that was stopped before, and knew of no members when it starts again, would wait for ever to be told by others, who may be
 * waiting just so. What the log says of members goes before this.
 */
final class InitialMembers {
    /** The first entry of every log is that of its first leader, and says just this. */
    private static final long INDEX = 0;

    private InitialMembers() {}

    /** Notes the members down where a replica was begun that has not; durable when it returns. To be called while Ratis does not run. */
    static void keep(Path raftDirectory, RaftGroup group) throws IOException {
        Path current =
                raftDirectory.resolve(group.getGroupId().getUuid().toString()).resolve("current");
        Path file = current.resolve("raft-meta.conf");
        if (group.getPeers().isEmpty()) {
            // A node that came later is told by the leader, and until then has no say.
            return;
        }
        if (!Files.isRegularFile(current.resolve("raft-meta")) || (Files.exists(file) && Files.size(file) > 0)) {
            return;
        }
        RaftConfigurationProto.Builder members = RaftConfigurationProto.newBuilder();
        for (RaftPeer peer : group.getPeers()) {
            members.addPeers(RaftPeerProto.newBuilder()
                    .setId(peer.getRaftPeerProto().getId())
                    .setAddress(peer.getAddress())
                    .setPriority(peer.getPriority()));
        }
        LogEntryProto entry = LogEntryProto.newBuilder()
                .setIndex(INDEX)
                .setConfigurationEntry(members)
                .build();
        Path temporary = current.resolve("raft-meta.conf.initial");
        try (FileChannel out = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(entry.toByteArray());
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            out.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        NioDisk.instance().syncDirectory(current);
    }
}
