package dev.varve.partition.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;

/** How a component of a record travels, by its declared type. */
interface ComponentCodec {
    void write(Kryo kryo, Output output, Object value);

    Object read(Kryo kryo, Input input);

    /** What stands for a component that the sender does not know. */
    Object absent();

    /** The codec for a declared type. */
    static ComponentCodec of(Type type, ActorRefResolver resolver) {
        if (type == long.class) {
            return of(
                    (kryo, output, value) -> output.writeVarLong((Long) value, false),
                    (kryo, input) -> input.readVarLong(false),
                    0L);
        } else if (type == int.class) {
            return of(
                    (kryo, output, value) -> output.writeVarInt((Integer) value, false),
                    (kryo, input) -> input.readVarInt(false),
                    0);
        } else if (type == short.class) {
            return of(
                    (kryo, output, value) -> output.writeShort((Short) value),
                    (kryo, input) -> input.readShort(),
                    (short) 0);
        } else if (type == boolean.class) {
            return of(
                    (kryo, output, value) -> output.writeBoolean((Boolean) value),
                    (kryo, input) -> input.readBoolean(),
                    false);
        } else if (type == String.class) {
            return of(
                    (kryo, output, value) -> writeString(output, (String) value),
                    (kryo, input) -> readString(input),
                    null);
        } else if (type == byte[].class) {
            return of(
                    (kryo, output, value) -> writeBytes(output, (byte[]) value),
                    (kryo, input) -> readBytes(input),
                    null);
        } else if (type == Duration.class) {
            return of(
                    (kryo, output, value) -> {
                        output.writeVarLong(((Duration) value).getSeconds(), false);
                        output.writeVarInt(((Duration) value).getNano(), true);
                    },
                    (kryo, input) -> Duration.ofSeconds(input.readVarLong(false), input.readVarInt(true)),
                    Duration.ZERO);
        } else if (type == OptionalLong.class) {
            return of(
                    (kryo, output, value) -> writeOptionalLong(output, (OptionalLong) value),
                    (kryo, input) ->
                            input.readBoolean() ? OptionalLong.of(input.readVarLong(false)) : OptionalLong.empty(),
                    OptionalLong.empty());
        } else if (type instanceof ParameterizedType generic) {
            return ofGeneric(generic, resolver);
        } else if (type instanceof Class<?> known && (known.isRecord() || known.isEnum())) {
            return of(Kryo::writeObject, (kryo, input) -> kryo.readObject(input, known), null);
        } else if (type instanceof Class<?> known && known.isSealed()) {
            return of(Kryo::writeClassAndObject, Kryo::readClassAndObject, null);
        }
        throw new IllegalArgumentException("a component of type " + type + " cannot travel");
    }

    private static ComponentCodec ofGeneric(ParameterizedType type, ActorRefResolver resolver) {
        if (type.getRawType() == ActorRef.class) {
            return of(
                    (kryo, output, value) -> writeString(output, resolver.toSerializationFormat((ActorRef<?>) value)),
                    (kryo, input) -> resolver.resolveActorRef(readString(input)),
                    null);
        }
        ComponentCodec element = of(type.getActualTypeArguments()[0], resolver);
        if (type.getRawType() == List.class) {
            return of(
                    (kryo, output, value) -> {
                        List<?> list = (List<?>) value;
                        output.writeVarInt(list.size(), true);
                        list.forEach(each -> element.write(kryo, output, each));
                    },
                    (kryo, input) -> readList(kryo, input, element),
                    List.of());
        } else if (type.getRawType() == Optional.class) {
            return of(
                    (kryo, output, value) -> {
                        output.writeBoolean(((Optional<?>) value).isPresent());
                        ((Optional<?>) value).ifPresent(present -> element.write(kryo, output, present));
                    },
                    (kryo, input) -> input.readBoolean() ? Optional.of(element.read(kryo, input)) : Optional.empty(),
                    Optional.empty());
        }
        throw new IllegalArgumentException("a component of type " + type + " cannot travel");
    }

    /** Writes a value. */
    interface Writer {
        void write(Kryo kryo, Output output, Object value);
    }

    /** Reads a value. */
    interface Reader {
        Object read(Kryo kryo, Input input);
    }

    private static ComponentCodec of(Writer writer, Reader reader, Object absent) {
        return new ComponentCodec() {
            @Override
            public void write(Kryo kryo, Output output, Object value) {
                writer.write(kryo, output, value);
            }

            @Override
            public Object read(Kryo kryo, Input input) {
                return reader.read(kryo, input);
            }

            @Override
            public Object absent() {
                return absent;
            }
        };
    }

    private static void writeBytes(Output output, byte[] bytes) {
        output.writeVarInt(bytes == null ? 0 : Math.addExact(bytes.length, 1), true);
        if (bytes != null) {
            output.writeBytes(bytes);
        }
    }

    private static byte[] readBytes(Input input) {
        int lengthPlusOne = input.readVarInt(true);
        return lengthPlusOne == 0 ? null : input.readBytes(checked(input, lengthPlusOne - 1));
    }

    /** Not as Kryo does it, which believes any length. */
    private static void writeString(Output output, String text) {
        writeBytes(output, text == null ? null : text.getBytes(StandardCharsets.UTF_8));
    }

    private static String readString(Input input) {
        byte[] bytes = readBytes(input);
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    private static void writeOptionalLong(Output output, OptionalLong value) {
        output.writeBoolean(value.isPresent());
        value.ifPresent(present -> output.writeVarLong(present, false));
    }

    private static List<Object> readList(Kryo kryo, Input input, ComponentCodec element) {
        int size = checked(input, input.readVarInt(true));
        List<Object> list = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            list.add(element.read(kryo, input));
        }
        return list;
    }

    /** A count of things that take a byte each at least, so that one that cannot be true allocates nothing. */
    private static int checked(Input input, int count) {
        if (count < 0 || count > input.limit() - input.position()) {
            throw new KryoException(count + " of something, and " + (input.limit() - input.position()) + " bytes left");
        }
        return count;
    }
}
