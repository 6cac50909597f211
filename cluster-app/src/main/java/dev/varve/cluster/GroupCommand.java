package dev.varve.cluster;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.log.KeyCondition;
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
    record LogSettings(long segmentBytes, Compression compression, TopicCompaction compaction) {
        /** Beside the number of the compression: compaction follows. A version that knows none finds an unknown number, and stops. */
        private static final int HAS_COMPACTION = 0x10;

        /** Of a topic that is not compacted. */
        LogSettings(long segmentBytes, Compression compression) {
            this(segmentBytes, compression, TopicCompaction.OFF);
        }

        static LogSettings of(TopicSettings settings) {
            return new LogSettings(settings.segmentBytes(), settings.compression(), settings.compaction());
        }

        void write(Output output) {
            output.writeVarLong(segmentBytes, true);
            if (compaction == TopicCompaction.OFF) {
                output.writeByte(compression.code());
            } else {
                output.writeByte(compression.code() | HAS_COMPACTION);
                output.writeByte(compaction.code());
            }
        }

        static LogSettings read(Input input) {
            long segmentBytes = input.readVarLong(true);
            int first = input.readByte();
            int code = first & ~HAS_COMPACTION;
            Compression compression = Compression.of(code);
            if (compression == null) {
                throw new UnreadableEntryException("compression number " + code);
            }
            boolean isCompacted = (first & HAS_COMPACTION) != 0;
            return new LogSettings(
                    segmentBytes,
                    compression,
                    isCompacted ? TopicCompaction.ofCode(input.readByte()) : TopicCompaction.OFF);
        }
    }

    /** Begins a partition, unless it is there, or its topic was removed. */
    record Open(PartitionId id, long logId, LogSettings settings) implements GroupCommand {}

    /** Changes how the partitions of a topic are written from now on. */
    record Configure(long topicId, LogSettings settings) implements GroupCommand {}

    /** Deletes the partitions of a topic, for ever. */
    record Remove(long topicId) implements GroupCommand {}

    /** What takes a place in the log of a partition, among others of its entry. */
    sealed interface Batch extends GroupCommand {
        PartitionId id();

        /** How many records it brings, those that only say something of others not counted. */
        default int recordCount() {
            return 0;
        }
    }

    /** Appends a batch. */
    record Append(PartitionId id, List<NewRecord> records, OptionalLong expectedEpoch, Producer producer)
            implements Batch {
        @Override
        public int recordCount() {
            return records.size();
        }
    }

    /** Appends a batch if a key has a certain highest sequence. */
    record AppendIf(PartitionId id, List<NewRecord> records, OptionalLong expectedEpoch, KeyCondition condition)
            implements Batch {
        @Override
        public int recordCount() {
            return records.size();
        }
    }

    /**
     * Deletes the records of a key up to a sequence. That is all it says of sequences: the highest one of the key follows from its
     * records, on every replica alike, and no sender can be wrong about it.
     */
    record DeleteKey(PartitionId id, byte[] key, long toSequence, long timestamp) implements Batch {}

    /** Forgets a key. */
    record ForgetKey(PartitionId id, byte[] key, long timestamp) implements Batch {}

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
    int APPEND_IF = 16;
    int DELETE_KEY = 17;
    int FORGET_KEY = 18;

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
        } else if (this instanceof AppendIf append) {
            output.writeByte(APPEND_IF);
            writeId(output, append.id());
            writeKey(output, append.condition().key());
            output.writeVarLong(append.condition().highestSequence(), true);
            writeBatch(output, new Append(append.id(), append.records(), append.expectedEpoch(), null));
        } else if (this instanceof DeleteKey delete) {
            output.writeByte(DELETE_KEY);
            writeId(output, delete.id());
            writeKey(output, delete.key());
            output.writeVarLong(delete.toSequence(), true);
            output.writeLong(delete.timestamp());
        } else if (this instanceof ForgetKey forget) {
            output.writeByte(FORGET_KEY);
            writeId(output, forget.id());
            writeKey(output, forget.key());
            output.writeLong(forget.timestamp());
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

    private static void writeKey(Output output, byte[] key) {
        output.writeVarInt(key.length, true);
        output.writeBytes(key);
    }

    private static byte[] readKey(Input input) {
        int length = input.readVarInt(true);
        if (length < 0 || length > input.limit() - input.position()) {
            throw new UnreadableEntryException(
                    "a key of " + length + " bytes in " + (input.limit() - input.position()));
        }
        return input.readBytes(length);
    }

    private static AppendIf readConditional(PartitionId id, Input input) throws MalformedBatchException {
        KeyCondition condition = new KeyCondition(readKey(input), input.readVarLong(true));
        Append append = readBatch(id, input);
        return new AppendIf(id, append.records(), append.expectedEpoch(), condition);
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
                case APPEND_IF -> readConditional(readId(input), input);
                case DELETE_KEY ->
                    new DeleteKey(readId(input), readKey(input), input.readVarLong(true), input.readLong());
                case FORGET_KEY -> new ForgetKey(readId(input), readKey(input), input.readLong());
                default -> throw new UnreadableEntryException("a command of the unknown kind " + kind);
            };
        } catch (KryoException | MalformedBatchException | IllegalArgumentException e) {
            throw new UnreadableEntryException("a command that is not whole: " + e.getMessage());
        }
    }
}
