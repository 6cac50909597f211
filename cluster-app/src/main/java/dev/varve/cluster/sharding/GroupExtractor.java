package dev.varve.cluster.sharding;

import dev.varve.partition.PartitionActor.Command;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.ShardingMessageExtractor;

/** The shard of a partition is its Raft group, named by its number; every sender works it out alike. */
final class GroupExtractor extends ShardingMessageExtractor<ShardingEnvelope<Command>, Command> {
    private final int groups;

    GroupExtractor(int groups) {
        this.groups = groups;
    }

    @Override
    public String entityId(ShardingEnvelope<Command> message) {
        return message.entityId();
    }

    /** Ids that name no partition have an entity too, which says so. */
    @Override
    public String shardId(String entityId) {
        return Integer.toString(PartitionAddress.parse(entityId)
                .map(address -> address.group(groups))
                .orElse(0));
    }

    @Override
    public Command unwrapMessage(ShardingEnvelope<Command> message) {
        return message.message();
    }
}
