package dev.varve.log.format;

import java.nio.ByteBuffer;

/**
 * One way to compress, in direct buffers: native code that works on arrays would keep the garbage collector out while it does. Any
 * thread.
 */
interface Codec {

    /**
     * Compresses a stretch of a buffer into another stretch of it.
     *
     * @param room how many bytes there are for it at {@code to}, enough for the worst case
     * @return how many it took
     */
    int compress(ByteBuffer buffer, int from, int bytes, int to, int room);

    /**
     * Decompresses the beginning of one buffer into the beginning of another.
     *
     * @param targetBytes how many bytes it must give, neither more nor less
     * @throws MalformedBatchException if the bytes are not what {@link #compress} makes of so many, up to the last one
     */
    void decompress(ByteBuffer source, int sourceBytes, ByteBuffer target, int targetBytes)
            throws MalformedBatchException;
}
