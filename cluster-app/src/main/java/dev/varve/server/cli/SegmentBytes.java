package dev.varve.server.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** What there is to walk in a directory, as far as the names of the files tell; only for progress. */
final class SegmentBytes {
    private SegmentBytes() {}

    static long in(Path logDirectory) throws IOException {
        long bytes = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(logDirectory, "*.log")) {
            for (Path file : files) {
                bytes += file.toFile().length();
            }
        }
        return bytes;
    }
}
