package dev.varve.cluster.sharding;

import dev.varve.cluster.Placement;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A partition as the id of an entity names it: the topic, a hyphen, and the number of the partition without leading zeros. What stands
 * before the last hyphen is the topic, so its name may have hyphens too. Immutable.
 */
record PartitionAddress(String topic, int partition) {
    private static final Pattern ENTITY_ID = Pattern.compile("(.+)-(0|[1-9][0-9]{0,8})");

    PartitionAddress {
        if (topic.isEmpty()) {
            throw new IllegalArgumentException("a topic has a name");
        }
        if (partition < 0 || partition > 999_999_999) {
            throw new IllegalArgumentException("partitions are numbered from 0, not with " + partition);
        }
    }

    /** The partition that an entity id names; empty if it names none. */
    static Optional<PartitionAddress> parse(String entityId) {
        Matcher matcher = ENTITY_ID.matcher(entityId);
        return matcher.matches()
                ? Optional.of(new PartitionAddress(matcher.group(1), Integer.parseInt(matcher.group(2))))
                : Optional.empty();
    }

    String entityId() {
        return topic + "-" + partition;
    }

    /** The group that the partition is in, which is its shard. */
    int group(int groups) {
        return Placement.group(topic, partition, groups);
    }
}
