package dev.varve.partition.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;

/** An enum constant by its place. A constant that this version does not know is an error, never another constant. */
final class EnumByNumberSerializer extends Serializer<Object> {
    private final Object[] constants;

    EnumByNumberSerializer(Class<?> type) {
        super(false, true);
        this.constants = type.getEnumConstants();
    }

    @Override
    public void write(Kryo kryo, Output output, Object constant) {
        output.writeVarInt(((Enum<?>) constant).ordinal(), true);
    }

    @Override
    public Object read(Kryo kryo, Input input, Class<? extends Object> type) {
        int number = input.readVarInt(true);
        if (number < 0 || number >= constants.length) {
            throw new KryoException("constant " + number + " of " + type.getSimpleName() + ", which has "
                    + constants.length + " in this version");
        }
        return constants[number];
    }
}
