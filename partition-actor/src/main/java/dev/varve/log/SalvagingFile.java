package dev.varve.log;

import dev.varve.log.io.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;

/**
 * A file of which a part may be unreadable: what the operating system cannot read is given as bytes of ones, which are no frame
 * and, other than zeros, no end of a log either. For reading only, by one thread.
 */
final class SalvagingFile implements LogFile {
    /** What a disk gives up at a time, or a multiple of it. */
    static final int BLOCK_BYTES = 4096;

    private static final byte FILLER = (byte) 0xFF;

    private final LogFile file;
    private final Unreadable listener;

    /** Told of each block that cannot be read, as often as it is asked for. */
    interface Unreadable {
        void block(long position, IOException cause);
    }

    SalvagingFile(LogFile file, Unreadable listener) {
        this.file = file;
        this.listener = listener;
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        int start = target.position();
        try {
            return file.read(target, position);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            target.position(start);
            return readBlocks(target, position);
        }
    }

    private int readBlocks(ByteBuffer target, long from) throws IOException {
        long to = Math.min(file.size(), from + target.remaining());
        for (long position = from; position < to; ) {
            long blockEnd = Math.min(to, (position / BLOCK_BYTES + 1) * BLOCK_BYTES);
            int bytes = (int) (blockEnd - position);
            ByteBuffer block = target.slice(target.position(), bytes);
            try {
                file.read(block, position);
            } catch (IOException e) {
                block.clear();
                listener.block(position, e);
            }
            while (block.hasRemaining()) {
                block.put(FILLER);
            }
            target.position(target.position() + bytes);
            position = blockEnd;
        }
        return (int) Math.max(0, to - from);
    }

    @Override
    public long size() throws IOException {
        return file.size();
    }

    @Override
    public void write(ByteBuffer source, long position) {
        throw new UnsupportedOperationException("for reading only");
    }

    @Override
    public void sync() {
        throw new UnsupportedOperationException("for reading only");
    }

    @Override
    public void truncate(long sizeBytes) {
        throw new UnsupportedOperationException("for reading only");
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
