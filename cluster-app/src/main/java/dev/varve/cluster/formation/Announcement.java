package dev.varve.cluster.formation;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.cluster.Charter;
import dev.varve.cluster.Member;
import java.util.Optional;

/**
 * What a node tells the others of itself, again and again. All that there is to agree on follows from it. Immutable.
 *
 * @param raft where its replicas are, or will be, to be reached
 * @param cluster where its clustered actor system is to be reached
 * @param http where it speaks HTTP, as a URL; empty before it does
 * @param replicationFactor how many nodes it wants a cluster to have; of a node that belongs to one, how many that has
 * @param groups how many Raft groups it wants, or its cluster has
 * @param replaces the id of the node whose place it was told to take
 * @param charter the cluster that it belongs to; empty of a node that belongs to none
 * @param isBegun whether that cluster is known to work: all that it was made of have belonged to it
 */
record Announcement(
        String nodeId,
        String raft,
        String cluster,
        String http,
        int replicationFactor,
        int groups,
        Optional<String> replaces,
        Optional<Charter> charter,
        boolean isBegun) {
    private static final int FORMAT = 1;
    private static final int MAX_CHARTER_BYTES = 1 << 20;

    /** As a node of a cluster. */
    Member asMember() {
        return Member.founder(nodeId, raft, cluster, http);
    }

    boolean isFormed() {
        return charter.isPresent();
    }

    byte[] encode() {
        Output output = new Output(256, -1);
        output.writeByte(FORMAT);
        output.writeString(nodeId);
        output.writeString(raft);
        output.writeString(cluster);
        output.writeString(http);
        output.writeVarInt(replicationFactor, true);
        output.writeVarInt(groups, true);
        output.writeString(replaces.orElse(""));
        output.writeBoolean(isBegun);
        byte[] known = charter.map(Charter::encode).orElse(new byte[0]);
        output.writeVarInt(known.length, true);
        output.writeBytes(known);
        return output.toBytes();
    }

    /**
     * What was encoded.
     *
     * @throws IllegalArgumentException if the bytes are something else
     */
    static Announcement decode(byte[] bytes) {
        try (Input input = new Input(bytes)) {
            int format = input.readByte();
            if (format != FORMAT) {
                throw new IllegalArgumentException("an announcement of format " + format + "; this program knows "
                        + FORMAT + ". Give all nodes the same version");
            }
            String nodeId = input.readString();
            String raft = input.readString();
            String cluster = input.readString();
            String http = input.readString();
            int replicationFactor = input.readVarInt(true);
            int groups = input.readVarInt(true);
            String replaces = input.readString();
            boolean isBegun = input.readBoolean();
            int length = input.readVarInt(true);
            if (length < 0 || length > MAX_CHARTER_BYTES) {
                throw new IllegalArgumentException("a charter of " + length + " bytes");
            }
            byte[] known = input.readBytes(length);
            Announcement announcement = new Announcement(
                    nodeId,
                    raft,
                    cluster,
                    http,
                    replicationFactor,
                    groups,
                    replaces.isEmpty() ? Optional.empty() : Optional.of(replaces),
                    length == 0 ? Optional.empty() : Optional.of(Charter.decode(known)),
                    isBegun);
            // Refuses what could not be a node.
            announcement.asMember();
            return announcement;
        } catch (KryoException | NullPointerException e) {
            throw new IllegalArgumentException("an announcement that is not whole: " + e.getMessage(), e);
        }
    }
}
