package dev.varve.cluster.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.cluster.ClusterDescription;
import dev.varve.cluster.ClusterNode;
import dev.varve.cluster.ClusterNodes;
import dev.varve.cluster.Ports;
import dev.varve.cluster.TopicDescription;
import dev.varve.persistence.query.VarveReadJournal;
import dev.varve.persistence.storage.Partitions;
import dev.varve.persistence.storage.StorageException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A persistent actor on three nodes goes on when one of them is lost, wherever it lives, and has each of its events once. */
class ReplicatedActorTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final Map<String, String> addresses = new TreeMap<>();
    private final Map<String, ActorSystem<Void>> systems = new LinkedHashMap<>();

    @BeforeEach
    void start() {
        List<String> free = Ports.free(3);
        for (int i = 0; i < 3; i++) {
            addresses.put("n" + (i + 1), free.get(i));
        }
        for (String id : addresses.keySet()) {
            startSystem(id);
        }
    }

    private void startSystem(String id) {
        Config own = ConfigFactory.parseMap(Map.of(
                "test.node.directory",
                directory.resolve(id).toString(),
                "test.node.id",
                id,
                "test.node.nodes",
                addresses));
        systems.put(
                id,
                ActorSystem.create(
                        Behaviors.empty(),
                        "app",
                        own.withFallback(ReplicatedPlugin.STORES)
                                .withFallback(ConfigFactory.parseString(NodeOfSystem.CONFIG))
                                .withFallback(ConfigFactory.load())));
    }

    @AfterEach
    void stop() {
        List.copyOf(systems.keySet()).forEach(this::lose);
    }

    private void lose(String id) {
        ActorTestKit.shutdown(systems.remove(id), PATIENCE, true);
    }

    /** Adds a number unless it is there, and says how many there are. */
    private record Add(String number, ActorRef<Integer> replyTo) {}

    /** Keeps the numbers that it was given, each once. */
    private static final class Numbers extends EventSourcedBehavior<Add, String, List<String>> {
        private Numbers(String id) {
            super(
                    PersistenceId.ofUniqueId(id),
                    SupervisorStrategy.restartWithBackoff(Duration.ofMillis(100), Duration.ofSeconds(1), 0.1));
        }

        static Behavior<Add> create(String id) {
            return new Numbers(id);
        }

        @Override
        public List<String> emptyState() {
            return List.of();
        }

        @Override
        public CommandHandler<Add, String, List<String>> commandHandler() {
            return (state, add) -> {
                if (add.number().isEmpty() || state.contains(add.number())) {
                    return Effect().reply(add.replyTo(), state.size());
                }
                return Effect().persist(add.number()).thenReply(add.replyTo(), List::size);
            };
        }

        @Override
        public EventHandler<List<String>, String> eventHandler() {
            return (state, number) -> {
                List<String> more = new ArrayList<>(state);
                more.add(number);
                return more;
            };
        }
    }

    private ActorRef<Add> spawn(String node, String id) {
        return systems.get(node).systemActorOf(Numbers.create(id), "numbers-" + System.nanoTime(), Props.empty());
    }

    /** What the actor answers; asked again while it says nothing, as one does that a persistent actor may be restarted under. */
    private int add(String node, ActorRef<Add> numbers, String number) {
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return AskPattern.<Add, Integer>ask(
                                numbers,
                                replyTo -> new Add(number, replyTo),
                                Duration.ofSeconds(4),
                                systems.get(node).scheduler())
                        .toCompletableFuture()
                        .join();
            } catch (CompletionException e) {
                if (System.nanoTime() - until > 0) {
                    throw e;
                }
            }
        }
    }

    /** Asked again while a node does not know who leads, which after a start may take longer than one request may. */
    private List<String> events(String node, String id) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            try {
                return eventsNow(node, id);
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof StorageException) || System.nanoTime() - deadline > 0) {
                    throw e;
                }
            }
        }
    }

    private List<String> eventsNow(String node, String id) {
        ActorSystem<Void> system = systems.get(node);
        return PersistenceQuery.get(system)
                .getReadJournalFor(VarveReadJournal.class, VarveReadJournal.IDENTIFIER)
                .currentEventsByPersistenceId(id, 0, Long.MAX_VALUE)
                .map(ReplicatedActorTest::describe)
                .runWith(Sink.seq(), system)
                .toCompletableFuture()
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
    }

    private static String describe(EventEnvelope envelope) {
        return envelope.sequenceNr() + ":" + envelope.event();
    }

    private static List<String> numbered(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> i + ":v" + i).toList();
    }

    private ClusterNode node(String id) {
        return ClusterNodes.get(systems.get(id)).orElseThrow();
    }

    /** The node that leads the group with the events of an id. */
    private String leader(String seenFrom, String id) {
        var topics = node(seenFrom).topics();
        TopicDescription topic =
                topics.describe("varve-journal").toCompletableFuture().join().orElseThrow();
        int partition =
                Partitions.partitionOf(Partitions.slice(id), topic.partitions().size());
        int group = topic.partitions().get(partition).group();
        return await().atMost(PATIENCE)
                .until(
                        () -> topics.describeCluster().groups().stream()
                                .filter(each -> each.group() == group)
                                .findFirst()
                                .flatMap(ClusterDescription.Group::leader)
                                .orElse(""),
                        leader -> systems.containsKey(leader));
    }

    @Test
    void an_actor_goes_on_when_the_leader_is_lost_and_has_each_event_once() {
        String id = "numbers|goes-on";
        ActorRef<Add> first = spawn("n1", id);
        for (int i = 1; i <= 20; i++) {
            assertThat(add("n1", first, "v" + i)).isEqualTo(i);
        }
        String lost = leader("n1", id);
        if (lost.equals("n1")) {
            // Its own node: the actor is started on another one.
            lose(lost);
            String other = "n2";
            ActorRef<Add> second = spawn(other, id);
            goOn(other, second, id);
        } else {
            lose(lost);
            goOn("n1", first, id);
        }
    }

    private void goOn(String node, ActorRef<Add> numbers, String id) {
        for (int i = 15; i <= 40; i++) {
            assertThat(add(node, numbers, "v" + i)).isEqualTo(Math.max(i, 20));
        }
        for (String each : systems.keySet()) {
            assertThat(events(each, id)).isEqualTo(numbered(40));
        }
    }

    @Test
    void an_actor_that_lived_elsewhere_meanwhile_recovers_what_it_wrote_there() {
        String id = "numbers|moves";
        int count = 0;
        for (int round = 0; round < 6; round++) {
            String node = "n" + (1 + round % 2);
            ActorRef<Add> numbers = spawn(node, id);
            assertThat(add(node, numbers, "")).isEqualTo(count);
            for (int i = 0; i < 5; i++) {
                count++;
                assertThat(add(node, numbers, "v" + count)).isEqualTo(count);
            }
            stop(node, numbers);
        }
        assertThat(events("n3", id)).isEqualTo(numbered(count));
    }

    private void stop(String node, ActorRef<Add> numbers) {
        Adapter.toClassic(systems.get(node)).stop(Adapter.toClassic(numbers));
    }

    @Test
    void of_two_actors_with_one_id_on_two_nodes_the_one_that_is_behind_is_refused_and_recovers() {
        String id = "numbers|twice";
        ActorRef<Add> here = spawn("n1", id);
        assertThat(add("n1", here, "v1")).isEqualTo(1);
        ActorRef<Add> there = spawn("n2", id);
        assertThat(add("n2", there, "v2")).isEqualTo(2);
        // It does not know of v2: its write is refused, it begins anew, and then knows.
        assertThat(add("n1", here, "v3")).isEqualTo(3);
        assertThat(events("n3", id)).isEqualTo(numbered(3));
    }

    @Test
    void without_a_majority_nothing_is_stored_and_an_actor_goes_on_when_there_is_one_again() {
        String id = "numbers|waits";
        ActorRef<Add> numbers = spawn("n1", id);
        assertThat(add("n1", numbers, "v1")).isEqualTo(1);
        lose("n2");
        lose("n3");
        numbers.tell(new Add("v2", systems.get("n1").ignoreRef()));
        ActorRef<Add> another = spawn("n1", "numbers|another");
        startSystem("n2");
        assertThat(add("n1", numbers, "v2")).isEqualTo(2);
        assertThat(add("n1", another, "w")).isEqualTo(1);
        assertThat(events("n2", id)).isEqualTo(numbered(2));
    }
}
