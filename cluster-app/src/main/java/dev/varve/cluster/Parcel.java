package dev.varve.cluster;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.util.ArrayList;
import java.util.List;

/**
 * The commands of an entry of a Raft log, or their results as the answer to it. On disk and on the wire: a byte for the version,
 * then how many there are, then each behind its length (numbers as Kryo's variable-length ones).
 */
final class Parcel {
    private static final int VERSION = 1;

    /** So that the place of a command in its entry fits into 20 bits, with room to spare. */
    static final int MAX_ITEMS = 10_000;

    private Parcel() {}

    static byte[] pack(List<byte[]> items) {
        Output output = new Output(bytes(items));
        write(output, items);
        return output.getBuffer();
    }

    /** How many bytes the items take. */
    static int bytes(List<byte[]> items) {
        int bytes = 1 + Output.varIntLength(items.size(), true);
        for (byte[] item : items) {
            bytes += Output.varIntLength(item.length, true) + item.length;
        }
        return bytes;
    }

    static void write(Output output, List<byte[]> items) {
        output.writeByte(VERSION);
        output.writeVarInt(items.size(), true);
        for (byte[] item : items) {
            output.writeVarInt(item.length, true);
            output.writeBytes(item);
        }
    }

    /**
     * What was packed.
     *
     * @throws UnreadableEntryException if the bytes are something else
     */
    static List<byte[]> unpack(byte[] packed) {
        return read(new Input(packed));
    }

    /** As {@link #unpack}, from where the input is. */
    static List<byte[]> read(Input input) {
        try {
            int version = input.readByte();
            if (version != VERSION) {
                throw new UnreadableEntryException("an entry of version " + version
                        + ", which a later version of this program wrote; this one knows " + VERSION);
            }
            int count = input.readVarInt(true);
            if (count < 0 || count > MAX_ITEMS) {
                throw new UnreadableEntryException("an entry of " + count + " commands");
            }
            List<byte[]> items = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                int length = input.readVarInt(true);
                if (length < 0 || length > input.limit() - input.position()) {
                    throw new UnreadableEntryException("a command of " + length + " bytes");
                }
                items.add(input.readBytes(length));
            }
            return items;
        } catch (KryoException e) {
            throw new UnreadableEntryException("an entry that ends too early: " + e.getMessage());
        }
    }
}
