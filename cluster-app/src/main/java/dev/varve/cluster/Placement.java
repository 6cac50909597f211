package dev.varve.cluster;

import java.nio.charset.StandardCharsets;

/**
 * Which Raft group a partition is assigned to when its topic is created: a function of the topic's name, the partition and the number of
 * groups of the cluster, so that everybody can work it out who knows these. Never changes its results.
 */
public final class Placement {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private Placement() {}

    /**
     * The number of the group. Partitions of a topic go round the groups, beginning where the hash of its name says (FNV-1a of 64 bits
     * over the name in UTF-8).
     *
     * @param partition 0 or more
     * @param groups how many groups the cluster has, 1 or more
     */
    public static int group(String topic, int partition, int groups) {
        return Math.floorMod(Math.floorMod(hash(topic), groups) + (long) partition, groups);
    }

    private static long hash(String topic) {
        long hash = FNV_OFFSET;
        for (byte each : topic.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (each & 0xff)) * FNV_PRIME;
        }
        return hash;
    }

    /**
     * A seed that places the partitions of a topic so.
     *
     * @param random what makes it differ from the seed of an earlier topic of that name
     */
    static long seed(String topic, int groups, long random) {
        // Not so large that adding a partition could overflow, which would tear the round.
        long any = random >> 1;
        return any - Math.floorMod(any, groups) + group(topic, 0, groups);
    }
}
