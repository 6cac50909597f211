package dev.varve.cluster;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** The state of the topics' group: which topics there are, where their partitions are, and what consumers have committed. */
final class TopicsState extends ReplicatedState {
    private final Map<String, Topic> topics = new ConcurrentSkipListMap<>();
    private final Map<Consumers, Map<Integer, Long>> offsets = new ConcurrentHashMap<>();

    /** A group of consumers of one topic. */
    private record Consumers(String name, long topicId) {}

    TopicsState(Path snapshotFile) {
        super("topics", snapshotFile);
    }

    Optional<Topic> topic(String name) {
        return Optional.ofNullable(topics.get(name));
    }

    /** In the order of their names. */
    List<Topic> topics() {
        return List.copyOf(topics.values());
    }

    Map<Integer, Long> offsets(String consumers, long topicId) {
        return offsets.getOrDefault(new Consumers(consumers, topicId), Map.of());
    }

    /** What groups of consumers have committed for a topic, in the order of their names. */
    Map<String, Map<Integer, Long>> consumers(long topicId) {
        Map<String, Map<Integer, Long>> all = new TreeMap<>();
        offsets.forEach((consumers, committed) -> {
            if (consumers.topicId() == topicId) {
                all.put(consumers.name(), committed);
            }
        });
        return all;
    }

    @Override
    List<byte[]> apply(long term, long index, List<byte[]> commands) {
        List<byte[]> results = new ArrayList<>(commands.size());
        for (int place = 0; place < commands.size(); place++) {
            // Commands that share an entry have ids of their own all the same.
            long id = index * Parcel.MAX_ITEMS + place;
            results.add(carryOut(id, TopicsCommand.decode(commands.get(place))).encode());
        }
        return results;
    }

    private TopicsResult carryOut(long id, TopicsCommand command) {
        if (command instanceof TopicsCommand.Create create) {
            return create(id, create);
        } else if (command instanceof TopicsCommand.Alter alter) {
            Topic changed = topics.computeIfPresent(alter.topic(), (name, topic) -> topic.with(alter.settings()));
            return changed == null ? noSuchTopic(alter.topic()) : new TopicsResult.Done(changed);
        } else if (command instanceof TopicsCommand.Delete delete) {
            Topic gone = topics.remove(delete.topic());
            if (gone == null) {
                return noSuchTopic(delete.topic());
            }
            offsets.keySet().removeIf(consumers -> consumers.topicId() == gone.id());
            return new TopicsResult.Done(gone);
        }
        return commit((TopicsCommand.CommitOffsets) command);
    }

    private TopicsResult create(long id, TopicsCommand.Create create) {
        TopicSpec spec = create.spec();
        Topic topic = new Topic(id, spec.name(), spec.partitions(), create.groups(), create.seed(), spec.settings());
        return topics.putIfAbsent(spec.name(), topic) == null
                ? new TopicsResult.Done(topic)
                : new TopicsResult.Refused(new ClusterError.TopicExists(spec.name()));
    }

    private TopicsResult commit(TopicsCommand.CommitOffsets commit) {
        Topic topic = topics.get(commit.topic());
        if (topic == null) {
            return noSuchTopic(commit.topic());
        }
        for (int partition : commit.offsets().keySet()) {
            if (partition < 0 || partition >= topic.partitions()) {
                return new TopicsResult.Refused(
                        new ClusterError.NoSuchPartition(topic.name(), partition, topic.partitions()));
            }
        }
        offsets.merge(new Consumers(commit.consumers(), topic.id()), Map.copyOf(commit.offsets()), (known, added) -> {
            Map<Integer, Long> both = new TreeMap<>(known);
            both.putAll(added);
            return Map.copyOf(both);
        });
        return new TopicsResult.Done(topic);
    }

    private static TopicsResult noSuchTopic(String topic) {
        return new TopicsResult.Refused(new ClusterError.NoSuchTopic(topic));
    }

    /**
     * Whether a topic with this id was there and is not any more, as far as this replica knows: ids grow, so one below that of the next
     * topic which is not here was deleted.
     */
    boolean isDeleted(long topicId) {
        return topicId < getLastAppliedTermIndex().getIndex() * Parcel.MAX_ITEMS
                && topics.values().stream().noneMatch(topic -> topic.id() == topicId);
    }

    @Override
    void save(Output output) {
        output.writeVarInt(topics.size(), true);
        topics.values().forEach(topic -> topic.write(output));
        output.writeVarInt(offsets.size(), true);
        offsets.forEach((consumers, committed) -> {
            output.writeString(consumers.name());
            output.writeVarLong(consumers.topicId(), true);
            TopicsCommand.writeOffsets(output, committed);
        });
    }

    @Override
    void load(Input input) {
        int count = input.readVarInt(true);
        for (int i = 0; i < count; i++) {
            Topic topic = Topic.read(input);
            topics.put(topic.name(), topic);
        }
        int committed = input.readVarInt(true);
        for (int i = 0; i < committed; i++) {
            Consumers consumers = new Consumers(input.readString(), input.readVarLong(true));
            offsets.put(consumers, Map.copyOf(TopicsCommand.readOffsets(input)));
        }
    }
}
