package dev.varve.server.cli;

import dev.varve.log.format.FrameLayout;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordCodec;
import java.util.Arrays;

/** Makes records of lines. Immutable; any thread. */
final class RecordMaker {
    private final byte[] keySeparator;
    private final int maxBatchBytes;
    private final String limitOption;

    /**
     * @param keySeparator what ends the key of a line; empty if lines have no keys
     * @param maxBatchBytes the greatest size of a batch, its frame included
     * @param limitOption the option by which that can be changed; empty if it cannot
     */
    RecordMaker(byte[] keySeparator, int maxBatchBytes, String limitOption) {
        this.keySeparator = keySeparator.clone();
        this.maxBatchBytes = maxBatchBytes;
        this.limitOption = limitOption;
    }

    /** No line longer than this fits a batch, whatever is in it. */
    int maxLineBytes() {
        return maxBatchBytes - FrameLayout.HEADER_BYTES;
    }

    int maxBatchBytes() {
        return maxBatchBytes;
    }

    /** Where the limit comes from, to be said behind it. */
    String limitedBy() {
        return limitOption.isEmpty() ? "" : " (" + limitOption + ")";
    }

    /** The record of a line; the bytes are copied. */
    NewRecord record(long timestamp, byte[] bytes, int from, int to) {
        int separator = keySeparator.length == 0 ? -1 : indexOfSeparator(bytes, from, to);
        return separator < 0
                ? NewRecord.of(timestamp, Arrays.copyOfRange(bytes, from, to))
                : NewRecord.of(
                        timestamp,
                        Arrays.copyOfRange(bytes, from, separator),
                        Arrays.copyOfRange(bytes, separator + keySeparator.length, to));
    }

    private int indexOfSeparator(byte[] bytes, int from, int to) {
        for (int at = from; at <= to - keySeparator.length; at++) {
            if (Arrays.equals(bytes, at, at + keySeparator.length, keySeparator, 0, keySeparator.length)) {
                return at;
            }
        }
        return -1;
    }

    /** Whether a record fits a batch of its own. */
    boolean fits(NewRecord record) {
        return FrameLayout.frameBytes(FrameLayout.HEADER_BYTES, RecordCodec.encodedBytes(record, 0, 0))
                <= maxBatchBytes;
    }
}
