package dev.varve.cluster;

import dev.varve.cluster.GroupCommand.LogSettings;
import dev.varve.cluster.metrics.GroupFigures;
import dev.varve.log.RollPolicy;
import dev.varve.partition.IoExecutors;
import dev.varve.partition.PartitionActor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;

/**
 * The topics of a cluster. A change is first made in the topics' group, which settles it, and then carried into the groups of the
 * partitions; if that is cut short, {@link Upkeep} carries on.
 */
final class ReplicatedTopics implements TopicService {
    private static final int MAX_GROUP_NAME = 200;

    private final ClusterGroups groups;
    private final IoExecutors executors;
    private final PartitionRefs refs;
    private volatile Supplier<Set<String>> clustered = Set::of;

    ReplicatedTopics(ActorSystem<?> system, IoExecutors executors, ClusterGroups groups) {
        this.groups = groups;
        this.executors = executors;
        this.refs = new PartitionRefs(system, executors, groups);
    }

    @Override
    public CompletionStage<TopicDescription> create(TopicSpec spec) {
        Optional<ClusterException> problem = problem(spec.settings());
        if (problem.isPresent()) {
            return CompletableFuture.failedFuture(problem.get());
        }
        int number = groups.partitions().size();
        long seed =
                Placement.seed(spec.name(), number, ThreadLocalRandom.current().nextLong());
        TopicsCommand command = new TopicsCommand.Create(spec, number, seed);
        return submit(command).thenCompose(topic -> inEachGroup(
                        IntStream.range(0, topic.partitions()).boxed().toList(),
                        partition -> groups.of(topic, partition),
                        partition -> topic.open(partition))
                .thenApply(done -> topic.describe()));
    }

    /** What of these settings cannot be had, if anything. */
    private static Optional<ClusterException> problem(TopicSettings settings) {
        if (settings.segmentBytes() > RollPolicy.MAX_SEGMENT_BYTES) {
            return Optional.of(new ClusterException(new ClusterError.InvalidRequest("segmentBytes must be "
                    + RollPolicy.MAX_SEGMENT_BYTES + " or less, not " + settings.segmentBytes())));
        }
        return Optional.empty();
    }

    @Override
    public CompletionStage<Optional<TopicDescription>> describe(String topic) {
        return latest().thenApply(state -> state.topic(topic).map(Topic::describe));
    }

    @Override
    public CompletionStage<List<TopicDescription>> list() {
        return latest().thenApply(state -> known());
    }

    @Override
    public List<TopicDescription> known() {
        return groups.topics().state().topics().stream().map(Topic::describe).toList();
    }

    private CompletionStage<TopicsState> latest() {
        return groups.topics().reads().awaitLatest().thenApply(done -> groups.topics()
                .state());
    }

    private CompletionStage<Topic> latest(String name) {
        return latest().thenApply(state ->
                state.topic(name).orElseThrow(() -> new ClusterException(new ClusterError.NoSuchTopic(name))));
    }

    @Override
    public CompletionStage<TopicDescription> alter(String name, TopicChange change) {
        return latest(name).thenCompose(known -> {
            TopicSettings settings;
            try {
                settings = change.applyTo(known.settings());
            } catch (IllegalArgumentException e) {
                throw new ClusterException(new ClusterError.InvalidRequest(e.getMessage()));
            }
            problem(settings).ifPresent(found -> {
                throw found;
            });
            return submit(new TopicsCommand.Alter(name, settings)).thenCompose(topic -> inEachGroup(
                            numbersOfGroups(topic),
                            groups.partitions()::get,
                            number -> new GroupCommand.Configure(topic.id(), LogSettings.of(topic.settings())))
                    .thenApply(done -> topic.describe()));
        });
    }

    @Override
    public CompletionStage<Void> delete(String name) {
        return submit(new TopicsCommand.Delete(name))
                .thenCompose(topic -> inEachGroup(
                        numbersOfGroups(topic),
                        groups.partitions()::get,
                        number -> new GroupCommand.Remove(topic.id())));
    }

    private static List<Integer> numbersOfGroups(Topic topic) {
        return IntStream.range(0, topic.partitions())
                .map(topic::group)
                .distinct()
                .boxed()
                .toList();
    }

    private interface ToGroup {
        RaftGroupOnNode<GroupState> apply(int number);
    }

    private interface ToCommand {
        GroupCommand apply(int number);
    }

    private static CompletionStage<Void> inEachGroup(List<Integer> numbers, ToGroup group, ToCommand command) {
        return CompletableFuture.allOf(numbers.stream()
                .map(number -> group.apply(number)
                        .writer()
                        .submit(command.apply(number).encode()))
                .map(CompletionStage::toCompletableFuture)
                .toArray(CompletableFuture[]::new));
    }

    private CompletionStage<Topic> submit(TopicsCommand command) {
        return groups.topics()
                .writer()
                .submit(command.encode())
                .thenApply(TopicsResult::decode)
                .thenApply(result -> {
                    if (result instanceof TopicsResult.Done done) {
                        return done.topic();
                    }
                    throw new ClusterException(((TopicsResult.Refused) result).error());
                });
    }

    @Override
    public RecipientRef<PartitionActor.Command> partition(String topic, int partition) {
        return refs.of(Objects.requireNonNull(topic, "topic"), partition);
    }

    @Override
    public List<CompletionStage<PartitionActor.AppendReply>> append(List<TopicAppend> appends) {
        List<CompletionStage<PartitionActor.AppendReply>> replies = new ArrayList<>(appends.size());
        // So that those of one group share an entry.
        groups.partitions().forEach(group -> group.writer().hold());
        try {
            for (TopicAppend append : appends) {
                CompletableFuture<PartitionActor.AppendReply> reply = new CompletableFuture<>();
                new PartitionRequests(append.topic(), append.partition(), groups, executors.reads())
                        .append(
                                append.records(),
                                OptionalLong.empty(),
                                append.producer().orElse(null),
                                reply::complete);
                replies.add(reply);
            }
        } finally {
            groups.partitions().forEach(group -> group.writer().release());
        }
        return replies;
    }

    @Override
    public CompletionStage<Map<Integer, Long>> offsets(String group, String topic) {
        return latest(topic).thenApply(known -> groups.topics().state().offsets(group, known.id()));
    }

    @Override
    public CompletionStage<Void> commit(String group, String topic, Map<Integer, Long> offsets) {
        if (group.isEmpty() || group.length() > MAX_GROUP_NAME) {
            return CompletableFuture.failedFuture(new ClusterException(new ClusterError.InvalidRequest(
                    "a group of consumers is named by 1 to " + MAX_GROUP_NAME + " characters")));
        }
        for (Map.Entry<Integer, Long> each : offsets.entrySet()) {
            if (each.getValue() < 0 || each.getKey() < 0) {
                return CompletableFuture.failedFuture(new ClusterException(new ClusterError.InvalidRequest(
                        "offset " + each.getValue() + " of partition " + each.getKey() + ": both are 0 or more")));
            }
        }
        return submit(new TopicsCommand.CommitOffsets(group, topic, Map.copyOf(offsets)))
                .thenApply(done -> null);
    }

    /** From now on this says which nodes are in the Pekko cluster. */
    void observe(Supplier<Set<String>> members) {
        clustered = members;
    }

    /** Has the actors end that stand for partitions. */
    void close() {
        refs.close();
    }

    @Override
    public ClusterDescription describeCluster() {
        return groups.describe(clustered.get());
    }

    @Override
    public List<GroupFigures> figures() {
        return groups.all().map(RaftGroupOnNode::figures).toList();
    }

    @Override
    public Map<String, Map<Integer, Long>> consumers(String topic) {
        TopicsState state = groups.topics().state();
        return state.topic(topic).map(known -> state.consumers(known.id())).orElse(Map.of());
    }
}
