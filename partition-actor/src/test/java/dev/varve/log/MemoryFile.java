package dev.varve.log;

import dev.varve.log.io.LogFile;
import java.nio.ByteBuffer;

/** A file that is an array, to be read only; counts what is read of it. */
final class MemoryFile implements LogFile {
    private byte[] bytes;
    private long bytesRead;

    MemoryFile(byte[] bytes) {
        this.bytes = bytes;
    }

    void set(byte[] newBytes) {
        bytes = newBytes;
        bytesRead = 0;
    }

    long bytesRead() {
        return bytesRead;
    }

    @Override
    public int read(ByteBuffer target, long position) {
        int count = (int) Math.max(0, Math.min(target.remaining(), bytes.length - position));
        target.put(bytes, (int) Math.min(position, bytes.length), count);
        bytesRead += count;
        return count;
    }

    @Override
    public void write(ByteBuffer source, long position) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void sync() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void truncate(long sizeBytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long size() {
        return bytes.length;
    }

    @Override
    public void close() {}
}
