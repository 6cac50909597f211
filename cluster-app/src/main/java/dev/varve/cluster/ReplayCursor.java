package dev.varve.cluster;

import dev.varve.log.PartitionLog;
import dev.varve.log.ReadResult;
import dev.varve.log.StoredBatch;
import dev.varve.log.format.FrameHeader;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;

/**
 * Finds the batches that a log holds already when their entries come again after a restart, in order, so that who sends one again is told the
 * offsets that it has.
 */
final class ReplayCursor {
    private static final int READ_BYTES = 256 << 10;

    private final PartitionLog log;
    private final Queue<StoredBatch> ahead = new ArrayDeque<>();
    private long nextOffset;

    ReplayCursor(PartitionLog log, long fromOffset) {
        this.log = log;
        this.nextOffset = fromOffset;
    }

    /** The same search, in the same log opened anew. */
    ReplayCursor in(PartitionLog reopened) {
        StoredBatch next = ahead.peek();
        return new ReplayCursor(
                reopened, next == null ? nextOffset : next.header().baseOffset());
    }

    /** The batch with this sequence, which must be above those asked for before; empty if the log has none. */
    Optional<FrameHeader> find(long sequence) {
        while (true) {
            StoredBatch next = ahead.peek();
            if (next == null) {
                ReadResult read = log.read(Math.max(nextOffset, log.logStartOffset()), READ_BYTES);
                if (read.isEmpty()) {
                    return Optional.empty();
                }
                ahead.addAll(read.batches());
                nextOffset = read.nextOffset();
            } else if (next.header().sequence() < sequence) {
                ahead.remove();
            } else {
                return next.header().sequence() == sequence ? Optional.of(next.header()) : Optional.empty();
            }
        }
    }
}
