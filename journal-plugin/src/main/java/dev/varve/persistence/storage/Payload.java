package dev.varve.persistence.storage;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.Serializers;

/**
 * Something of the user's, as their own serializer made bytes of it.
 *
 * @param serializerId which serializer
 * @param manifest what it needs to know beside the bytes; empty if nothing
 * @param bytes not copied
 */
public record Payload(int serializerId, String manifest, byte[] bytes) {
    public Payload {
        Objects.requireNonNull(manifest, "manifest");
        Objects.requireNonNull(bytes, "bytes");
    }

    /**
     * Serializes a value with the serializer that the system has for it.
     *
     * @throws RuntimeException whatever the serializer throws
     */
    public static Payload of(Serialization serialization, Object value) {
        byte[] bytes = serialization.serialize(value).get();
        var serializer = serialization.findSerializerFor(value);
        return new Payload(serializer.identifier(), Serializers.manifestFor(serializer, value), bytes);
    }

    /**
     * The value again.
     *
     * @throws RuntimeException whatever the serializer throws, and if the system has no such serializer
     */
    public Object value(Serialization serialization) {
        return serialization.deserialize(bytes, serializerId, manifest).get();
    }

    /** Writes it with its length before the bytes. */
    public void write(Output output) {
        output.writeVarInt(serializerId, false);
        writeText(output, manifest);
        output.writeVarInt(bytes.length, true);
        output.writeBytes(bytes);
    }

    /** Reads what {@link #write} wrote. */
    public static Payload read(Input input) {
        int serializerId = input.readVarInt(false);
        String manifest = readText(input);
        return new Payload(serializerId, manifest, input.readBytes(checked(input, input.readVarInt(true))));
    }

    /** Writes a text: its length in bytes, then UTF-8. */
    public static void writeText(Output output, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        output.writeVarInt(utf8.length, true);
        output.writeBytes(utf8);
    }

    /** Reads what {@link #writeText} wrote. */
    public static String readText(Input input) {
        int length = checked(input, input.readVarInt(true));
        String text = new String(input.getBuffer(), input.position(), length, StandardCharsets.UTF_8);
        input.setPosition(input.position() + length);
        return text;
    }

    /** A length or count of things that take a byte each at least, so that one that cannot be true allocates nothing. */
    public static int checked(Input input, int length) {
        if (length < 0 || length > input.limit() - input.position()) {
            throw new KryoException(
                    length + " of something, and " + (input.limit() - input.position()) + " bytes left");
        }
        return length;
    }
}
