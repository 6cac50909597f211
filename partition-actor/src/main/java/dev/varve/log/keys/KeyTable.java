package dev.varve.log.keys;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A file that maps keys to bytes and never changes: a header, where each bucket begins, and the buckets, in the order of the keys.
 * Where the buckets begin is kept in memory, so that looking for a key reads its bucket and nothing else. Every bucket has a checksum
 * seeded with its number, empty ones too, so that damage never looks like an absent key. Any thread.
 */
public final class KeyTable implements Closeable {
    private final LogFile file;
    private final KeyTableLayout.Header header;
    private final long[] bucketStarts;
    private int users;
    private boolean closed;

    private KeyTable(LogFile file, KeyTableLayout.Header header, long[] bucketStarts) {
        this.file = file;
        this.header = header;
        this.bucketStarts = bucketStarts;
    }

    /** A bucket fails its checksum, or the file ends before it does. The table is of no use any more; make it anew. */
    public static final class DamagedTableException extends IOException {
        private static final long serialVersionUID = 1L;

        DamagedTableException(String message) {
            super(message);
        }
    }

    /**
     * Opens a table; null if there is none, or the file is damaged, of another kind or of another log.
     */
    public static KeyTable open(Disk disk, Path path, KeyTableLayout.Kind kind, long logId) throws IOException {
        LogFile file;
        try {
            file = disk.open(path, Disk.OpenMode.READ);
        } catch (NoSuchFileException e) {
            return null;
        }
        boolean opened = false;
        try {
            KeyTable table = read(file, kind, logId);
            opened = table != null;
            return table;
        } finally {
            if (!opened) {
                file.close();
            }
        }
    }

    private static KeyTable read(LogFile file, KeyTableLayout.Kind kind, long logId) throws IOException {
        ByteBuffer fixed = ByteBuffer.allocate(KeyTableLayout.HEADER_BYTES);
        if (file.read(fixed, 0) < KeyTableLayout.HEADER_BYTES) {
            return null;
        }
        KeyTableLayout.Header header = KeyTableLayout.Header.decode(fixed.flip(), kind, logId);
        if (header == null || header.bucketsAt() > file.size()) {
            return null;
        }
        ByteBuffer starts = ByteBuffer.allocate(header.startsBytes());
        if (file.read(starts, KeyTableLayout.HEADER_BYTES) < starts.capacity()
                || !header.matches(starts.flip())
                || starts.getLong(starts.limit() - Long.BYTES) != file.size()) {
            return null;
        }
        long[] bucketStarts = new long[header.buckets() + 1];
        starts.asLongBuffer().get(bucketStarts);
        return new KeyTable(file, header, bucketStarts);
    }

    public KeyTableLayout.Header header() {
        return header;
    }

    /** The bytes of a key; null if it is not there. Reads once. */
    public byte[] get(Key key) throws IOException {
        Cursor cursor = new Cursor(key.bucket(header.bucketBits()), 1);
        while (cursor.key() != null) {
            if (cursor.key().equals(key)) {
                return cursor.value();
            }
            cursor.advance();
        }
        return null;
    }

    /** All keys from this one on, or from the first if it is null. */
    public Cursor from(Key first) throws IOException {
        int bucket = first == null ? 0 : first.bucket(header.bucketBits());
        Cursor cursor = new Cursor(bucket, header.buckets() - bucket);
        while (first != null && cursor.key() != null && cursor.key().compareTo(first) < 0) {
            cursor.advance();
        }
        return cursor;
    }

    /** A place in a table, which goes on from key to key and holds one bucket. For one thread. */
    public final class Cursor {
        private final int lastBucket;
        private int nextBucket;
        private Input input = new Input();
        private Key key;
        private byte[] value;

        private Cursor(int firstBucket, int buckets) throws IOException {
            this.nextBucket = firstBucket;
            this.lastBucket = firstBucket + buckets - 1;
            advance();
        }

        /** The key here; null behind the last one. */
        public Key key() {
            return key;
        }

        /** The bytes of the key here. */
        public byte[] value() {
            return value;
        }

        public void advance() throws IOException {
            while (input.position() == input.limit() && nextBucket <= lastBucket) {
                byte[] bytes = bucket(nextBucket++);
                int from = KeyTableLayout.BUCKET_HEADER_BYTES;
                input = new Input(bytes, from, bytes.length - from);
            }
            if (input.position() == input.limit()) {
                key = null;
                value = null;
                return;
            }
            try {
                key = new Key(input.readBytes(input.readVarInt(true)));
                value = input.readBytes(input.readVarInt(true));
            } catch (KryoException | NegativeArraySizeException e) {
                throw new DamagedTableException(
                        "bucket " + (nextBucket - 1) + " is malformed although its checksum is right: " + e);
            }
        }
    }

    private byte[] bucket(int bucket) throws IOException {
        long start = bucketStarts[bucket];
        long length = bucketStarts[bucket + 1] - start;
        if (length < KeyTableLayout.BUCKET_HEADER_BYTES || length > Integer.MAX_VALUE) {
            throw new DamagedTableException("bucket " + bucket + " has " + length + " bytes");
        }
        byte[] bytes = new byte[(int) length];
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        if (file.read(buffer, start) < length || !header.isBucket(bucket, buffer.flip())) {
            throw new DamagedTableException("bucket " + bucket + " fails its checksum");
        }
        return bytes;
    }

    /** About how much memory it takes. */
    long memoryBytes() {
        return 100 + 8L * bucketStarts.length;
    }

    /** Takes part in using the table; false if it was closed. Whoever takes part gives back by {@link #release()}. */
    synchronized boolean acquire() {
        if (!closed) {
            users++;
        }
        return !closed;
    }

    /** Does not use the table any more. */
    synchronized void release() throws IOException {
        users--;
        if (closed && users == 0) {
            file.close();
        }
    }

    /** Closes the file as soon as nobody uses it. May be called twice. */
    @Override
    public synchronized void close() throws IOException {
        if (!closed && users == 0) {
            file.close();
        }
        closed = true;
    }
}
