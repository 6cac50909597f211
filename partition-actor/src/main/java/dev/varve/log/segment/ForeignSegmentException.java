package dev.varve.log.segment;

import dev.varve.log.format.SegmentHeader;
import java.io.IOException;
import java.nio.file.Path;

/** A whole segment file in the place of another one. */
public final class ForeignSegmentException extends IOException {
    private static final long serialVersionUID = 1L;

    ForeignSegmentException(Path file, SegmentHeader found, long logId, long segmentId) {
        super(String.format(
                "%s is segment %d of log %016x, where segment %d of log %016x should be",
                file, found.segmentId(), found.logId(), segmentId, logId));
    }
}
