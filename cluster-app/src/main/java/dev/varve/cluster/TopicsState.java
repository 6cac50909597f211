package dev.varve.cluster;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** The state of the topics' group: which topics there are, where their partitions are, and what consumers have committed. */
final class TopicsState extends ReplicatedState {
    /** How many groups of consumers may commit offsets of one topic. The same on every node of a cluster, for it decides what is stored. */
    static final int MAX_GROUPS = 10_000;

    private volatile Map<String, Topic> topics = new ConcurrentSkipListMap<>();
    private volatile Map<Consumers, Map<Integer, Long>> offsets = new ConcurrentHashMap<>();

    /** Which nodes the cluster has; null until that is in the log. */
    private volatile Charter charter;

    /** A group of consumers of one topic. */
    private record Consumers(String name, long topicId) {}

    TopicsState(NodeDirectory directory) {
        super("topics", directory, null);
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

    /** Which nodes the cluster has, as far as this replica knows; empty until the first leader has put it into the log. */
    Optional<Charter> charter() {
        return Optional.ofNullable(charter);
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
        } else if (command instanceof TopicsCommand.Found found) {
            return charter(charter == null ? found.charter() : charter);
        } else if (command instanceof TopicsCommand.Replace replace) {
            return charter == null ? notFounded() : charter(charter.replace(replace.nodeId(), replace.newcomer()));
        } else if (command instanceof TopicsCommand.Readdress readdress) {
            return charter == null
                    ? notFounded()
                    : charter(charter.readdress(readdress.nodeId(), readdress.cluster(), readdress.http()));
        }
        return commit((TopicsCommand.CommitOffsets) command);
    }

    private static TopicsResult notFounded() {
        return new TopicsResult.Refused(Membership.NOT_FOUNDED);
    }

    private TopicsResult charter(Charter changed) {
        charter = changed;
        return new TopicsResult.Chartered(changed);
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
        Consumers consumers = new Consumers(commit.consumers(), topic.id());
        if (!offsets.containsKey(consumers) && groupsOf(topic) >= MAX_GROUPS) {
            return new TopicsResult.Refused(
                    new ClusterError.InvalidRequest("topic '" + topic.name() + "' has committed" + " offsets of "
                            + MAX_GROUPS + " groups of consumers, the most that it may have; nothing was committed"));
        }
        offsets.merge(consumers, Map.copyOf(commit.offsets()), (known, added) -> {
            Map<Integer, Long> both = new TreeMap<>(known);
            both.putAll(added);
            return Map.copyOf(both);
        });
        return new TopicsResult.Done(topic);
    }

    private long groupsOf(Topic topic) {
        return offsets.keySet().stream()
                .filter(consumers -> consumers.topicId() == topic.id())
                .count();
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

    /** Up to which id this replica knows all topics. To be asked before {@link #topics}. */
    long knownUpTo() {
        return getLastAppliedTermIndex().getIndex() * Parcel.MAX_ITEMS - 1;
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
        output.writeBoolean(charter != null);
        if (charter != null) {
            charter.write(output);
        }
    }

    @Override
    void load(Input input) {
        Map<String, Topic> loadedTopics = new ConcurrentSkipListMap<>();
        int count = input.readVarInt(true);
        for (int i = 0; i < count; i++) {
            Topic topic = Topic.read(input);
            loadedTopics.put(topic.name(), topic);
        }
        Map<Consumers, Map<Integer, Long>> loadedOffsets = new ConcurrentHashMap<>();
        int committed = input.readVarInt(true);
        for (int i = 0; i < committed; i++) {
            Consumers consumers = new Consumers(input.readString(), input.readVarLong(true));
            loadedOffsets.put(consumers, Map.copyOf(TopicsCommand.readOffsets(input)));
        }
        Charter loadedCharter = input.readBoolean() ? Charter.read(input) : null;
        // Before the index that goes with them: who judges by it that a topic is deleted must not miss one.
        topics = loadedTopics;
        offsets = loadedOffsets;
        charter = loadedCharter;
    }
}
