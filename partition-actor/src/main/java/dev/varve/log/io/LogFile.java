package dev.varve.log.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An open file, read and written at positions: there is no cursor, so readers need no lock. Positions and sizes are in
 * bytes from the start of the file.
 *
 * <p>Reads may run on any number of threads beside one writer. Writes, syncs and truncations are the business of one
 * thread at a time.
 */
public interface LogFile extends Closeable {

    /**
     * Reads until the buffer is full or the file ends.
     *
     * @return the number of bytes read, 0 at or past the end of the file
     */
    int read(ByteBuffer target, long position) throws IOException;

    /**
     * Writes all that remains in the buffer, extending the file as needed. After an error any part of it may have been
     * written. Reaches the operating system before it returns; durable only after {@link #sync()}.
     *
     * @throws NoSpaceException if the disk, a quota or a limit leaves no room
     */
    void write(ByteBuffer source, long position) throws IOException;

    /**
     * Makes all that was written before durable, the length included (fdatasync). After an error nobody knows what is
     * durable, and a second call that succeeds proves nothing: never retry (see Rebello et al., "Can Applications
     * Recover from fsync Failures?", USENIX ATC 2020).
     */
    void sync() throws IOException;

    /** Cuts the file to a length; does nothing if it is no longer than that. Durable after {@link #sync()}. */
    void truncate(long sizeBytes) throws IOException;

    /** The length of the file in bytes, now. */
    long size() throws IOException;

    /** Closes the file without syncing it. May be called twice. */
    @Override
    void close() throws IOException;
}
