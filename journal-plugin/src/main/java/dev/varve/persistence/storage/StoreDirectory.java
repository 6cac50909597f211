package dev.varve.persistence.storage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** The files of a store as whoever only looks finds them, beside its owner or without one. Takes no lock, writes nothing; blocks. */
public final class StoreDirectory {
    private final Path directory;
    private final int count;

    private StoreDirectory(Path directory, int count) {
        this.directory = directory;
        this.count = count;
    }

    /**
     * The store in a directory, or null if there is none.
     *
     * @throws IOException if it cannot be read, or says nothing that can be understood
     */
    public static StoreDirectory of(Path directory) throws IOException {
        int count = PartitionCount.read(directory.resolve(PartitionCount.NAME));
        return count == 0 ? null : new StoreDirectory(directory, count);
    }

    public Path path() {
        return directory;
    }

    /** The directories of its partitions, each of which holds a log once it was opened. */
    public List<Path> partitions() {
        return IntStream.range(0, count)
                .mapToObj(index -> partition(directory, index))
                .toList();
    }

    /** Which of the partitions has the records of a persistence id. */
    public int partitionOf(String persistenceId) {
        return Partitions.partitionOf(Partitions.slice(persistenceId), count);
    }

    static Path partition(Path directory, int index) {
        return directory.resolve(String.format(Locale.ROOT, "%04d", index));
    }
}
