package dev.varve.cluster;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.log.format.Compression;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.MalformedBatchException;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordCodec;
import java.util.List;
import java.util.OptionalLong;

/** A command in the Raft log of a group of partitions. What it does depends on it and on the state of the group alone. */
sealed interface GroupCommand {

    /** What a partition's log is opened with, of the settings of its topic. */
    record LogSettings(long segmentBytes, Compression compression) {
        static LogSettings of(TopicSettings settings) {
            return new LogSettings(settings.segmentBytes(), settings.compression());
        }

        void write(Output output) {
            output.writeVarLong(segmentBytes, true);
            output.writeByte(compression.code());
        }

        static LogSettings read(Input input) {
            long segmentBytes = input.readVarLong(true);
            int code = input.readByte();
            Compression compression = Compression.of(code);
            if (compression == null) {
                throw new UnreadableEntryException("compression number " + code);
            }
            return new LogSettings(segmentBytes, compression);
        }
    }

    /** Begins a partition, unless it is there, or its topic was removed. */
    record Open(PartitionId id, long logId, LogSettings settings) implements GroupCommand {}

    /** Changes how the partitions of a topic are written from now on. */
    record Configure(long topicId, LogSettings settings) implements GroupCommand {}

    /** Deletes the partitions of a topic, for ever. */
    record Remove(long topicId) implements GroupCommand {}

    /** Appends a batch. */
    record Append(PartitionId id, List<NewRecord> records, OptionalLong expectedEpoch, Producer producer)
            implements GroupCommand {}

    /** Raises the log start offset. */
    record DeleteBefore(PartitionId id, long offset) implements GroupCommand {}

    /**
     * Says that no topic with an id up to this one is yet to begin a partition in the group: those that are not there now were removed, or
     * have none here.
     */
    record Forget(long topicId) implements GroupCommand {}

    /** The numbers of the kinds, in the first byte; they never change. */
    int OPEN = 1;

    int CONFIGURE = 2;
    int REMOVE = 3;
    int APPEND = 4;
    int DELETE_BEFORE = 5;
    int FORGET = 6;

    int HAS_PRODUCER = 1;
    int HAS_EPOCH = 2;

    default byte[] encode() {
        Output output = new Output(64, -1);
        if (this instanceof Open open) {
            output.writeByte(OPEN);
            writeId(output, open.id());
            output.writeLong(open.logId());
            open.settings().write(output);
        } else if (this instanceof Configure configure) {
            output.writeByte(CONFIGURE);
            output.writeVarLong(configure.topicId(), true);
            configure.settings().write(output);
        } else if (this instanceof Remove remove) {
            output.writeByte(REMOVE);
            output.writeVarLong(remove.topicId(), true);
        } else if (this instanceof Forget forget) {
            output.writeByte(FORGET);
            output.writeVarLong(forget.topicId(), true);
        } else if (this instanceof DeleteBefore delete) {
            output.writeByte(DELETE_BEFORE);
            writeId(output, delete.id());
            output.writeVarLong(delete.offset(), true);
        } else if (this instanceof Append append) {
            output.writeByte(APPEND);
            writeId(output, append.id());
            writeBatch(output, append);
        }
        return output.toBytes();
    }

    private static void writeId(Output output, PartitionId id) {
        output.writeVarLong(id.topicId(), true);
        output.writeVarInt(id.partition(), true);
    }

    private static PartitionId readId(Input input) {
        return new PartitionId(input.readVarLong(true), input.readVarInt(true));
    }

    private static void writeBatch(Output output, Append append) {
        Producer producer = append.producer();
        output.writeByte(
                (producer == null ? 0 : HAS_PRODUCER) | (append.expectedEpoch().isEmpty() ? 0 : HAS_EPOCH));
        if (producer != null) {
            output.writeLong(producer.id());
            output.writeShort(producer.epoch());
            output.writeInt(producer.firstSequence());
        }
        if (append.expectedEpoch().isPresent()) {
            output.writeLong(append.expectedEpoch().getAsLong());
        }
        List<NewRecord> records = append.records();
        long least = Long.MAX_VALUE;
        long greatest = Long.MIN_VALUE;
        for (NewRecord record : records) {
            least = Math.min(least, record.timestamp());
            greatest = Math.max(greatest, record.timestamp());
        }
        output.writeVarInt(records.size(), true);
        output.writeLong(least);
        output.writeLong(greatest);
        for (int i = 0; i < records.size(); i++) {
            RecordCodec.encode(output, records.get(i), i, records.get(i).timestamp() - least);
        }
    }

    private static Append readBatch(PartitionId id, Input input) throws MalformedBatchException {
        int flags = input.readByte();
        Producer producer =
                (flags & HAS_PRODUCER) == 0 ? null : new Producer(input.readLong(), input.readShort(), input.readInt());
        OptionalLong epoch = (flags & HAS_EPOCH) == 0 ? OptionalLong.empty() : OptionalLong.of(input.readLong());
        int count = input.readVarInt(true);
        long least = input.readLong();
        long greatest = input.readLong();
        int bytes = input.limit() - input.position();
        FrameHeader header = new FrameHeader(
                0, 0, 0, 0, 0, count, count - 1, least, greatest, bytes, bytes, 0, Long.MIN_VALUE, null);
        List<NewRecord> records = RecordCodec.decode(header, input).stream()
                .map(LogRecord::toNewRecord)
                .toList();
        return new Append(id, records, epoch, producer);
    }

    /**
     * The command of these bytes.
     *
     * @throws UnreadableEntryException if they are none
     */
    static GroupCommand decode(byte[] bytes) {
        Input input = new Input(bytes);
        try {
            int kind = input.readByte();
            return switch (kind) {
                case OPEN -> new Open(readId(input), input.readLong(), LogSettings.read(input));
                case CONFIGURE -> new Configure(input.readVarLong(true), LogSettings.read(input));
                case REMOVE -> new Remove(input.readVarLong(true));
                case FORGET -> new Forget(input.readVarLong(true));
                case APPEND -> readBatch(readId(input), input);
                case DELETE_BEFORE -> new DeleteBefore(readId(input), input.readVarLong(true));
                default -> throw new UnreadableEntryException("a command of the unknown kind " + kind);
            };
        } catch (KryoException | MalformedBatchException e) {
            throw new UnreadableEntryException("a command that is not whole: " + e.getMessage());
        }
    }
}
