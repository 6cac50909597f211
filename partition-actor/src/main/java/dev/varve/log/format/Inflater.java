package dev.varve.log.format;

import com.esotericsoftware.kryo.io.ByteBufferInput;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Memory to decompress a batch in, used again and again. The limit on the size of a batch has been checked by whoever read its fixed
 * fields, so what they say may be allocated. For one thread at a time; {@link #records} is for any.
 */
final class Inflater {
    /** Buffers that grew beyond this for a large batch are given back at once. */
    private static final int KEPT_BYTES = 1 << 20;

    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

    private static final Pool<Inflater> POOL = new Pool<>(Inflater::new, inflater -> {});

    private ByteBuffer compressed = NOTHING;
    private ByteBuffer inflated = NOTHING;

    private Inflater() {}

    /** The records of a batch whose stored bytes begin at an index of an array. */
    static List<LogRecord> records(Codec codec, FrameHeader header, byte[] bytes, int from)
            throws MalformedBatchException {
        Inflater inflater = POOL.take();
        try {
            return inflater.inflate(codec, header, bytes, from);
        } finally {
            inflater.shrink();
            POOL.giveBack(inflater);
        }
    }

    private List<LogRecord> inflate(Codec codec, FrameHeader header, byte[] bytes, int from)
            throws MalformedBatchException {
        compressed = withRoom(compressed, header.storedBytes());
        inflated = withRoom(inflated, header.uncompressedBytes());
        compressed.put(0, bytes, from, header.storedBytes());
        codec.decompress(compressed, header.storedBytes(), inflated, header.uncompressedBytes());
        // Decoding copies what it gives out.
        return RecordCodec.decode(header, new ByteBufferInput(inflated.slice(0, header.uncompressedBytes())));
    }

    private static ByteBuffer withRoom(ByteBuffer buffer, int bytes) {
        if (bytes <= buffer.capacity()) {
            return buffer;
        }
        return ByteBuffer.allocateDirect(bytes > KEPT_BYTES ? bytes : Math.max(4096, 2 * Integer.highestOneBit(bytes)));
    }

    private void shrink() {
        if (compressed.capacity() > KEPT_BYTES) {
            compressed = NOTHING;
        }
        if (inflated.capacity() > KEPT_BYTES) {
            inflated = NOTHING;
        }
    }
}
