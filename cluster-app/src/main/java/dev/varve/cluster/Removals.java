package dev.varve.cluster;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The file with the ids of the topics that were removed from a group. */
final class Removals {
    private final Path file;

    Removals(Path file) {
        this.file = file;
    }

    Set<Long> read() throws IOException {
        Set<Long> ids = new TreeSet<>();
        Optional<byte[]> content = DurableFile.read(file);
        if (content.isPresent()) {
            try (Input input = new Input(content.get())) {
                int count = input.readVarInt(true);
                for (int i = 0; i < count; i++) {
                    ids.add(input.readVarLong(true));
                }
            } catch (KryoException e) {
                throw new IOException(file + " ends too early: " + e.getMessage(), e);
            }
        }
        return ids;
    }

    String name() {
        return file.getFileName().toString();
    }

    /** Durable when it returns. */
    void write(Set<Long> ids) throws IOException {
        DurableFile.write(file, encode(ids));
    }

    static byte[] encode(Set<Long> ids) {
        Output output = new Output(64, -1);
        Set<Long> sorted = new TreeSet<>(ids);
        output.writeVarInt(sorted.size(), true);
        sorted.forEach(id -> output.writeVarLong(id, true));
        return output.toBytes();
    }
}
