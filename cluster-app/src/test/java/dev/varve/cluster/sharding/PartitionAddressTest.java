package dev.varve.cluster.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.cluster.Placement;
import dev.varve.partition.PartitionActor;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.junit.jupiter.api.Test;

/** What the id of an entity says. */
class PartitionAddressTest {
    @Test
    void the_topic_is_what_stands_before_the_last_hyphen() {
        for (String topic : new String[] {"orders", "my-orders", "t-1", "-", "--", "0"}) {
            PartitionAddress address = new PartitionAddress(topic, 12);
            assertThat(address.entityId()).isEqualTo(topic + "-12");
            assertThat(PartitionAddress.parse(address.entityId())).contains(address);
        }
    }

    @Test
    void a_partition_has_one_id_and_what_is_none_names_nothing() {
        for (String id :
                new String[] {"orders", "orders-", "-1", "orders-01", "orders-+1", "orders-1x", "orders-9999999999"}) {
            assertThat(PartitionAddress.parse(id)).as(id).isEmpty();
        }
        assertThat(PartitionAddress.parse("orders--1")).contains(new PartitionAddress("orders-", 1));
        assertThatThrownBy(() -> PartitionSharding.entityId("", 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PartitionSharding.entityId("t", -1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void the_shard_is_the_group_and_an_id_that_names_nothing_has_one_too() {
        GroupExtractor extractor = new GroupExtractor(7);
        for (int partition = 0; partition < 20; partition++) {
            assertThat(extractor.shardId("my-orders-" + partition))
                    .isEqualTo(Integer.toString(Placement.group("my-orders", partition, 7)));
        }
        assertThat(extractor.shardId("nothing")).isEqualTo("0");
        ShardingEnvelope<PartitionActor.Command> envelope = new ShardingEnvelope<>("t-1", PartitionActor.Stop.INSTANCE);
        assertThat(extractor.entityId(envelope)).isEqualTo("t-1");
        assertThat(extractor.unwrapMessage(envelope)).isSameAs(PartitionActor.Stop.INSTANCE);
    }
}
