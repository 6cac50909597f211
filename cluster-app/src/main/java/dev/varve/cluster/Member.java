package dev.varve.cluster;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.util.Objects;

/**
 * A node that a cluster counts on. Immutable.
 *
 * @param id made up when the node started first; never an address
 * @param raft where its replicas are to be reached, as {@code host:port}; never changes
 * @param cluster where its clustered actor system is to be reached, as {@code host:port}; empty if that is not known
 * @param http where it speaks HTTP, as a URL; empty if that is not known
 * @param since the version of the charter that it came with; 0 of a founder
 */
public record Member(String id, String raft, String cluster, String http, long since) {
    public Member {
        Objects.requireNonNull(cluster, "cluster");
        Objects.requireNonNull(http, "http");
        ClusterSettings.socketAddress(raft);
        if (id.isEmpty()) {
            throw new IllegalArgumentException("a node has an id");
        }
        if (since < 0) {
            throw new IllegalArgumentException("since must be 0 or more, not " + since);
        }
    }

    /** One of those that made the cluster. */
    public static Member founder(String id, String raft, String cluster, String http) {
        return new Member(id, raft, cluster, http, 0);
    }

    Member with(String newCluster, String newHttp) {
        return new Member(id, raft, newCluster, newHttp, since);
    }

    void write(Output output) {
        output.writeString(id);
        output.writeString(raft);
        output.writeString(cluster);
        output.writeString(http);
        output.writeVarLong(since, true);
    }

    static Member read(Input input) {
        return new Member(
                input.readString(),
                input.readString(),
                input.readString(),
                input.readString(),
                input.readVarLong(true));
    }
}
