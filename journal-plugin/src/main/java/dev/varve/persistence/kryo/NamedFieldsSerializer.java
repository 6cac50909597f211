package dev.varve.persistence.kryo;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;

/**
 * Writes the fields of a value with their names and lengths, so that fields may be added, removed and put in another order: one that the
 * reader does not know is skipped, one that was not stored is left as it begins. Kryo's own serializers of this kind cannot do so for
 * records, nor once references or typed collections are in the fields that go.
 */
final class NamedFieldsSerializer extends Serializer<Object> {
    private final Class<?> type;
    private final FieldAccess fields;

    NamedFieldsSerializer(Class<?> type, FieldAccess fields) {
        this.type = type;
        this.fields = fields;
    }

    @Override
    public void write(Kryo kryo, Output output, Object value) {
        output.writeVarInt(fields.count(), true);
        Output one = new Output(64, -1);
        for (int i = 0; i < fields.count(); i++) {
            output.writeString(fields.name(i));
            one.reset();
            try {
                kryo.writeClassAndObject(one, fields.get(i, value));
            } catch (KryoException e) {
                e.addTrace(fields.name(i) + " (" + type.getName() + ")");
                throw e;
            }
            output.writeVarInt(one.position(), true);
            output.writeBytes(one.getBuffer(), 0, one.position());
        }
    }

    @Override
    public Object read(Kryo kryo, Input input, Class<? extends Object> ignored) {
        int count = input.readVarInt(true);
        Object[] values = new Object[fields.count()];
        boolean[] isStored = new boolean[fields.count()];
        for (int i = 0; i < count; i++) {
            String name = input.readString();
            int length = input.readVarInt(true);
            if (length < 0 || length > input.limit() - input.position()) {
                throw new KryoException("field " + name + " of a " + type.getName() + " should have " + length
                        + " bytes, and there are " + (input.limit() - input.position()));
            }
            int end = input.position() + length;
            int index = fields.index(name);
            if (index >= 0) {
                values[index] = kryo.readClassAndObject(input);
                isStored[index] = true;
            }
            input.setPosition(end);
        }
        return fields.create(values, isStored);
    }
}
