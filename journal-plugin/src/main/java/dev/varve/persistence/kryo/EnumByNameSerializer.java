package dev.varve.persistence.kryo;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.util.Arrays;

/** Writes a constant by its name, so that constants may be added and put in another order. */
final class EnumByNameSerializer extends Serializer<Object> {
    private final Class<?> type;

    EnumByNameSerializer(Class<?> type) {
        super(false, true);
        this.type = type;
    }

    @Override
    public void write(Kryo kryo, Output output, Object value) {
        output.writeString(((Enum<?>) value).name());
    }

    @Override
    public Object read(Kryo kryo, Input input, Class<? extends Object> ignored) {
        String name = input.readString();
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> ((Enum<?>) constant).name().equals(name))
                .findFirst()
                .orElseThrow(() -> new KryoException(type.getName() + " has no constant " + name
                        + ", which a value that is stored names; a constant that was ever stored must stay"));
    }
}
