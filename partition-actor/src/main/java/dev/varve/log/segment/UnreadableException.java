package dev.varve.log.segment;

import java.io.IOException;

/**
 * A segment, or a frame in one, that is whole, as its checksum says, but not for this reader: a later version of varve wrote
 * it, or it is over the limit. Whoever meets it stops and says so; taken for a torn commit it would be cut off.
 */
public final class UnreadableException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long position;

    /** @param reason what it is and what to do about it, in words */
    public UnreadableException(long position, String reason) {
        super("at position " + position + ", " + reason);
        this.position = position;
    }

    /** Where in the segment file it lies. */
    public long position() {
        return position;
    }
}
