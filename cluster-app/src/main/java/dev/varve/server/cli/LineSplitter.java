package dev.varve.server.cli;

import java.util.Arrays;

/**
 * Cuts bytes into lines at each line feed, and at nothing else: a carriage return, a NUL and bytes that are no text are
 * content. Holds what is known of one unfinished line and no more. For one thread.
 */
final class LineSplitter {
    private static final int LEAST_BYTES = 8 << 10;

    /** A buffer that grew beyond this for a long line is given back behind it. */
    private static final int KEPT_BYTES = 1 << 20;

    private final int maxLineBytes;
    private final LineSink sink;
    private byte[] unfinished = new byte[LEAST_BYTES];
    private int unfinishedBytes;

    /** Takes a line, which lies in these bytes only until the call returns. */
    interface LineSink {
        void line(byte[] bytes, int from, int to);

        /** What to throw when a line is longer than the limit. */
        RuntimeException tooLong();
    }

    LineSplitter(int maxLineBytes, LineSink sink) {
        this.maxLineBytes = maxLineBytes;
        this.sink = sink;
    }

    /** Takes the next bytes. */
    void add(byte[] bytes, int length) {
        int from = 0;
        while (true) {
            int end = indexOfLineFeed(bytes, from, length);
            if ((long) unfinishedBytes + (end - from) > maxLineBytes) {
                throw sink.tooLong();
            }
            if (end == length) {
                keep(bytes, from, length);
                return;
            }
            if (unfinishedBytes == 0) {
                sink.line(bytes, from, end);
            } else {
                keep(bytes, from, end);
                finish();
            }
            from = end + 1;
        }
    }

    /** The input is at its end: a last line without a line feed counts. */
    void end() {
        if (unfinishedBytes > 0) {
            finish();
        }
    }

    /** How many bytes of a line whose end did not come yet are here. */
    int unfinishedBytes() {
        return unfinishedBytes;
    }

    private static int indexOfLineFeed(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && bytes[at] != '\n') {
            at++;
        }
        return at;
    }

    private void keep(byte[] bytes, int from, int to) {
        int needed = unfinishedBytes + to - from;
        if (needed > unfinished.length) {
            unfinished = Arrays.copyOf(unfinished, (int) Math.max(needed, Math.min(maxLineBytes, 2L * needed)));
        }
        System.arraycopy(bytes, from, unfinished, unfinishedBytes, to - from);
        unfinishedBytes = needed;
    }

    private void finish() {
        sink.line(unfinished, 0, unfinishedBytes);
        unfinishedBytes = 0;
        if (unfinished.length > KEPT_BYTES) {
            unfinished = new byte[LEAST_BYTES];
        }
    }
}
