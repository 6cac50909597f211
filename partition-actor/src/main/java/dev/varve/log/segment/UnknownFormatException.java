package dev.varve.log.segment;

import java.io.IOException;

/**
 * A segment, or a frame in one, that a later version of varve wrote: whole, as its checksum says, and not to be judged by this
 * version. Whoever meets it stops and says so; taken for a torn commit it would be cut off.
 */
public final class UnknownFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long position;

    /** @param reason what is not known to this version, in words */
    public UnknownFormatException(long position, String reason) {
        super("at position " + position + ", " + reason
                + "; open the log with the version that wrote it, or a later one");
        this.position = position;
    }

    /** Where in the segment file it lies. */
    public long position() {
        return position;
    }
}
