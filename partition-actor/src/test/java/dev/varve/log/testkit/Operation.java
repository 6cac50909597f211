package dev.varve.log.testkit;

import java.nio.file.Path;

/**
 * Something that was asked of a {@link SimDisk}.
 *
 * @param kind what
 * @param path of which file or directory
 * @param position from where in the file; 0 where that says nothing
 * @param length how many bytes; 0 where that says nothing
 */
public record Operation(Kind kind, Path path, long position, long length) {
    /** The kinds of operations. */
    public enum Kind {
        OPEN,
        CREATE,
        READ,
        WRITE,
        SYNC,
        TRUNCATE,
        SIZE,
        RENAME,
        DELETE,
        SYNC_DIRECTORY,
        LIST,
        CREATE_DIRECTORY,
        LOCK,
        USABLE
    }

    /** Whether the name of the file ends like this. */
    public boolean on(String suffix) {
        return path.getFileName().toString().endsWith(suffix);
    }

    /** Whether it changes what is on the disk, or what is durable of it. */
    public boolean changes() {
        return switch (kind) {
            case CREATE, WRITE, SYNC, TRUNCATE, RENAME, DELETE, SYNC_DIRECTORY -> true;
            default -> false;
        };
    }
}
