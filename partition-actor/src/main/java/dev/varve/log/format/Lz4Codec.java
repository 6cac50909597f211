package dev.varve.log.format;

import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * LZ4 blocks. By the native library where it can be loaded, which is when the first batch needs it, and else by the same library's
 * Java code, which takes two to five times as long; so LZ4 is there in every process.
 */
final class Lz4Codec implements Codec {
    private static final Logger LOGGER = LoggerFactory.getLogger(Lz4Codec.class);

    private final LZ4Compressor compressor;
    private final LZ4SafeDecompressor decompressor;

    Lz4Codec(LZ4Factory factory) {
        this.compressor = factory.fastCompressor();
        // The "fast" decompressor trusts its input.
        this.decompressor = factory.safeDecompressor();
    }

    static Lz4Codec instance() {
        return Holder.INSTANCE;
    }

    private static final class Holder {
        static final Lz4Codec INSTANCE = new Lz4Codec(factory());

        private static LZ4Factory factory() {
            try {
                return LZ4Factory.nativeInstance();
            } catch (LinkageError | RuntimeException | AssertionError e) {
                LOGGER.info(
                        "The native LZ4 library was not loaded ({}); its Java code does the work, more slowly",
                        e.toString());
                return LZ4Factory.safeInstance();
            }
        }
    }

    @Override
    public int compress(ByteBuffer buffer, int from, int bytes, int to, int room) {
        return compressor.compress(buffer, from, bytes, buffer, to, room);
    }

    @Override
    public void decompress(ByteBuffer source, int sourceBytes, ByteBuffer target, int targetBytes)
            throws MalformedBatchException {
        int given;
        try {
            given = decompressor.decompress(source, 0, sourceBytes, target, 0, targetBytes);
        } catch (LZ4Exception e) {
            throw new MalformedBatchException("no LZ4 block of " + targetBytes + " bytes: " + e.getMessage());
        }
        if (given != targetBytes) {
            throw new MalformedBatchException("an LZ4 block of " + given + " bytes instead of " + targetBytes);
        }
    }
}
