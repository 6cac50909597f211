package dev.varve.log.io;

import java.io.Closeable;
import java.io.IOException;

/** The exclusive lock of a directory, held until it is closed or the process ends. Any thread. */
public interface DirectoryLock extends Closeable {

    /**
     * Whether the lock still guards the directory: false once somebody deleted or replaced the lock file, for then
     * another process can take a lock of its own. One {@code stat} of the lock file.
     */
    boolean isIntact() throws IOException;

    /** Gives the lock back; the file stays. May be called twice. */
    @Override
    void close() throws IOException;
}
