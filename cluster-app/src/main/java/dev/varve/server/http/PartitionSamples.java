package dev.varve.server.http;

import dev.varve.cluster.TopicDescription;
import dev.varve.cluster.TopicService;
import dev.varve.log.LogDescription;
import dev.varve.partition.PartitionActor.Description;
import dev.varve.partition.PartitionState;
import dev.varve.server.metrics.ServerMetrics.ConsumerSample;
import dev.varve.server.metrics.ServerMetrics.PartitionSample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** Asks all partitions of topics how they are, a number at a time. Any thread. */
final class PartitionSamples {
    private static final int ASKED_AT_A_TIME = 64;

    /** Who reads metrics does not wait for what may never be there, and is told without. */
    private static final Duration PATIENCE_OF_METRICS = Duration.ofSeconds(1);

    private final TopicService topics;
    private final Partitions partitions;
    private final ActorSystem<?> system;

    PartitionSamples(TopicService topics, Partitions partitions, ActorSystem<?> system) {
        this.topics = topics;
        this.partitions = partitions;
        this.system = system;
    }

    /** A partition of a topic. */
    record Id(String topic, int partition) {}

    /** What a partition says of itself, or why it says nothing: one of the two is null. */
    record State(Id id, Description description, Problem problem) {
        Optional<LogDescription> log() {
            return description == null ? Optional.empty() : description.log();
        }
    }

    /** How the partitions of these topics are. Never fails for a partition that does not answer. */
    CompletionStage<Map<Id, State>> states(List<TopicDescription> all) {
        return states(all, partitions.timeout());
    }

    private CompletionStage<Map<Id, State>> states(List<TopicDescription> all, Duration patience) {
        return DirectStage.of(Source.from(all)
                        .mapConcat(topic -> topic.partitions().stream()
                                .map(partition -> new Id(topic.name(), partition.partition()))
                                .toList())
                        .mapAsync(ASKED_AT_A_TIME, id -> partitions
                                .describe(id.topic(), id.partition(), patience)
                                .handle((description, failure) -> failure == null
                                        ? new State(id, description, null)
                                        : new State(id, null, Problems.of(failure))))
                        .runWith(Sink.seq(), system))
                .thenApply(states -> states.stream().collect(Collectors.toMap(State::id, Function.identity())));
    }

    /** How all partitions are, and how far consumers have got. */
    record Samples(List<PartitionSample> partitions, List<ConsumerSample> consumers) {}

    /** As far as this node knows; asks no other one. */
    CompletionStage<Samples> take() {
        List<TopicDescription> all = topics.known();
        return states(all, PATIENCE_OF_METRICS).thenApply(states -> samples(all, states));
    }

    private Samples samples(List<TopicDescription> all, Map<Id, State> states) {
        List<PartitionSample> partitions = new ArrayList<>();
        List<ConsumerSample> consumers = new ArrayList<>();
        for (TopicDescription topic : all) {
            for (TopicDescription.Partition partition : topic.partitions()) {
                partitions.add(sample(states.get(new Id(topic.name(), partition.partition()))));
            }
            topics.consumers(topic.name()).forEach((name, offsets) -> new TreeMap<>(offsets)
                    .forEach((partition, offset) -> lag(states.get(new Id(topic.name(), partition)), offset)
                            .ifPresent(lag -> consumers.add(new ConsumerSample(name, topic.name(), partition, lag)))));
        }
        return new Samples(partitions, consumers);
    }

    /** How many offsets there are from what was committed to the high watermark; empty while that is not known. */
    static OptionalLong lag(State state, long committed) {
        return state == null || state.log().isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(Math.max(0, state.log().get().logEndOffset() - committed));
    }

    private static PartitionSample sample(State state) {
        Optional<LogDescription> log = state.log();
        return new PartitionSample(
                state.id().topic(),
                state.id().partition(),
                state.description() != null && state.description().state() == PartitionState.READY,
                log.map(LogDescription::logStartOffset).orElse(0L),
                log.map(LogDescription::logEndOffset).orElse(0L),
                log.map(LogDescription::bytes).orElse(0L),
                log.map(description -> description.damage().size()).orElse(0));
    }
}
