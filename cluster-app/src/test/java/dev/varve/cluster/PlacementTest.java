package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Senders of all versions work out the group of a partition; these numbers never change. */
class PlacementTest {
    @Test
    void the_groups_of_these_topics_are_for_ever() {
        assertThat(groups("orders", 4)).containsExactly(0, 1, 2, 3, 0);
        assertThat(groups("orders", 64)).containsExactly(12, 13, 14, 15, 16);
        assertThat(groups("my-topic", 3)).containsExactly(0, 1, 2, 0, 1);
        assertThat(groups("a", 7)).containsExactly(3, 4, 5, 6, 0);
        assertThat(groups("orders", 1)).containsExactly(0, 0, 0, 0, 0);
    }

    private static int[] groups(String topic, int groups) {
        return IntStream.range(0, 5)
                .map(partition -> Placement.group(topic, partition, groups))
                .toArray();
    }

    @Test
    void a_topic_goes_where_they_say_whatever_is_drawn() {
        Random random = new Random(4);
        TopicSettings settings = TopicSettings.DEFAULT;
        for (int i = 0; i < 10_000; i++) {
            int groups = 1 + random.nextInt(ClusterSettings.MAX_GROUPS);
            String name = "topic-" + i;
            long drawn = i == 0 ? Long.MIN_VALUE : i == 1 ? Long.MAX_VALUE : random.nextLong();
            Topic topic = new Topic(1, name, 1_000, groups, Placement.seed(name, groups, drawn), settings);
            int partition = random.nextInt(1_000);
            assertThat(topic.group(partition)).isEqualTo(Placement.group(name, partition, groups));
            assertThat(topic.group(999)).isEqualTo(Placement.group(name, 999, groups));
        }
    }

    @Test
    void two_topics_of_a_name_have_different_logs() {
        assertThat(Placement.seed("t", 4, 1L << 40)).isNotEqualTo(Placement.seed("t", 4, 1L << 41));
    }
}
