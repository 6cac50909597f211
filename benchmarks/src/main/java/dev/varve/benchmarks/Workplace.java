package dev.varve.benchmarks;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The directory in which the measurements are made, on the disk that is measured. What is in it goes in the end. */
public final class Workplace implements Closeable {
    private final Path root;
    private final Map<String, Path> prepared = new HashMap<>();
    private int names;

    Workplace(Path parent) throws IOException {
        Files.createDirectories(parent);
        this.root = Files.createTempDirectory(parent, "varve-benchmark-");
    }

    /** A path in it that is not there yet. */
    public Path fresh(String name) {
        return root.resolve(name + "-" + names++);
    }

    /** A new directory in it. */
    public Path freshDirectory(String name) throws IOException {
        return Files.createDirectory(fresh(name));
    }

    /** Fills a directory that measurements only read. */
    public interface Preparation {
        void fill(Path directory) throws Exception;
    }

    /** A directory that was filled once and serves several rows. */
    public Path prepared(String name, Preparation preparation) throws Exception {
        Path directory = prepared.get(name);
        if (directory == null) {
            directory = fresh(name);
            preparation.fill(directory);
            prepared.put(name, directory);
        }
        return directory;
    }

    /** Deletes a file, or a directory with all that is in it. */
    public static void delete(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        List<Path> deepestFirst;
        try (Stream<Path> paths = Files.walk(path)) {
            deepestFirst = paths.sorted((a, b) -> b.compareTo(a)).toList();
        }
        for (Path each : deepestFirst) {
            Files.delete(each);
        }
    }

    @Override
    public void close() throws IOException {
        delete(root);
    }
}
