package dev.varve.server.client;

import dev.varve.log.format.NewRecord;
import dev.varve.server.client.PartitionQueue.Waiting;
import dev.varve.server.records.Partitioner;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What is known of a topic that records are sent to, and those that wait, in order, until its partitions are known. Guarded by the
 * {@link RecordSender} that it belongs to.
 */
final class TopicRecords {
    /** The partition of a record whose place is found by its key, or is the next one in turn. */
    static final int ANY = -1;

    private final String topic;
    private final Deque<Unplaced> unplaced = new ArrayDeque<>();
    private int turn;

    /** The groups of the partitions; null while they are not known. */
    private int[] groups;

    private boolean isAsked;

    /** Whether what is being told may be of an earlier topic. */
    private boolean isStale;

    TopicRecords(String topic) {
        this.topic = topic;
    }

    private record Unplaced(Waiting record, int partition) {}

    interface Place {
        void accept(int partition, Waiting record);
    }

    String topic() {
        return topic;
    }

    /** Places a record, or has it wait: until the partitions are known, and behind those that wait already. */
    void add(int partition, Waiting record, Place place) {
        if (!unplaced.isEmpty() || (partition == ANY && groups == null)) {
            unplaced.add(new Unplaced(record, partition));
        } else {
            place.accept(partition == ANY ? partitionOf(record.record()) : partition, record);
        }
    }

    private int partitionOf(NewRecord record) {
        return record.key() == null
                ? (turn++ & Integer.MAX_VALUE) % groups.length
                : Partitioner.partitionOf(record.key(), groups.length);
    }

    /** Whether to ask for the partitions; from then on that is under way. */
    boolean beginAsking() {
        boolean is = groups == null && !isAsked;
        if (is) {
            isAsked = true;
            isStale = false;
        }
        return is;
    }

    /** The partitions are known: all that waited is placed, in order. */
    void learn(int[] newGroups, Place place) {
        isAsked = false;
        groups = newGroups;
        while (!unplaced.isEmpty()) {
            Unplaced next = unplaced.remove();
            place.accept(
                    next.partition() == ANY ? partitionOf(next.record().record()) : next.partition(), next.record());
        }
        if (isStale) {
            groups = null;
        }
    }

    /** The partitions cannot be known: nothing waits any more. Gives what did. */
    List<Waiting> giveUp() {
        isAsked = false;
        List<Waiting> waited = new ArrayList<>(unplaced.size());
        unplaced.forEach(each -> waited.add(each.record()));
        unplaced.clear();
        return waited;
    }

    /** It may be another topic than it was. */
    void forget() {
        groups = null;
        isStale = true;
    }

    /** The group of a partition; -1 if it is not known. */
    int groupOf(int partition) {
        return groups != null && partition < groups.length ? groups[partition] : -1;
    }
}
