package dev.varve.cluster;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.util.Map;
import java.util.TreeMap;

/** A command in the Raft log of the topics. */
sealed interface TopicsCommand {

    /** Creates a topic whose partitions go round so many groups; the seed is what the ids of its logs are made from. */
    record Create(TopicSpec spec, int groups, long seed) implements TopicsCommand {}

    /** Gives a topic these settings. */
    record Alter(String topic, TopicSettings settings) implements TopicsCommand {}

    record Delete(String topic) implements TopicsCommand {}

    /** Commits offsets of a group of consumers. */
    record CommitOffsets(String consumers, String topic, Map<Integer, Long> offsets) implements TopicsCommand {}

    /** Has the cluster begin with this charter, unless it has one. */
    record Found(Charter charter) implements TopicsCommand {}

    /** Has a node take the place of another, for ever. */
    record Replace(String nodeId, Member newcomer) implements TopicsCommand {}

    /** Says where a node is to be reached; empty what is not known. */
    record Readdress(String nodeId, String cluster, String http) implements TopicsCommand {}

    /** The numbers of the kinds, in the first byte; they never change. */
    int CREATE = 1;

    int ALTER = 2;
    int DELETE = 3;
    int COMMIT_OFFSETS = 4;
    int FOUND = 16;
    int REPLACE = 17;
    int READDRESS = 18;

    default byte[] encode() {
        Output output = new Output(64, -1);
        if (this instanceof Create create) {
            output.writeByte(CREATE);
            output.writeString(create.spec().name());
            output.writeVarInt(create.spec().partitions(), true);
            Topic.writeSettings(output, create.spec().settings());
            output.writeVarInt(create.groups(), true);
            output.writeLong(create.seed());
        } else if (this instanceof Alter alter) {
            output.writeByte(ALTER);
            output.writeString(alter.topic());
            Topic.writeSettings(output, alter.settings());
        } else if (this instanceof Delete delete) {
            output.writeByte(DELETE);
            output.writeString(delete.topic());
        } else if (this instanceof CommitOffsets commit) {
            output.writeByte(COMMIT_OFFSETS);
            output.writeString(commit.consumers());
            output.writeString(commit.topic());
            writeOffsets(output, commit.offsets());
        } else if (this instanceof Found found) {
            output.writeByte(FOUND);
            found.charter().write(output);
        } else if (this instanceof Replace replace) {
            output.writeByte(REPLACE);
            output.writeString(replace.nodeId());
            replace.newcomer().write(output);
        } else if (this instanceof Readdress readdress) {
            output.writeByte(READDRESS);
            output.writeString(readdress.nodeId());
            output.writeString(readdress.cluster());
            output.writeString(readdress.http());
        }
        return output.toBytes();
    }

    /**
     * The command of these bytes.
     *
     * @throws UnreadableEntryException if they are none
     */
    static TopicsCommand decode(byte[] bytes) {
        try (Input input = new Input(bytes)) {
            int kind = input.readByte();
            return switch (kind) {
                case CREATE ->
                    new Create(
                            new TopicSpec(input.readString(), input.readVarInt(true), Topic.readSettings(input)),
                            input.readVarInt(true),
                            input.readLong());
                case ALTER -> new Alter(input.readString(), Topic.readSettings(input));
                case DELETE -> new Delete(input.readString());
                case COMMIT_OFFSETS -> new CommitOffsets(input.readString(), input.readString(), readOffsets(input));
                case FOUND -> new Found(Charter.read(input));
                case REPLACE -> new Replace(input.readString(), Member.read(input));
                case READDRESS -> new Readdress(input.readString(), input.readString(), input.readString());
                default -> throw new UnreadableEntryException("a command of the unknown kind " + kind);
            };
        } catch (KryoException | IllegalArgumentException e) {
            throw new UnreadableEntryException("a command that is not whole: " + e.getMessage());
        }
    }

    static void writeOffsets(Output output, Map<Integer, Long> offsets) {
        output.writeVarInt(offsets.size(), true);
        new TreeMap<>(offsets).forEach((partition, offset) -> {
            output.writeVarInt(partition, true);
            output.writeVarLong(offset, true);
        });
    }

    static Map<Integer, Long> readOffsets(Input input) {
        Map<Integer, Long> offsets = new TreeMap<>();
        int count = input.readVarInt(true);
        for (int i = 0; i < count; i++) {
            offsets.put(input.readVarInt(true), input.readVarLong(true));
        }
        return offsets;
    }
}
