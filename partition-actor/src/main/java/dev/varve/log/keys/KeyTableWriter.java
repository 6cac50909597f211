package dev.varve.log.keys;

import com.esotericsoftware.kryo.io.Output;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import dev.varve.log.segment.SmallFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Writes a {@link KeyTable} beside the one that is there, and puts it in its place when it is whole and synced. Keys come in their
 * order, each once. Holds a bucket and where the buckets begin. For one thread.
 */
final class KeyTableWriter implements Closeable {
    private static final int BUFFER_BYTES = 256 << 10;

    private final Disk disk;
    private final Path path;
    private final Path temporary;
    private final KeyTableLayout.Kind kind;
    private final long logId;
    private final long segmentId;
    private final long covered;
    private final int bucketBits;
    private final LogFile file;
    private final ByteBuffer starts;
    private final Output bucket = new Output(4096, -1);
    private ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    private long bufferAt;
    private int currentBucket;
    private long keys;

    /**
     * @param expectedKeys about how many keys will come, which decides how many buckets there are
     * @param segmentId see {@link KeyTableLayout.Header}
     */
    KeyTableWriter(
            Disk disk, Path path, KeyTableLayout.Kind kind, long logId, long segmentId, long covered, long expectedKeys)
            throws IOException {
        this.disk = disk;
        this.path = path;
        this.temporary = SmallFiles.temporary(path);
        this.kind = kind;
        this.logId = logId;
        this.segmentId = segmentId;
        this.covered = covered;
        this.bucketBits = KeyTableLayout.bucketBits(expectedKeys);
        this.starts = ByteBuffer.allocate(Math.multiplyExact((1 << bucketBits) + 1, Long.BYTES));
        this.bufferAt = KeyTableLayout.HEADER_BYTES + (long) starts.capacity();
        this.file = SmallFiles.create(disk, temporary);
        beginBucket();
    }

    void add(Key key, byte[] value) throws IOException {
        int wanted = key.bucket(bucketBits);
        while (currentBucket < wanted) {
            endBucket();
            beginBucket();
        }
        bucket.writeVarInt(key.bytes().length, true);
        bucket.writeBytes(key.bytes());
        bucket.writeVarInt(value.length, true);
        bucket.writeBytes(value);
        keys++;
    }

    private void beginBucket() {
        starts.putLong(bufferAt + buffer.position());
        bucket.reset();
        bucket.writeLong(0);
    }

    private void endBucket() throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(bucket.getBuffer(), 0, bucket.position());
        bytes.putInt(4, bucket.position() - KeyTableLayout.BUCKET_HEADER_BYTES);
        bytes.putInt(0, KeyTableLayout.Header.bucketCrc(logId, segmentId, currentBucket, bytes));
        if (bytes.remaining() > buffer.remaining()) {
            flush();
        }
        if (bytes.remaining() > buffer.capacity()) {
            file.write(bytes, bufferAt);
            bufferAt += bucket.position();
        } else {
            buffer.put(bytes);
        }
        currentBucket++;
    }

    private void flush() throws IOException {
        buffer.flip();
        int bytes = buffer.remaining();
        file.write(buffer, bufferAt);
        bufferAt += bytes;
        buffer.clear();
    }

    /** Completes the table, makes its bytes durable and gives it its name, which is durable once the directory was synced. */
    void finish() throws IOException {
        while (currentBucket < 1 << bucketBits) {
            endBucket();
            if (currentBucket < 1 << bucketBits) {
                beginBucket();
            }
        }
        flush();
        starts.putLong(bufferAt).flip();
        KeyTableLayout.Header header = new KeyTableLayout.Header(
                kind, logId, segmentId, covered, keys, bucketBits, KeyTableLayout.Header.startsCrc(starts));
        file.write(starts, KeyTableLayout.HEADER_BYTES);
        file.write(header.encode(), 0);
        file.sync();
        file.close();
        disk.rename(temporary, path);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
