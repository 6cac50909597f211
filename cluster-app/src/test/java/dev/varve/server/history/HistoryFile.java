package dev.varve.server.history;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;

/** Notes events down in a file, in the order in which they are told. Any thread. */
final class HistoryFile implements Closeable {
    private final Path path;
    private final Writer writer;
    private long events;

    HistoryFile(Path path) throws IOException {
        this.path = path;
        this.writer = Files.newBufferedWriter(path);
    }

    Path path() {
        return path;
    }

    synchronized void add(Event event) {
        try {
            writer.append(event.line()).append('\n');
            events++;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    synchronized long events() {
        return events;
    }

    @Override
    public synchronized void close() throws IOException {
        writer.close();
    }

    /** Has a check take all events of a file. */
    static void read(Path path, HistoryCheck check) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(path)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                check.add(Event.parse(line));
            }
        }
    }
}
