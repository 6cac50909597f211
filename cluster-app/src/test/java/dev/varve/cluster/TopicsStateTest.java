package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopicsStateTest {
    @TempDir
    Path root;

    @Test
    void a_change_of_nodes_before_there_are_any_is_refused_and_the_group_goes_on() throws IOException {
        Member newcomer = Member.founder("n9", "127.0.0.1:9", "", "");
        try (NodeDirectory directory = NodeDirectory.open(ClusterSettings.single(root, "127.0.0.1:1"))) {
            TopicsState state = new TopicsState(directory);
            Charter charter = directory.charter().orElseThrow();
            List<TopicsResult> results = state
                    .apply(
                            1,
                            1,
                            List.of(
                                    new TopicsCommand.Replace("n1", newcomer).encode(),
                                    new TopicsCommand.Readdress("n1", "127.0.0.1:2", "").encode(),
                                    new TopicsCommand.Found(charter).encode()))
                    .stream()
                    .map(TopicsResult::decode)
                    .toList();
            TopicsResult refused = new TopicsResult.Refused(Membership.NOT_FOUNDED);
            assertThat(results).containsExactly(refused, refused, new TopicsResult.Chartered(charter));
        }
    }

    @Test
    void groups_of_consumers_commit_offsets_of_a_topic_up_to_a_limit_and_those_within_it_go_on() throws IOException {
        try (NodeDirectory directory = NodeDirectory.open(ClusterSettings.single(root, "127.0.0.1:1"))) {
            TopicsState state = new TopicsState(directory);
            long[] index = {0};
            apply(state, index, new TopicsCommand.Create(TopicSpec.of("t", 1), 1, 7));
            apply(state, index, new TopicsCommand.Create(TopicSpec.of("other", 1), 1, 7));
            for (int group = 0; group < TopicsState.MAX_GROUPS; group++) {
                assertThat(apply(state, index, commit("t", "g" + group, group))).isInstanceOf(TopicsResult.Done.class);
            }
            assertThat(apply(state, index, commit("t", "one-more", 1)))
                    .isInstanceOfSatisfying(TopicsResult.Refused.class, refused -> assertThat(refused.error())
                            .isInstanceOf(ClusterError.InvalidRequest.class));
            assertThat(apply(state, index, commit("t", "g5", 100))).isInstanceOf(TopicsResult.Done.class);
            assertThat(apply(state, index, commit("other", "one-more", 1))).isInstanceOf(TopicsResult.Done.class);
        }
    }

    private static TopicsCommand commit(String topic, String consumers, long offset) {
        return new TopicsCommand.CommitOffsets(consumers, topic, Map.of(0, offset));
    }

    private static TopicsResult apply(TopicsState state, long[] index, TopicsCommand command) {
        index[0]++;
        return TopicsResult.decode(
                state.apply(1, index[0], List.of(command.encode())).get(0));
    }
}
