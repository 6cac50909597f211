package dev.varve.cluster.metrics;

/**
 * Is told what takes time in the Raft groups of a node, as it happens, by the threads that do it: so it is quick, does not block and does not
 * fail. Groups are named by their numbers from 0, and the one with the topics by -1.
 */
public interface ClusterMeter {
    ClusterMeter NONE = new ClusterMeter() {};

    /** An entry that this node brought about is on the disks of a majority, and the leader has applied it. */
    default void written(int group, long nanos) {}

    /**
     * This node's replica has applied an entry.
     *
     * @param commands how many batches, or other changes, it brought
     * @param records how many records these had
     */
    default void applied(int group, int commands, int records, int bytes, long nanos) {}

    /** This node's Raft log was synced to the disk. */
    default void synced(int group, long nanos) {}

    /** All that a group's replica stands for was synced, and its snapshot written. */
    default void saved(int group, long nanos) {}
}
