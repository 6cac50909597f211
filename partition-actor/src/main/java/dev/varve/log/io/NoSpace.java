package dev.varve.log.io;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Tells a lack of room from the other errors of a write, which the Java platform throws as one and the same exception with
 * the words of the operating system in it. Where those are not English, how much room there is decides.
 */
final class NoSpace {
    /** What the operating system says to ENOSPC, EDQUOT and EFBIG. */
    private static final List<String> NO_SPACE = List.of("no space left on device", "quota exceeded", "file too large");

    /**
     * What it says to the errors of a broken disk. They are never a lack of room, and taking them for one would let a log
     * go on that must not, so a disk that is nearly full is no excuse.
     */
    private static final List<String> OTHER = List.of(
            "input/output error",
            "i/o error",
            "read-only file system",
            "structure needs cleaning",
            "bad file descriptor",
            "stale file handle",
            "no such device",
            "invalid argument",
            "permission denied",
            "operation not permitted",
            "too many open files");

    /** The least that any file system gives out: a new name may take as much. */
    private static final long BLOCK_BYTES = 4096;

    private NoSpace() {}

    /**
     * The same exception, or a {@link NoSpaceException} around it if it says that there is no room.
     *
     * @param attemptedBytes how much was to be written
     */
    static IOException translated(IOException e, Path file, long attemptedBytes) {
        return isNoSpace(e, attemptedBytes, () -> usableBytes(file))
                ? new NoSpaceException(file + ": " + reason(e), e)
                : e;
    }

    /** A look at the file system. */
    interface Room {
        long usableBytes() throws IOException;
    }

    static boolean isNoSpace(IOException e, long attemptedBytes, Room room) {
        if (e instanceof NoSpaceException) {
            return true;
        }
        if (e.getClass() != IOException.class && e.getClass() != FileSystemException.class) {
            // The platform knew what it was, and it has no exception for a lack of room.
            return false;
        }
        String reason = reason(e).toLowerCase(Locale.ROOT);
        if (NO_SPACE.stream().anyMatch(reason::contains)) {
            return true;
        }
        return OTHER.stream().noneMatch(reason::contains) && hasLessThan(attemptedBytes, room);
    }

    /** What the operating system said, without the names of files, which can hold any words. */
    private static String reason(IOException e) {
        String reason = e instanceof FileSystemException named ? named.getReason() : e.getMessage();
        return reason == null ? "" : reason;
    }

    private static boolean hasLessThan(long attemptedBytes, Room room) {
        try {
            return room.usableBytes() < Math.max(attemptedBytes, BLOCK_BYTES);
        } catch (IOException e) {
            // Then there is more wrong than a lack of room.
            return false;
        }
    }

    private static long usableBytes(Path file) throws IOException {
        return Files.getFileStore(file.toAbsolutePath().getParent()).getUsableSpace();
    }
}
