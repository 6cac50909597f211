package dev.varve.benchmarks.rows;

import dev.varve.benchmarks.Workplace;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/**
 * The raw floor: a file channel and a checksum, and nothing that a log is for. Blocks of the size of the log's frames come
 * ready-made from direct memory; each is put through CRC-32C and written.
 */
final class RawFile implements Closeable {
    private static final int DIFFERENT_BLOCKS = 16;

    private final Path path;
    private final FileChannel channel;
    private final int blockBytes;
    private final ByteBuffer blocks;
    private final CRC32C crc = new CRC32C();
    private int next;
    private long position;

    private RawFile(Path path, int blockBytes, int differentBlocks) throws IOException {
        this.path = path;
        this.blockBytes = blockBytes;
        this.channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        byte[] random = new byte[blockBytes * differentBlocks];
        new SplittableRandom(Values.SEED).nextBytes(random);
        this.blocks = ByteBuffer.allocateDirect(random.length).put(random);
    }

    static RawFile create(Path path, int blockBytes) throws IOException {
        return new RawFile(path, blockBytes, DIFFERENT_BLOCKS);
    }

    /** A file whose bytes are there already, as zeros, durably; to be written over again and again. */
    static RawFile preallocated(Path path, int blockBytes, int differentBlocks, long bytes) throws IOException {
        RawFile file = new RawFile(path, blockBytes, differentBlocks);
        ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
        for (long at = 0; at < bytes; at += zeros.capacity()) {
            file.channel.write(zeros.clear(), at);
        }
        file.channel.force(true);
        return file;
    }

    /** Writes the next blocks, each with a checksum, in one call. */
    void write(int count) throws IOException {
        if ((next + count) * blockBytes > blocks.capacity()) {
            next = 0;
        }
        int from = next * blockBytes;
        for (int i = 0; i < count; i++) {
            crc.reset();
            crc.update(blocks.clear().position(from + i * blockBytes).limit(from + (i + 1) * blockBytes));
        }
        blocks.clear().position(from).limit(from + count * blockBytes);
        while (blocks.hasRemaining()) {
            position += channel.write(blocks, position);
        }
        next += count;
    }

    /** Copies values into blocks and writes these, each with a checksum, in one call; begins anew where the file ends. */
    void write(List<byte[]> values) throws IOException {
        for (int i = 0; i < values.size(); i++) {
            blocks.clear().put((i + 1) * blockBytes - values.get(i).length, values.get(i));
        }
        next = 0;
        if (position + (long) values.size() * blockBytes > channel.size()) {
            rewind();
        }
        write(values.size());
    }

    void sync() throws IOException {
        channel.force(false);
    }

    void rewind() {
        position = 0;
    }

    long position() {
        return position;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Workplace.delete(path);
    }
}
