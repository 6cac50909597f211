package dev.varve.server.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.TopicSpec;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionError;
import dev.varve.server.testkit.RunningServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two servers that have nothing in common but that each says who leads: where a record ends up shows whom the client asked. */
class FindingLeadersTest {
    private final RunningServer one = RunningServer.start("");
    private final RunningServer two = RunningServer.start("");
    private final BlockingQueue<String> appended = new LinkedBlockingQueue<>();
    private VarveClient client;

    @BeforeEach
    void start() throws Exception {
        for (RunningServer server : new RunningServer[] {one, two}) {
            server.topics().create(TopicSpec.of("t", 1)).toCompletableFuture().get(10, TimeUnit.SECONDS);
        }
        notes(one, "one");
        notes(two, "two");
        leads("node-2", 4);
        client = VarveClient.create(
                ClientSettings.of(one.url(), two.url()).withRetries(Duration.ofSeconds(20), Duration.ofMillis(20)));
    }

    private void notes(RunningServer server, String name) {
        server.topics().onAppend(append -> {
            appended.add(name);
            // The other one never heard of the producer, which servers of one cluster have.
            return Optional.of(new PartitionActor.Append(append.records(), append.replyTo()));
        });
    }

    private void leads(String leader, long term) {
        one.topics().follow("node-1", leader, term);
        two.topics().follow("node-2", leader, term);
    }

    @AfterEach
    void stop() {
        one.close();
        two.close();
    }

    private String whoGotOne() throws Exception {
        NewRecord record = NewRecord.of(1_000, "v".getBytes(StandardCharsets.UTF_8));
        // Less than a server waits for a partition that does not answer.
        client.produce("t", 0, record).toCompletableFuture().get(10, TimeUnit.SECONDS);
        return appended.poll(10, TimeUnit.SECONDS);
    }

    /** Until the client has heard of the leader anybody will do. */
    private void awaitLeader(String name) throws Exception {
        for (String who = whoGotOne(); !who.equals(name); who = whoGotOne()) {
            appended.clear();
        }
    }

    @Test
    void records_go_to_the_leader_once_it_is_known() throws Exception {
        awaitLeader("two");
        for (int i = 0; i < 20; i++) {
            assertThat(whoGotOne()).isEqualTo("two");
        }
    }

    @Test
    void a_leader_that_leads_no_longer_is_left_for_the_next_one() throws Exception {
        awaitLeader("two");
        leads("node-1", 5);
        two.topics().onAppend(append -> {
            append.replyTo()
                    .tell(new PartitionActor.NotStored(new PartitionError.NotEnoughReplicas("it leads no more")));
            return Optional.empty();
        });
        assertThat(whoGotOne()).isEqualTo("one");
        assertThat(whoGotOne()).isEqualTo("one");
    }

    @Test
    void a_leader_that_moved_without_anybody_failing_is_found_in_time() throws Exception {
        awaitLeader("two");
        leads("node-1", 5);
        awaitLeader("one");
        assertThat(whoGotOne()).isEqualTo("one");
    }

    @Test
    void a_server_that_is_gone_is_left_for_the_other_one() throws Exception {
        awaitLeader("two");
        two.close();
        assertThat(whoGotOne()).isEqualTo("one");
        one.topics().follow("node-1", "node-1", 5);
        assertThat(whoGotOne()).isEqualTo("one");
    }

    @Test
    void a_leader_that_does_not_answer_is_not_waited_for_when_another_one_leads() throws Exception {
        awaitLeader("two");
        BlockingQueue<PartitionActor.Append> held = new LinkedBlockingQueue<>();
        two.topics().onAppend(append -> {
            held.add(append);
            leads("node-1", 5);
            return Optional.empty();
        });
        assertThat(whoGotOne()).isEqualTo("one");
        // What it says in the end changes nothing.
        notes(two, "late");
        two.topics().partition("t", 0).tell(held.poll(10, TimeUnit.SECONDS));
        assertThat(appended.poll(10, TimeUnit.SECONDS)).isEqualTo("late");
        assertThat(whoGotOne()).isEqualTo("one");
    }

    @Test
    void a_word_from_an_earlier_term_does_not_count() throws Exception {
        awaitLeader("two");
        one.topics().follow("node-1", "node-1", 3);
        for (int i = 0; i < 10; i++) {
            // So that all are asked again.
            two.topics().onAppend(append -> {
                append.replyTo().tell(new PartitionActor.NotStored(new PartitionError.NotEnoughReplicas("for now")));
                notes(two, "two");
                return Optional.empty();
            });
            assertThat(whoGotOne()).isEqualTo("two");
        }
    }
}
