package dev.varve.log.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Tells a lack of room from the other errors of a write, which the Java platform throws as one and the same exception. */
final class NoSpace {
    /** What Linux says to ENOSPC, EDQUOT and EFBIG. */
    private static final List<String> MESSAGES =
            List.of("no space left on device", "disk quota exceeded", "quota exceeded", "file too large");

    private NoSpace() {}

    /**
     * The same exception, or a {@link NoSpaceException} around it if it says that there is no room.
     *
     * @param attemptedBytes how much was to be written: where the operating system speaks another language, a disk with
     *     less room than that is taken for a full one
     */
    static IOException translated(IOException e, Path file, long attemptedBytes) {
        boolean noSpace = e instanceof NoSpaceException || says(e) || hasLessRoomThan(file, attemptedBytes);
        return noSpace ? new NoSpaceException(file + ": " + e.getMessage(), e) : e;
    }

    static boolean says(IOException e) {
        String message = e.getMessage();
        if (message == null) {
            return false;
        }
        String lowerCase = message.toLowerCase(Locale.ROOT);
        return MESSAGES.stream().anyMatch(lowerCase::contains);
    }

    private static boolean hasLessRoomThan(Path file, long bytes) {
        if (bytes == 0) {
            return false;
        }
        try {
            return Files.getFileStore(file.toAbsolutePath().getParent()).getUsableSpace() < bytes;
        } catch (IOException e) {
            // Then there is more wrong than a lack of room.
            return false;
        }
    }
}
