package dev.varve.log;

import dev.varve.log.format.FrameCodec;
import dev.varve.log.segment.ActiveSegment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Gives frames what only their place in a segment tells, and writes them there behind the last one. For one thread at a time. */
final class FrameWriter {
    private final FrameCodec codec;
    private final boolean syncs;
    private final long maxBytes;
    private final ByteBuffer markBuffer = ByteBuffer.allocateDirect(128);

    FrameWriter(LogOptions options, long logId) {
        this.codec = new FrameCodec(logId);
        this.syncs = !(options.syncPolicy() instanceof SyncPolicy.None);
        this.maxBytes = options.rollPolicy().segmentBytes();
    }

    /** Writes batches that fit the segment, from the buffer in which they lie in this order. */
    void write(ActiveSegment active, List<StagedBatch> batches, ByteBuffer buffer) throws IOException {
        long position = active.end();
        long maxTimestampBefore = active.maxTimestamp();
        for (StagedBatch batch : batches) {
            codec.stamp(
                    buffer,
                    batch.start,
                    new FrameCodec.Place(
                            active.segmentId(),
                            position,
                            batch.epoch,
                            batch.sequence,
                            batch.baseOffset,
                            active.syncedEnd(),
                            maxTimestampBefore));
            position += batch.frameBytes;
            maxTimestampBefore = Math.max(maxTimestampBefore, batch.content.maxTimestamp());
        }
        try {
            active.write(pieces(batches, buffer), syncs, maxBytes);
        } finally {
            buffer.clear();
        }
        for (int i = 0; i < batches.size(); i++) {
            StagedBatch batch = batches.get(i);
            batch.position = active.end();
            active.accept(
                    batch.baseOffset,
                    batch.lastOffset(),
                    batch.content.recordCount(),
                    batch.content.minTimestamp(),
                    batch.content.maxTimestamp(),
                    batch.frameBytes);
        }
    }

    /**
     * The frames in as few pieces as they lie in: between them are those of batches that are not written. One piece is the buffer
     * itself, so that the usual case makes no other.
     */
    private static List<ByteBuffer> pieces(List<StagedBatch> batches, ByteBuffer buffer) {
        StagedBatch last = batches.get(batches.size() - 1);
        if (last.start + last.frameBytes - batches.get(0).start == bytes(batches)) {
            return List.of(buffer.limit(last.start + last.frameBytes).position(batches.get(0).start));
        }
        List<ByteBuffer> pieces = new ArrayList<>(1);
        int start = batches.get(0).start;
        int end = start;
        for (StagedBatch batch : batches) {
            if (batch.start != end) {
                pieces.add(buffer.slice(start, end - start));
                start = batch.start;
            }
            end = batch.start + batch.frameBytes;
        }
        pieces.add(buffer.slice(start, end - start));
        return pieces;
    }

    private static int bytes(List<StagedBatch> batches) {
        int bytes = 0;
        for (int i = 0; i < batches.size(); i++) {
            bytes += batches.get(i).frameBytes;
        }
        return bytes;
    }

    /**
     * Writes a frame without records, which tells up to where those before it are durable.
     *
     * @param logEnd what the frame comes behind
     * @return false if the segment has no room for it; nothing was written then
     */
    boolean writeMark(ActiveSegment active, LogEnd logEnd) throws IOException {
        FrameCodec.Content content = new FrameCodec.Content(0, 0, -1, 0, 0, 0, 0, null);
        int bytes = FrameCodec.begin(markBuffer, 0, content);
        if (active.end() + bytes > maxBytes) {
            return false;
        }
        codec.stamp(
                markBuffer,
                0,
                new FrameCodec.Place(
                        active.segmentId(),
                        active.end(),
                        logEnd.epoch(),
                        logEnd.sequence(),
                        logEnd.nextOffset(),
                        active.syncedEnd(),
                        active.maxTimestamp()));
        active.write(List.of(markBuffer.slice(0, bytes)), syncs, maxBytes);
        active.accept(logEnd.nextOffset(), logEnd.nextOffset() - 1, 0, 0, 0, bytes);
        return true;
    }
}
