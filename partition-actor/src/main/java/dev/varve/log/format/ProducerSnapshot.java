package dev.varve.log.format;

import dev.varve.log.format.ProducerEntry.Batch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What a log remembers of its producers at one point, so that a later owner need not read what came before. Kept beside the
 * segment that the point lies in, in a small file that holds it twice: once segments were deleted, the log no longer tells the
 * same. docs/FORMAT.md has the bytes.
 *
 * @param logId the log
 * @param segmentId the segment that was active
 * @param coveredBytes the position in that segment up to which its frames are taken into account
 * @param epoch the epoch of the last frame before that position; that of the segment's header if there is none
 * @param sequence the sequence of that frame
 * @param greatestTimestamp the greatest timestamp of all records up to there; {@link Long#MIN_VALUE} if there are none
 * @param producers in the order of their last batches
 */
public record ProducerSnapshot(
        long logId,
        long segmentId,
        long coveredBytes,
        long epoch,
        long sequence,
        long greatestTimestamp,
        List<ProducerEntry> producers) {

    public static final int VERSION = 1;

    /** "VARVEPRO". */
    private static final long MAGIC = 0x564152564550524FL;

    private static final int COPY_HEADER_BYTES = 24;
    private static final int CRC_AT = 16;
    private static final int FIXED_BYTES = 6 * Long.BYTES + 2 * Integer.BYTES;
    private static final int PRODUCER_BYTES = 24;
    private static final int BATCH_BYTES = 16;

    public ProducerSnapshot {
        producers = List.copyOf(producers);
    }

    /** The greatest size of the file of so many producers. */
    public static int maxBytes(int producers) {
        return 2
                * (COPY_HEADER_BYTES
                        + FIXED_BYTES
                        + producers * (PRODUCER_BYTES + ProducerEntry.MAX_BATCHES * BATCH_BYTES));
    }

    /** Whether this was made at a position of its segment behind a frame of this epoch and sequence. */
    public boolean isAt(long position, long lastEpoch, long lastSequence) {
        return coveredBytes == position && epoch == lastEpoch && sequence == lastSequence;
    }

    /** The same, of a segment that took the place of this one, and the position there that has the same frames before it. */
    public ProducerSnapshot movedTo(long newSegmentId, long position, long lastEpoch, long lastSequence) {
        return new ProducerSnapshot(
                logId, newSegmentId, position, lastEpoch, lastSequence, greatestTimestamp, producers);
    }

    /** The bytes of the file: both copies. */
    public ByteBuffer encode() {
        int bodyBytes = FIXED_BYTES;
        for (ProducerEntry producer : producers) {
            bodyBytes += PRODUCER_BYTES + producer.batches().size() * BATCH_BYTES;
        }
        int copyBytes = COPY_HEADER_BYTES + bodyBytes;
        ByteBuffer buffer = ByteBuffer.allocate(2 * copyBytes);
        for (int start = 0; start < 2 * copyBytes; start += copyBytes) {
            buffer.putLong(MAGIC).putInt(VERSION).putInt(bodyBytes).putInt(0).putInt(0);
            buffer.putLong(logId)
                    .putLong(segmentId)
                    .putLong(coveredBytes)
                    .putLong(epoch)
                    .putLong(sequence)
                    .putLong(greatestTimestamp)
                    .putInt(producers.size())
                    .putInt(0);
            producers.forEach(producer -> encode(buffer, producer));
            buffer.putInt(start + CRC_AT, crc(buffer, start, copyBytes));
        }
        return buffer.flip();
    }

    private static void encode(ByteBuffer buffer, ProducerEntry producer) {
        buffer.putLong(producer.id())
                .putShort(producer.epoch())
                .putShort((short) producer.batches().size())
                .putInt(0)
                .putLong(producer.lastSeen());
        for (Batch batch : producer.batches()) {
            buffer.putInt(batch.firstSequence()).putInt(batch.lastOffsetDelta()).putLong(batch.baseOffset());
        }
    }

    /**
     * What a file holds.
     *
     * @param snapshot null if neither copy can be used
     * @param problems a sentence for each copy that cannot be
     */
    public record Decoded(ProducerSnapshot snapshot, List<String> problems) {}

    /** Reads the bytes of a file, from index 0 to the limit of the buffer. */
    public static Decoded decode(ByteBuffer file) {
        List<String> problems = new ArrayList<>();
        ProducerSnapshot first = copy(file, 0, "first", problems);
        // Where the second copy begins the first one tells only if it is whole; they are of the same length.
        int secondStart = first == null ? file.limit() / 2 : COPY_HEADER_BYTES + file.getInt(12);
        ProducerSnapshot second = copy(file, secondStart, "second", problems);
        return new Decoded(first != null ? first : second, problems);
    }

    private static ProducerSnapshot copy(ByteBuffer file, int start, String which, List<String> problems) {
        String problem = problem(file, start);
        ProducerSnapshot snapshot = problem == null ? body(file, start + COPY_HEADER_BYTES) : null;
        if (snapshot == null) {
            problems.add(
                    "the " + which + " copy of the producers " + (problem == null ? "contradicts itself" : problem));
        }
        return snapshot;
    }

    private static String problem(ByteBuffer file, int start) {
        int left = file.limit() - start;
        if (left < COPY_HEADER_BYTES + FIXED_BYTES) {
            return "is too short: " + left + " bytes";
        }
        if (file.getLong(start) != MAGIC) {
            return "does not begin with VARVEPRO";
        }
        int bodyBytes = file.getInt(start + 12);
        if (bodyBytes < FIXED_BYTES || bodyBytes > left - COPY_HEADER_BYTES) {
            return "says that it has " + bodyBytes + " bytes, and there are " + (left - COPY_HEADER_BYTES);
        }
        if (file.getInt(start + CRC_AT) != crc(file, start, COPY_HEADER_BYTES + bodyBytes)) {
            return "fails its checksum";
        }
        if (file.getInt(start + 8) != VERSION) {
            return "has format version " + file.getInt(start + 8)
                    + ", which is not known to this version of varve, which reads " + VERSION;
        }
        return null;
    }

    /** The snapshot in a body whose checksum is right, or null if that makes no sense. */
    private static ProducerSnapshot body(ByteBuffer file, int start) {
        ByteBuffer body = file.slice(start, file.getInt(start - COPY_HEADER_BYTES + 12));
        long logId = body.getLong();
        long segmentId = body.getLong();
        long coveredBytes = body.getLong();
        long epoch = body.getLong();
        long sequence = body.getLong();
        long greatestTimestamp = body.getLong();
        int count = body.getInt();
        body.getInt();
        List<ProducerEntry> producers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ProducerEntry producer = body.remaining() < PRODUCER_BYTES ? null : producer(body);
            if (producer == null) {
                return null;
            }
            producers.add(producer);
        }
        return count < 0 || body.hasRemaining()
                ? null
                : new ProducerSnapshot(logId, segmentId, coveredBytes, epoch, sequence, greatestTimestamp, producers);
    }

    private static ProducerEntry producer(ByteBuffer body) {
        long id = body.getLong();
        short epoch = body.getShort();
        int count = body.getShort();
        body.getInt();
        long lastSeen = body.getLong();
        if (count < 1 || count > ProducerEntry.MAX_BATCHES || body.remaining() < count * BATCH_BYTES) {
            return null;
        }
        List<Batch> batches = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            batches.add(new Batch(body.getInt(), body.getInt(), body.getLong()));
        }
        return new ProducerEntry(id, epoch, lastSeen, batches);
    }

    private static int crc(ByteBuffer file, int start, int copyBytes) {
        return new Crc()
                .start(0)
                .add(file, start, start + CRC_AT)
                .add(file, start + CRC_AT + Integer.BYTES, start + copyBytes)
                .value();
    }
}
