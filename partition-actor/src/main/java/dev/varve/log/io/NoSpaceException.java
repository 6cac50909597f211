package dev.varve.log.io;

import java.io.IOException;

/**
 * A write that found no room: the disk is full, a quota is used up, or a file size limit is reached (ENOSPC, EDQUOT,
 * EFBIG). Unlike every other error of a write it says that the disk itself is well.
 */
public final class NoSpaceException extends IOException {
    private static final long serialVersionUID = 1L;

    public NoSpaceException(String message, Throwable cause) {
        super(message, cause);
    }

    public NoSpaceException(String message) {
        super(message);
    }
}
