package dev.varve.log.format;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.util.Native;
import java.nio.ByteBuffer;

/**
 * Zstandard frames, each alone, with their content size and without checksum or dictionary. There is a native library only; it is
 * loaded when the first batch needs it. What it keeps between uses, a megabyte or so for a thread that compresses, is shared by all
 * logs of the process.
 */
final class ZstdCodec implements Codec {
    /** What the library's authors hold for the best in general; the sizes and times in the documentation are of this one. */
    private static final int LEVEL = 3;

    /** At the beginning of a frame, little-endian. */
    private static final int MAGIC = Integer.reverseBytes(0xFD2FB528);

    private final Pool<ZstdCompressCtx> compressors = new Pool<>(ZstdCodec::newCompressor, ZstdCompressCtx::close);
    private final Pool<ZstdDecompressCtx> decompressors = new Pool<>(ZstdDecompressCtx::new, ZstdDecompressCtx::close);

    private ZstdCodec() {}

    private static ZstdCompressCtx newCompressor() {
        return new ZstdCompressCtx()
                .setLevel(LEVEL)
                .setContentSize(true)
                .setChecksum(false)
                .setDictID(false);
    }

    static ZstdCodec instance() throws CodecUnavailableException {
        if (Holder.INSTANCE == null) {
            throw CodecUnavailableException.notLoaded(Compression.ZSTD, Holder.problem);
        }
        return Holder.INSTANCE;
    }

    private static final class Holder {
        /** Why there is no instance. */
        static Throwable problem;

        static final ZstdCodec INSTANCE = load();

        private static ZstdCodec load() {
            try {
                Native.load();
                return new ZstdCodec();
            } catch (LinkageError | RuntimeException e) {
                problem = e;
                return null;
            }
        }
    }

    @Override
    public int compress(ByteBuffer buffer, int from, int bytes, int to, int room) {
        ZstdCompressCtx context = compressors.take();
        try {
            return context.compressDirectByteBuffer(buffer, to, room, buffer, from, bytes);
        } finally {
            compressors.giveBack(context);
        }
    }

    @Override
    public void decompress(ByteBuffer source, int sourceBytes, ByteBuffer target, int targetBytes)
            throws MalformedBatchException {
        requireOneFrame(source, sourceBytes, targetBytes);
        ZstdDecompressCtx context = decompressors.take();
        try {
            int given = context.decompressDirectByteBuffer(target, 0, targetBytes, source, 0, sourceBytes);
            if (given != targetBytes) {
                throw new MalformedBatchException("a zstd frame of " + given + " bytes instead of " + targetBytes);
            }
        } catch (ZstdException e) {
            throw new MalformedBatchException("no zstd frame of " + targetBytes + " bytes: " + e.getMessage());
        } finally {
            decompressors.giveBack(context);
        }
    }

    /** The library on its own takes several frames in a row, passes over some that say nothing, and knows older formats. */
    private static void requireOneFrame(ByteBuffer source, int sourceBytes, int targetBytes)
            throws MalformedBatchException {
        if (sourceBytes < Integer.BYTES || source.getInt(0) != MAGIC) {
            throw new MalformedBatchException("no zstd frame");
        }
        long contentBytes = Zstd.getDirectByteBufferFrameContentSize(source, 0, sourceBytes, false);
        if (contentBytes != targetBytes) {
            throw new MalformedBatchException(
                    "a zstd frame that says " + contentBytes + " bytes instead of " + targetBytes);
        }
        long frameBytes = Zstd.findDirectByteBufferFrameCompressedSize(source, 0, sourceBytes);
        if (frameBytes != sourceBytes) {
            throw new MalformedBatchException(
                    "a zstd frame of " + frameBytes + " compressed bytes instead of " + sourceBytes);
        }
    }
}
