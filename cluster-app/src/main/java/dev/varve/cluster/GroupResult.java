package dev.varve.cluster;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.log.LogException;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionActor.OutcomeUnknown;
import dev.varve.partition.PartitionError;

/** What became of a {@link GroupCommand}, on every replica alike. */
sealed interface GroupResult {

    /** It was done. */
    enum Done implements GroupResult {
        INSTANCE
    }

    /** There is no such partition in the group, at least not now. */
    enum NoSuchPartition implements GroupResult {
        INSTANCE
    }

    /** The batch is stored. */
    record Stored(long baseOffset, long lastOffset, boolean duplicate) implements GroupResult {}

    /** The log start offset now. */
    record Deleted(long logStartOffset) implements GroupResult {}

    /** It was settled before this replica was started anew, which no longer knows how. */
    record SettledBefore(String message) implements GroupResult {}

    /** It was not done. */
    record Refused(PartitionError error) implements GroupResult {
        static Refused of(LogException e) {
            return new Refused(PartitionError.of(e));
        }
    }

    /** The numbers of the kinds; they never change. */
    int DONE = 1;

    int NO_SUCH_PARTITION = 2;
    int STORED = 3;
    int DELETED = 4;
    int SETTLED_BEFORE = 5;
    int BATCH_TOO_LARGE = 16;
    int INVALID = 17;
    int STALE_EPOCH = 18;
    int OUT_OF_SEQUENCE = 19;
    int STALE_PRODUCER_EPOCH = 20;
    int ABOVE_LOG_END = 21;
    int KEY_CONFLICT = 22;

    default byte[] encode() {
        Output output = new Output(64, -1);
        if (this instanceof Done) {
            output.writeByte(DONE);
        } else if (this instanceof NoSuchPartition) {
            output.writeByte(NO_SUCH_PARTITION);
        } else if (this instanceof Stored stored) {
            output.writeByte(STORED);
            output.writeVarLong(stored.baseOffset(), true);
            output.writeVarLong(stored.lastOffset(), true);
            output.writeBoolean(stored.duplicate());
        } else if (this instanceof Deleted deleted) {
            output.writeByte(DELETED);
            output.writeVarLong(deleted.logStartOffset(), true);
        } else if (this instanceof SettledBefore settled) {
            output.writeByte(SETTLED_BEFORE);
            output.writeString(settled.message());
        } else if (this instanceof Refused refused) {
            write(output, refused.error());
        }
        return output.toBytes();
    }

    private static void write(Output output, PartitionError error) {
        if (error instanceof PartitionError.BatchTooLarge large) {
            output.writeByte(BATCH_TOO_LARGE);
            output.writeString(error.message());
            output.writeLong(large.batchBytes());
            output.writeLong(large.maxBatchBytes());
        } else if (error instanceof PartitionError.StaleEpoch stale) {
            output.writeByte(STALE_EPOCH);
            output.writeString(error.message());
            output.writeLong(stale.expectedEpoch());
            output.writeLong(stale.currentEpoch());
        } else if (error instanceof PartitionError.OutOfSequence gap) {
            output.writeByte(OUT_OF_SEQUENCE);
            output.writeString(error.message());
            output.writeLong(gap.producerId());
            output.writeInt(gap.expectedSequence());
            output.writeInt(gap.givenSequence());
        } else if (error instanceof PartitionError.StaleProducerEpoch stale) {
            output.writeByte(STALE_PRODUCER_EPOCH);
            output.writeString(error.message());
            output.writeLong(stale.producerId());
            output.writeShort(stale.givenEpoch());
            output.writeShort(stale.currentEpoch());
        } else if (error instanceof PartitionError.AboveLogEnd above) {
            output.writeByte(ABOVE_LOG_END);
            output.writeString(error.message());
            output.writeLong(above.offset());
            output.writeLong(above.logStartOffset());
            output.writeLong(above.logEndOffset());
        } else if (error instanceof PartitionError.KeyConflict conflict) {
            output.writeByte(KEY_CONFLICT);
            output.writeString(error.message());
            output.writeLong(conflict.expectedSequence());
            output.writeLong(conflict.highestSequence());
        } else {
            output.writeByte(INVALID);
            output.writeString(error.message());
        }
    }

    static GroupResult decode(byte[] bytes) {
        Input input = new Input(bytes);
        int kind = input.readByte();
        return switch (kind) {
            case DONE -> Done.INSTANCE;
            case NO_SUCH_PARTITION -> NoSuchPartition.INSTANCE;
            case STORED -> new Stored(input.readVarLong(true), input.readVarLong(true), input.readBoolean());
            case DELETED -> new Deleted(input.readVarLong(true));
            case SETTLED_BEFORE -> new SettledBefore(input.readString());
            default -> new Refused(readError(kind, input.readString(), input));
        };
    }

    private static PartitionError readError(int kind, String message, Input input) {
        return switch (kind) {
            case BATCH_TOO_LARGE -> new PartitionError.BatchTooLarge(message, input.readLong(), input.readLong());
            case INVALID -> new PartitionError.Invalid(message);
            case STALE_EPOCH -> new PartitionError.StaleEpoch(message, input.readLong(), input.readLong());
            case OUT_OF_SEQUENCE ->
                new PartitionError.OutOfSequence(message, input.readLong(), input.readInt(), input.readInt());
            case STALE_PRODUCER_EPOCH ->
                new PartitionError.StaleProducerEpoch(message, input.readLong(), input.readShort(), input.readShort());
            case ABOVE_LOG_END ->
                new PartitionError.AboveLogEnd(message, input.readLong(), input.readLong(), input.readLong());
            case KEY_CONFLICT -> new PartitionError.KeyConflict(message, input.readLong(), input.readLong());
            default -> throw new UnreadableEntryException("a result of the unknown kind " + kind);
        };
    }

    /** What it means to who appended. */
    default AppendReply toAppendReply() {
        if (this instanceof Stored stored) {
            return new Appended(stored.baseOffset(), stored.lastOffset(), stored.duplicate());
        } else if (this instanceof Refused refused) {
            return new NotStored(refused.error());
        } else if (this instanceof SettledBefore settled) {
            return new OutcomeUnknown(settled.message());
        }
        throw new IllegalStateException("no answer to an append: " + this);
    }
}
