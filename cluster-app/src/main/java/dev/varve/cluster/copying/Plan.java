package dev.varve.cluster.copying;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The files of an image: their paths in the image, and how many of their bytes belong to it. On the wire: a byte for the version, how many
 * there are, then path and length of each.
 */
record Plan(List<Item> items) {
    private static final int VERSION = 1;

    /** Room for half a million segments. */
    private static final int MAX_ITEMS = 2_000_000;

    record Item(String path, long lengthBytes) {}

    Plan {
        items = List.copyOf(items);
    }

    long totalBytes() {
        return items.stream().mapToLong(Item::lengthBytes).sum();
    }

    byte[] encode() {
        Output output = new Output(1024, -1);
        output.writeByte(VERSION);
        output.writeVarInt(items.size(), true);
        for (Item item : items) {
            output.writeString(item.path());
            output.writeVarLong(item.lengthBytes(), true);
        }
        return output.toBytes();
    }

    /**
     * The plan of these bytes, none of whose paths leaves the directory of the image.
     *
     * @throws IOException if it is none
     */
    static Plan decode(byte[] bytes) throws IOException {
        try (Input input = new Input(bytes)) {
            int version = input.readByte();
            int count = input.readVarInt(true);
            if (version != VERSION || count < 0 || count > MAX_ITEMS) {
                throw new IOException("a plan of version " + version + " with " + count
                        + " files; this program knows version " + VERSION);
            }
            List<Item> items = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Item item = new Item(input.readString(), input.readVarLong(true));
                Path path = Path.of(item.path());
                if (path.isAbsolute() || !path.normalize().equals(path) || path.startsWith("..")) {
                    throw new IOException("a plan with the path '" + item.path() + "'");
                }
                items.add(item);
            }
            return new Plan(items);
        } catch (KryoException | IllegalArgumentException e) {
            throw new IOException("a plan that cannot be read: " + e.getMessage(), e);
        }
    }
}
