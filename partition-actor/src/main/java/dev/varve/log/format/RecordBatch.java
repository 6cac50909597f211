package dev.varve.log.format;

import com.esotericsoftware.kryo.io.Input;
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
     * The records, decompressed and decoded anew by each call.
     *
     * @throws MalformedBatchException if they are not what the fixed fields promise, although the checksum is right
     * @throws CodecUnavailableException if this process has no means to decompress them; they may be all right
     */
    public List<LogRecord> records() throws MalformedBatchException, CodecUnavailableException {
        Compression compression = Compression.of(header.codec());
        if (compression == null) {
            throw CodecUnavailableException.unknown(header.codec());
        }
        int from = start + header.bodyStart();
        if (compression != Compression.NONE) {
            return Inflater.records(compression.codec(), header, bytes, from);
        }
        if (header.storedBytes() != header.uncompressedBytes()) {
            throw new MalformedBatchException(header.storedBytes() + " bytes of records that are not compressed, and "
                    + header.uncompressedBytes() + " before compression");
        }
        return RecordCodec.decode(header, new Input(bytes, from, header.storedBytes()));
    }
}
