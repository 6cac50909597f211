package dev.varve.log.format;

import java.util.List;

/**
 * A frame in memory whose checksums are right, with its records still encoded. Immutable; any thread.
 */
public final class RecordBatch {
    private final FrameHeader header;
    private final byte[] bytes;
    private final int start;

    /**
     * @param header the fixed fields of the frame
     * @param bytes holds the frame, not copied, never changed
     * @param start where in it the frame begins
     */
    public RecordBatch(FrameHeader header, byte[] bytes, int start) {
        this.header = header;
        this.bytes = bytes;
        this.start = start;
    }

    public FrameHeader header() {
        return header;
    }

    /**
     * The records, decoded anew by each call.
     *
     * @throws MalformedBatchException if they are not what the fixed fields promise, although the checksum is right
     */
    public List<LogRecord> records() throws MalformedBatchException {
        if (header.codec() != 0) {
            throw new MalformedBatchException("compression codec " + header.codec() + " is not known to this version");
        }
        return RecordCodec.decode(header, bytes, start + header.bodyStart(), header.storedBytes());
    }
}
