package dev.varve.server.testkit;

import dev.varve.cluster.ClusterDescription;
import dev.varve.cluster.ClusterDescription.Group;
import dev.varve.cluster.ClusterDescription.Liveness;
import dev.varve.cluster.ClusterDescription.Node;
import dev.varve.cluster.ClusterError;
import dev.varve.cluster.ClusterException;
import dev.varve.cluster.TopicAppend;
import dev.varve.cluster.TopicChange;
import dev.varve.cluster.TopicDescription;
import dev.varve.cluster.TopicService;
import dev.varve.cluster.TopicSpec;
import dev.varve.cluster.metrics.GroupFigures;
import dev.varve.cluster.metrics.GroupFigures.Replica;
import dev.varve.cluster.metrics.GroupFigures.ReplicaState;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionError;
import dev.varve.partition.PartitionState;
import dev.varve.partition.testkit.InMemoryPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A cluster of one node whose topics are real partitions in memory; tests can come between the server and a partition. */
public final class InMemoryTopics implements TopicService {
    /** Passes everything on. */
    public static final Function<PartitionActor.Append, Optional<PartitionActor.Append>> PASS = Optional::of;

    private final ActorSystem<?> system;
    private final Map<String, Entry> topics = new TreeMap<>();
    private final Map<String, Map<Integer, Long>> offsets = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong();
    private final ActorRef<Command> nowhere;

    private volatile Function<PartitionActor.Append, Optional<PartitionActor.Append>> onAppend = PASS;
    private volatile boolean hasLeader = true;
    private volatile String nodeId = "node-1";
    private volatile String leader = "node-1";
    private volatile long term = 3;
    private volatile ClusterError failure;
    private volatile CompletionStage<?> beforeDescribing = CompletableFuture.completedStage(null);

    public InMemoryTopics(ActorSystem<?> system) {
        this.system = system;
        this.nowhere = spawn(nowhere(), "nowhere");
    }

    private record Entry(TopicDescription description, List<ActorRef<Command>> partitions) {}

    /** From now on what an append becomes before the partition sees it; empty if that shall not see it. */
    public void onAppend(Function<PartitionActor.Append, Optional<PartitionActor.Append>> change) {
        onAppend = change;
    }

    /** From now on this is the node, and takes that one for the leader since the term. */
    public void follow(String node, String newLeader, long newTerm) {
        nodeId = node;
        leader = newLeader;
        term = newTerm;
    }

    public void loseLeader() {
        hasLeader = false;
    }

    /** From now on all that asks for topics fails; null for no longer. */
    public void failWith(ClusterError error) {
        failure = error;
    }

    /** From now on what asks for a topic is answered after this. */
    public void describeAfter(CompletionStage<?> stage) {
        beforeDescribing = stage;
    }

    private <T> CompletionStage<T> answer(Supplier<T> answer) {
        try {
            if (failure != null) {
                throw new ClusterException(failure);
            }
            synchronized (topics) {
                return CompletableFuture.completedStage(answer.get());
            }
        } catch (ClusterException e) {
            return CompletableFuture.failedStage(e);
        }
    }

    private Entry entry(String topic) {
        Entry entry = topics.get(topic);
        if (entry == null) {
            throw new ClusterException(new ClusterError.NoSuchTopic(topic));
        }
        return entry;
    }

    @Override
    public CompletionStage<TopicDescription> create(TopicSpec spec) {
        return answer(() -> {
            if (topics.containsKey(spec.name())) {
                throw new ClusterException(new ClusterError.TopicExists(spec.name()));
            }
            long id = ids.incrementAndGet();
            List<ActorRef<Command>> partitions = new ArrayList<>();
            for (int i = 0; i < spec.partitions(); i++) {
                ActorRef<Command> partition = spawn(InMemoryPartition.create().behavior(), "partition-" + id + "-" + i);
                awaitOpen(partition);
                partitions.add(spawn(inFrontOf(partition), "front-" + id + "-" + i));
            }
            TopicDescription description = new TopicDescription(
                    spec.name(),
                    id,
                    spec.settings(),
                    IntStream.range(0, spec.partitions())
                            .mapToObj(i -> new TopicDescription.Partition(i, 0))
                            .toList());
            topics.put(spec.name(), new Entry(description, partitions));
            return description;
        });
    }

    /** A subscription is answered once the log is open. */
    private void awaitOpen(ActorRef<Command> partition) {
        AskPattern.ask(
                        partition,
                        (ActorRef<PartitionActor.TailReply> replyTo) -> new PartitionActor.Subscribe(-1, replyTo),
                        Duration.ofSeconds(10),
                        system.scheduler())
                .toCompletableFuture()
                .join();
    }

    private ActorRef<Command> spawn(Behavior<Command> behavior, String name) {
        return system.systemActorOf(behavior, name, Props.empty());
    }

    private Behavior<Command> inFrontOf(ActorRef<Command> partition) {
        return Behaviors.receiveMessage(command -> {
            if (command instanceof PartitionActor.Append append) {
                onAppend.apply(append).ifPresent(partition::tell);
            } else {
                partition.tell(command);
            }
            return Behaviors.same();
        });
    }

    private static Behavior<Command> nowhere() {
        PartitionError error = new PartitionError.NoSuchPartition("there is no such partition");
        return Behaviors.receiveMessage(command -> {
            if (command instanceof PartitionActor.Append append) {
                append.replyTo().tell(new PartitionActor.NotStored(error));
            } else if (command instanceof PartitionActor.Read read) {
                read.replyTo().tell(new PartitionActor.ReadFailed(read.offset(), error));
            } else if (command instanceof PartitionActor.Subscribe subscribe) {
                subscribe.replyTo().tell(new PartitionActor.Failure(error));
            } else if (command instanceof PartitionActor.OffsetForTimestamp offset) {
                offset.replyTo().tell(new PartitionActor.Failure(error));
            } else if (command instanceof PartitionActor.Describe describe) {
                describe.replyTo()
                        .tell(new PartitionActor.Description(PartitionState.FAILED, error.message(), Optional.empty()));
            }
            return Behaviors.same();
        });
    }

    @Override
    public CompletionStage<Optional<TopicDescription>> describe(String topic) {
        return beforeDescribing.thenCompose(
                done -> answer(() -> Optional.ofNullable(topics.get(topic)).map(Entry::description)));
    }

    @Override
    public CompletionStage<List<TopicDescription>> list() {
        return answer(() -> topics.values().stream().map(Entry::description).toList());
    }

    @Override
    public CompletionStage<TopicDescription> alter(String topic, TopicChange change) {
        return answer(() -> {
            Entry before = entry(topic);
            TopicDescription description = before.description();
            TopicDescription after = new TopicDescription(
                    topic, description.id(), change.applyTo(description.settings()), description.partitions());
            topics.put(topic, new Entry(after, before.partitions()));
            return after;
        });
    }

    @Override
    public CompletionStage<Void> delete(String topic) {
        return answer(() -> {
            entry(topic).partitions().forEach(partition -> partition.tell(PartitionActor.Stop.INSTANCE));
            topics.remove(topic);
            return null;
        });
    }

    @Override
    public RecipientRef<Command> partition(String topic, int partition) {
        synchronized (topics) {
            Entry entry = topics.get(topic);
            return entry == null || partition >= entry.partitions().size()
                    ? nowhere
                    : entry.partitions().get(partition);
        }
    }

    @Override
    public List<CompletionStage<PartitionActor.AppendReply>> append(List<TopicAppend> appends) {
        return appends.stream()
                .map(append -> AskPattern.ask(
                        partition(append.topic(), append.partition()),
                        (ActorRef<PartitionActor.AppendReply> replyTo) -> new PartitionActor.Append(
                                append.records(), OptionalLong.empty(), replyTo, append.producer()),
                        Duration.ofMinutes(1),
                        system.scheduler()))
                .toList();
    }

    @Override
    public CompletionStage<Map<Integer, Long>> offsets(String group, String topic) {
        return answer(() -> {
            entry(topic);
            return Map.copyOf(offsets.getOrDefault(group + "/" + topic, Map.of()));
        });
    }

    @Override
    public CompletionStage<Void> commit(String group, String topic, Map<Integer, Long> committed) {
        return answer(() -> {
            int partitions = entry(topic).partitions().size();
            committed.keySet().stream()
                    .filter(partition -> partition >= partitions)
                    .findFirst()
                    .ifPresent(partition -> {
                        throw new ClusterException(new ClusterError.NoSuchPartition(topic, partition, partitions));
                    });
            offsets.computeIfAbsent(group + "/" + topic, key -> new TreeMap<>()).putAll(committed);
            return null;
        });
    }

    @Override
    public ClusterDescription describeCluster() {
        Optional<String> known = hasLeader ? Optional.of(leader) : Optional.empty();
        return new ClusterDescription(
                "cluster-1",
                nodeId,
                List.of(new Node(
                        "node-1", "127.0.0.1:2550", "127.0.0.1:7101", "http://127.0.0.1:8080", Liveness.ALIVE, true)),
                List.of(new Group(0, known, term, List.of("node-1"), 42)),
                new Group(-1, Optional.of("node-1"), 2, List.of("node-1"), 7));
    }

    @Override
    public List<TopicDescription> known() {
        synchronized (topics) {
            return topics.values().stream().map(Entry::description).toList();
        }
    }

    @Override
    public List<GroupFigures> figures() {
        return List.of(
                new GroupFigures(-1, ReplicaState.LEADER, 0, 7, 7, 7, 0, 0, List.of(new Replica("node-1", 0))),
                new GroupFigures(
                        0,
                        ReplicaState.LEADER,
                        0,
                        45,
                        43,
                        42,
                        2,
                        300,
                        List.of(new Replica("node-1", 0), new Replica("node-2", 5))));
    }

    @Override
    public Map<String, Map<Integer, Long>> consumers(String topic) {
        Map<String, Map<Integer, Long>> consumers = new TreeMap<>();
        offsets.forEach((key, committed) -> {
            if (key.endsWith("/" + topic)) {
                consumers.put(key.substring(0, key.length() - topic.length() - 1), Map.copyOf(committed));
            }
        });
        return consumers;
    }
}
