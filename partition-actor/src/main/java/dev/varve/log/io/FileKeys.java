package dev.varve.log.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * What tells one file from another whatever its name: device and inode. A number may be given out again once its file is
 * deleted and closed by everybody; while somebody has it open, it is not.
 */
final class FileKeys {
    private FileKeys() {}

    /** The key of the file of this name; empty where the file system has no such thing. */
    static Optional<Object> of(Path file) throws IOException {
        return Optional.ofNullable(
                Files.readAttributes(file, BasicFileAttributes.class).fileKey());
    }

    /** As {@link #of}, and empty also if there is no such file. */
    static Optional<Object> ofExisting(Path file) throws IOException {
        try {
            return of(file);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
