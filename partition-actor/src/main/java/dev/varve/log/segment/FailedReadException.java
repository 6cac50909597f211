package dev.varve.log.segment;

import dev.varve.log.io.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;

/** The operating system cannot read a segment file at a position. */
public final class FailedReadException extends IOException {
    private static final long serialVersionUID = 1L;
    private final long position;

    private FailedReadException(long position, IOException cause) {
        super(cause.getMessage(), cause);
        this.position = position;
    }

    /** Where in the file the bytes begin that were asked for. */
    public long position() {
        return position;
    }

    /** Reads as {@link LogFile#read}; an error tells where. That the file is gone is left to say so itself. */
    static int read(LogFile file, ByteBuffer target, long position) throws IOException {
        try {
            return file.read(target, position);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            throw new FailedReadException(position, e);
        }
    }
}
