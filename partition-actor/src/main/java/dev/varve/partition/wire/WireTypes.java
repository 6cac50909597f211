package dev.varve.partition.wire;

import com.esotericsoftware.kryo.Kryo;
import dev.varve.log.Damage;
import dev.varve.log.KeyCondition;
import dev.varve.log.KeyState;
import dev.varve.log.LogDescription;
import dev.varve.log.LogState;
import dev.varve.log.ScrubDescription;
import dev.varve.log.SegmentDescription;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordHeader;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionError;
import dev.varve.partition.PartitionState;
import java.util.HashMap;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRefResolver;

/**
 * Every class that may travel, and its number. A number never changes its meaning and is never used again: nodes of different
 * versions talk to each other. Records may get new components at their end, see {@link RecordSerializer}; enums new constants at
 * theirs.
 */
final class WireTypes {
    private static final Map<Integer, Class<?>> BY_ID = new HashMap<>();
    private static final Map<Class<?>, Integer> BY_TYPE = new HashMap<>();

    static {
        // Kryo itself has 0 to 9. What messages are made of:
        register(16, NewRecord.class);
        register(17, LogRecord.class);
        register(18, RecordHeader.class);
        register(19, LogDescription.class);
        register(20, SegmentDescription.class);
        register(21, Damage.class);
        register(22, Damage.Kind.class);
        register(23, LogState.class);
        register(24, PartitionState.class);
        register(25, Producer.class);
        register(26, KeyCondition.class);
        register(27, KeyState.class);
        register(28, ScrubDescription.class);

        register(40, PartitionError.BelowLogStart.class);
        register(41, PartitionError.AboveLogEnd.class);
        register(42, PartitionError.Corrupt.class);
        register(43, PartitionError.BatchTooLarge.class);
        register(44, PartitionError.Invalid.class);
        register(45, PartitionError.StaleEpoch.class);
        register(46, PartitionError.Overloaded.class);
        register(47, PartitionError.ReadOnly.class);
        register(48, PartitionError.Failed.class);
        register(49, PartitionError.OutcomeUnknown.class);
        register(50, PartitionError.IoFailed.class);
        register(51, PartitionError.Stopped.class);
        register(52, PartitionError.OutOfSequence.class);
        register(53, PartitionError.StaleProducerEpoch.class);
        register(54, PartitionError.CodecUnavailable.class);
        register(55, PartitionError.KeyConflict.class);
        register(56, PartitionError.NoSuchPartition.class);
        register(57, PartitionError.NotEnoughReplicas.class);

        register(64, PartitionActor.Append.class);
        register(65, PartitionActor.Appended.class);
        register(66, PartitionActor.NotStored.class);
        register(67, PartitionActor.OutcomeUnknown.class);
        register(68, PartitionActor.Read.class);
        register(69, PartitionActor.Records.class);
        register(70, PartitionActor.ReadFailed.class);
        register(71, PartitionActor.Flush.class);
        register(72, PartitionActor.Flushed.class);
        register(73, PartitionActor.Roll.class);
        register(74, PartitionActor.Rolled.class);
        register(75, PartitionActor.OffsetForTimestamp.class);
        register(76, PartitionActor.OffsetFound.class);
        register(77, PartitionActor.DeleteBefore.class);
        register(78, PartitionActor.Deleted.class);
        register(79, PartitionActor.Describe.class);
        register(80, PartitionActor.Description.class);
        register(81, PartitionActor.Subscribe.class);
        register(82, PartitionActor.Tail.class);
        register(83, PartitionActor.Failure.class);
        register(84, PartitionActor.Stop.class);

        register(96, PartitionActor.DeleteKey.class);
        register(97, PartitionActor.ForgetKey.class);
        register(98, PartitionActor.LookUpKey.class);
        register(99, PartitionActor.KeyFound.class);
        register(100, PartitionActor.ReadKey.class);
        register(101, PartitionActor.KeyRecords.class);
        register(102, PartitionActor.ListKeys.class);
        register(103, PartitionActor.Keys.class);
        register(104, PartitionActor.SubscribeToKey.class);
    }

    private WireTypes() {}

    private static void register(int id, Class<?> type) {
        if (BY_ID.put(id, type) != null || BY_TYPE.put(type, id) != null) {
            throw new IllegalStateException(id + " or " + type + " is there twice");
        }
    }

    static Map<Integer, Class<?>> all() {
        return Map.copyOf(BY_ID);
    }

    static int id(Class<?> type) {
        Integer id = BY_TYPE.get(type);
        if (id == null) {
            throw new IllegalArgumentException(type.getName() + " has no number, so it cannot be sent to another node");
        }
        return id;
    }

    /** The class with this number; null if there is none. */
    static Class<?> type(String id) {
        try {
            return BY_ID.get(Integer.parseInt(id));
        } catch (NumberFormatException e) {
            return null;
        }
    }

    static Kryo newKryo(ActorRefResolver resolver) {
        Kryo kryo = new Kryo();
        kryo.setRegistrationRequired(true);
        // Messages are trees.
        kryo.setReferences(false);
        BY_ID.forEach((id, type) -> {
            if (type.isEnum()) {
                kryo.register(type, new EnumByNumberSerializer(type), id);
            } else {
                kryo.register(type, new RecordSerializer(type.asSubclass(Record.class), resolver), id);
            }
        });
        return kryo;
    }
}
