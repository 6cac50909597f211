package dev.varve.cluster.metrics;

import java.util.List;

/**
 * A Raft group as one node sees it at one moment. Indexes count the entries of the group's Raft log from 0; -1 is none, or not known.
 *
 * @param group its number; -1 of the one with the topics
 * @param logStartIndex the first entry that the Raft log of this node still has
 * @param logEndIndex the last entry of the Raft log of this node
 * @param committedIndex up to which entry this node knows that a majority has them
 * @param appliedIndex up to which entry this node has applied them
 * @param waitingCommands how many changes wait at this node for their entry
 * @param waitingBytes how many bytes they have
 * @param replicas the replicas, as far as this node hears of them
 */
public record GroupFigures(
        int group,
        ReplicaState state,
        long logStartIndex,
        long logEndIndex,
        long committedIndex,
        long appliedIndex,
        int waitingCommands,
        long waitingBytes,
        List<Replica> replicas) {
    public GroupFigures {
        replicas = List.copyOf(replicas);
    }

    /** What this node's replica does. */
    public enum ReplicaState {
        LEADER,
        FOLLOWER,
        /** Asks to be the leader. */
        CANDIDATE,
        /** Applies no entries any more: one could not be applied, or the group is being stopped. */
        FAILED
    }

    /**
     * A replica.
     *
     * @param node the node that has it
     * @param behind how many committed entries it had yet to hear of when it was last heard of itself
     */
    public record Replica(String node, long behind) {}
}
