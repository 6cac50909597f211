package dev.varve.cluster;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;

/** What became of a {@link TopicsCommand}, on every replica alike. */
sealed interface TopicsResult {

    /** It was done, and this is the topic then; of one that was deleted, as it was. */
    record Done(Topic topic) implements TopicsResult {}

    /** The charter as it is then. */
    record Chartered(Charter charter) implements TopicsResult {}

    /** It was not done. */
    record Refused(ClusterError error) implements TopicsResult {}

    int DONE = 1;
    int TOPIC_EXISTS = 2;
    int NO_SUCH_TOPIC = 3;
    int NO_SUCH_PARTITION = 4;
    int INVALID = 5;
    int CHARTERED = 16;
    int UNAVAILABLE = 17;

    default byte[] encode() {
        Output output = new Output(64, -1);
        if (this instanceof Done done) {
            output.writeByte(DONE);
            done.topic().write(output);
        } else if (this instanceof Chartered chartered) {
            output.writeByte(CHARTERED);
            chartered.charter().write(output);
        } else if (this instanceof Refused refused) {
            if (refused.error() instanceof ClusterError.TopicExists exists) {
                output.writeByte(TOPIC_EXISTS);
                output.writeString(exists.topic());
            } else if (refused.error() instanceof ClusterError.NoSuchTopic none) {
                output.writeByte(NO_SUCH_TOPIC);
                output.writeString(none.topic());
            } else if (refused.error() instanceof ClusterError.NoSuchPartition none) {
                output.writeByte(NO_SUCH_PARTITION);
                output.writeString(none.topic());
                output.writeVarInt(none.partition(), true);
                output.writeVarInt(none.partitions(), true);
            } else if (refused.error() instanceof ClusterError.InvalidRequest invalid) {
                output.writeByte(INVALID);
                output.writeString(invalid.message());
            } else if (refused.error() instanceof ClusterError.Unavailable unavailable) {
                output.writeByte(UNAVAILABLE);
                output.writeString(unavailable.message());
            } else {
                throw new IllegalStateException("not a result: " + refused);
            }
        }
        return output.toBytes();
    }

    static TopicsResult decode(byte[] bytes) {
        try (Input input = new Input(bytes)) {
            int kind = input.readByte();
            return switch (kind) {
                case DONE -> new Done(Topic.read(input));
                case CHARTERED -> new Chartered(Charter.read(input));
                case TOPIC_EXISTS -> new Refused(new ClusterError.TopicExists(input.readString()));
                case NO_SUCH_TOPIC -> new Refused(new ClusterError.NoSuchTopic(input.readString()));
                case NO_SUCH_PARTITION ->
                    new Refused(new ClusterError.NoSuchPartition(
                            input.readString(), input.readVarInt(true), input.readVarInt(true)));
                case INVALID -> new Refused(new ClusterError.InvalidRequest(input.readString()));
                case UNAVAILABLE -> new Refused(new ClusterError.Unavailable(input.readString()));
                default -> throw new UnreadableEntryException("a result of the unknown kind " + kind);
            };
        }
    }
}
