package dev.varve.partition.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import org.apache.pekko.actor.typed.ActorRefResolver;

/**
 * A Java record by its numbered components: how many there are, then each with its length before it. Kryo's own field serializers
 * fail on records, for their fields cannot be set. A component has the number of its place, so new ones are added at the end: a
 * reader that is older passes over those that it does not know, and one that is newer takes those that are missing for absent
 * (zero, false, null, empty). None is ever removed or moved, nor does one change its type.
 */
final class RecordSerializer extends Serializer<Record> {
    private final ComponentCodec[] codecs;
    private final MethodHandle[] accessors;
    private final MethodHandle constructor;

    RecordSerializer(Class<? extends Record> type, ActorRefResolver resolver) {
        super(false, true);
        RecordComponent[] components = type.getRecordComponents();
        codecs = new ComponentCodec[components.length];
        accessors = new MethodHandle[components.length];
        try {
            for (int i = 0; i < components.length; i++) {
                codecs[i] = ComponentCodec.of(components[i].getGenericType(), resolver);
                accessors[i] = MethodHandles.lookup().unreflect(components[i].getAccessor());
            }
            Class<?>[] types =
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            Constructor<?> canonical = type.getDeclaredConstructor(types);
            constructor =
                    MethodHandles.lookup().unreflectConstructor(canonical).asSpreader(Object[].class, types.length);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type + " is not a record that can be made from outside", e);
        }
    }

    @Override
    public void write(Kryo kryo, Output output, Record record) {
        output.writeVarInt(codecs.length, true);
        for (int i = 0; i < codecs.length; i++) {
            int lengthAt = output.position();
            output.writeInt(0);
            codecs[i].write(kryo, output, component(record, i));
            int end = output.position();
            output.setPosition(lengthAt);
            output.writeInt(end - lengthAt - Integer.BYTES);
            output.setPosition(end);
        }
    }

    private Object component(Record record, int number) {
        try {
            return accessors[number].invoke(record);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new KryoException("reading component " + number + " of " + record.getClass(), e);
        }
    }

    @Override
    public Record read(Kryo kryo, Input input, Class<? extends Record> type) {
        int count = input.readVarInt(true);
        Object[] values = new Object[codecs.length];
        for (int i = 0; i < codecs.length; i++) {
            values[i] = codecs[i].absent();
        }
        for (int i = 0; i < count; i++) {
            int length = input.readInt();
            int end = input.position() + length;
            if (length < 0 || end < 0 || end > input.limit()) {
                throw new KryoException("component " + i + " of " + type.getSimpleName() + " has " + length
                        + " bytes, and " + (input.limit() - input.position()) + " are left");
            }
            if (i < codecs.length) {
                values[i] = codecs[i].read(kryo, input);
                if (input.position() != end) {
                    throw new KryoException("component " + i + " of " + type.getSimpleName() + " does not end where its"
                            + " length says");
                }
            }
            input.setPosition(end);
        }
        return create(values, type);
    }

    private Record create(Object[] values, Class<? extends Record> type) {
        try {
            return (Record) constructor.invoke(values);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new KryoException("making a " + type.getSimpleName(), e);
        }
    }
}
