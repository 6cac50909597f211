package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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
}
