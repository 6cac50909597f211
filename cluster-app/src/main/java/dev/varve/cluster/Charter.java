package dev.varve.cluster;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What makes a cluster that cluster: its id, what is fixed when it is made, and the nodes that it counts on. Each node has it on its disk;
 * once the cluster works it is part of what the topics' group replicates, and changes only there. Immutable.
 *
 * @param version 0 when the cluster is made; each change has the next one
 * @param groups how many Raft groups the partitions share
 * @param members the nodes, each of which has a replica of every group; a node that takes the place of another one has its place in the list
 * @param retired the nodes whose place was taken, which are refused for ever
 */
public record Charter(UUID clusterId, long version, int groups, List<Member> members, List<Retired> retired) {
    private static final int FORMAT = 1;
    private static final int MAX_NODES = 10_000;

    public Charter {
        Objects.requireNonNull(clusterId, "clusterId");
        members = List.copyOf(members);
        retired = List.copyOf(retired);
        if (members.isEmpty()) {
            throw new IllegalArgumentException("a cluster has one node at least");
        }
        if (groups < 1 || groups > ClusterSettings.MAX_GROUPS) {
            throw new IllegalArgumentException(
                    "groups must be from 1 to " + ClusterSettings.MAX_GROUPS + ", not " + groups);
        }
        long ids = Stream.concat(members.stream(), retired.stream().map(Retired::member))
                .map(Member::id)
                .distinct()
                .count();
        if (ids < members.size() + retired.size()) {
            throw new IllegalArgumentException("an id is there twice: " + members + ", " + retired);
        }
    }

    /**
     * A node whose place was taken.
     *
     * @param successor the id of the node that took it
     */
    public record Retired(Member member, String successor) {}

    /** That of a new cluster; the nodes are put in the order of their ids. */
    public static Charter found(UUID clusterId, int groups, List<Member> founders) {
        return new Charter(
                clusterId,
                0,
                groups,
                founders.stream().sorted(Comparator.comparing(Member::id)).toList(),
                List.of());
    }

    /** How many replicas each partition has: one on every node. */
    public int replicationFactor() {
        return members.size();
    }

    /** The node of this id, if the cluster counts on it. */
    public Optional<Member> member(String nodeId) {
        return members.stream().filter(member -> member.id().equals(nodeId)).findFirst();
    }

    /** The node of this id, if its place was taken. */
    public Optional<Retired> retired(String nodeId) {
        return retired.stream()
                .filter(gone -> gone.member().id().equals(nodeId))
                .findFirst();
    }

    /**
     * Whether this one goes before another, of which neither works yet. Of two that count on the same nodes only the one with the least id can
     * ever work: it takes all of these nodes, and whoever belongs to that one never belongs to the other.
     */
    public boolean goesBefore(Charter other) {
        return clusterId.compareTo(other.clusterId) < 0
                && members.stream()
                        .map(Member::id)
                        .toList()
                        .equals(other.members.stream().map(Member::id).toList());
    }

    /** The nodes that made the cluster, those whose place was taken included, in the order of their ids. */
    List<Member> founders() {
        return Stream.concat(members.stream(), retired.stream().map(Retired::member))
                .filter(member -> member.since() == 0)
                .sorted(Comparator.comparing(Member::id))
                .toList();
    }

    /**
     * This one with a node in the place of another. The same if the newcomer is or was a member, or the other one is none: so it may be
     * asked for again.
     *
     * @param newcomer says with which version it is to come; another one is the same again, 0 is any
     */
    Charter replace(String nodeId, Member newcomer) {
        Optional<Member> old = member(nodeId);
        if (old.isEmpty()
                || member(newcomer.id()).isPresent()
                || retired(newcomer.id()).isPresent()
                || newcomer.since() != 0 && newcomer.since() != version + 1) {
            return this;
        }
        Member comes = new Member(newcomer.id(), newcomer.raft(), newcomer.cluster(), newcomer.http(), version + 1);
        List<Retired> gone = new ArrayList<>(retired);
        gone.add(new Retired(old.get(), comes.id()));
        return new Charter(
                clusterId,
                version + 1,
                groups,
                members.stream()
                        .map(member -> member.equals(old.get()) ? comes : member)
                        .toList(),
                gone);
    }

    /** This one with other addresses of a node; the same if nothing changes by that, or the node is no member. */
    Charter readdress(String nodeId, String cluster, String http) {
        List<Member> changed = members.stream()
                .map(member -> member.id().equals(nodeId) ? member.with(cluster, http) : member)
                .toList();
        return changed.equals(members) ? this : new Charter(clusterId, version + 1, groups, changed, retired);
    }

    /** For disks and wires: a byte for the format, then the components in their order. */
    public byte[] encode() {
        Output output = new Output(256, -1);
        write(output);
        return output.toBytes();
    }

    void write(Output output) {
        output.writeByte(FORMAT);
        output.writeLong(clusterId.getMostSignificantBits());
        output.writeLong(clusterId.getLeastSignificantBits());
        output.writeVarLong(version, true);
        output.writeVarInt(groups, true);
        output.writeVarInt(members.size(), true);
        members.forEach(member -> member.write(output));
        output.writeVarInt(retired.size(), true);
        retired.forEach(gone -> {
            gone.member().write(output);
            output.writeString(gone.successor());
        });
    }

    /**
     * What was encoded.
     *
     * @throws IllegalArgumentException if the bytes are something else
     */
    public static Charter decode(byte[] bytes) {
        try (Input input = new Input(bytes)) {
            return read(input);
        } catch (KryoException e) {
            throw new IllegalArgumentException("a charter that ends too early: " + e.getMessage(), e);
        }
    }

    static Charter read(Input input) {
        int format = input.readByte();
        if (format != FORMAT) {
            throw new IllegalArgumentException(
                    "a charter of format " + format + "; this program knows " + FORMAT + ". Use a later one");
        }
        UUID clusterId = new UUID(input.readLong(), input.readLong());
        long version = input.readVarLong(true);
        int groups = input.readVarInt(true);
        List<Member> members = new ArrayList<>();
        for (int left = count(input); left > 0; left--) {
            members.add(Member.read(input));
        }
        List<Retired> retired = new ArrayList<>();
        for (int left = count(input); left > 0; left--) {
            retired.add(new Retired(Member.read(input), input.readString()));
        }
        return new Charter(clusterId, version, groups, members, retired);
    }

    private static int count(Input input) {
        int count = input.readVarInt(true);
        if (count < 0 || count > MAX_NODES) {
            throw new IllegalArgumentException("a charter of " + count + " nodes");
        }
        return count;
    }
}
