package dev.varve.server.cli;

import dev.varve.log.format.NewRecord;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Reads lines on a thread of its own and hands them over, so that whoever appends them need not wait for more to know that
 * no more is there. What waits to be taken is bounded in bytes; one read's worth is handed over whatever its size.
 *
 * <p>One thread takes; any thread may stop it.
 */
final class LineInput implements LineSplitter.LineSink {
    private static final int CHUNK_BYTES = 256 << 10;
    private static final long MAX_WAITING_BYTES = 4 << 20;

    /** What a record takes on the heap beside its bytes, about. */
    private static final int RECORD_OVERHEAD_BYTES = 64;

    private final InputStream in;
    private final RecordMaker maker;
    private final LineSplitter splitter;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition somethingWaits = lock.newCondition();
    private final Condition roomForMore = lock.newCondition();
    private final Queue<Input> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private boolean isReading;
    private boolean isStopped;

    /** What the current chunk gave; of the reading thread alone. */
    private List<NewRecord> lines = new ArrayList<>();

    private long lineBytes;
    private long lineNumber;
    private long chunkMillis;

    LineInput(InputStream in, RecordMaker maker) {
        this.in = in;
        this.maker = maker;
        this.splitter = new LineSplitter(maker.maxLineBytes(), this);
    }

    /** Begins to read. */
    void start() {
        Thread reader = new Thread(this::read, "varve-input");
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try {
            byte[] chunk = new byte[CHUNK_BYTES];
            int bytes = 0;
            while (bytes >= 0) {
                if (!beginRead()) {
                    return;
                }
                bytes = in.read(chunk);
                if (!endRead()) {
                    return;
                }
                chunkMillis = System.currentTimeMillis();
                if (bytes >= 0) {
                    splitter.add(chunk, bytes);
                } else {
                    splitter.end();
                }
                handOver();
            }
            put(new Input.End(), 0);
        } catch (IOException e) {
            fail(new RefusedException("the input cannot be read: " + e.getMessage(), e));
        } catch (RuntimeException e) {
            fail(e);
        } catch (Error e) {
            fail(new RefusedException(Failures.message(e), e));
        }
    }

    private void fail(RuntimeException failure) {
        handOver();
        put(new Input.Failed(failure), 0);
    }

    @Override
    public void line(byte[] bytes, int from, int to) {
        NewRecord record = maker.record(chunkMillis, bytes, from, to);
        if (!maker.fits(record)) {
            throw tooLong();
        }
        lineNumber++;
        lines.add(record);
        lineBytes += to - from + RECORD_OVERHEAD_BYTES;
    }

    @Override
    public RefusedException tooLong() {
        return new RefusedException("line " + (lineNumber + 1) + " is too long: with its frame it is over "
                + maker.maxBatchBytes() + " bytes" + maker.limitedBy() + "; it and what follows it were not stored");
    }

    private void handOver() {
        if (!lines.isEmpty()) {
            put(new Input.Lines(lines, lineBytes), lineBytes);
            lines = new ArrayList<>();
            lineBytes = 0;
        }
    }

    private boolean beginRead() {
        lock.lock();
        try {
            isReading = true;
            somethingWaits.signal();
            return !isStopped;
        } finally {
            lock.unlock();
        }
    }

    /** Once it was stopped while it read, nobody waits for what the read gave. */
    private boolean endRead() {
        lock.lock();
        try {
            isReading = isStopped;
            return !isStopped;
        } finally {
            lock.unlock();
        }
    }

    private void put(Input input, long bytes) {
        lock.lock();
        try {
            while (!waiting.isEmpty() && waitingBytes + bytes > MAX_WAITING_BYTES) {
                roomForMore.awaitUninterruptibly();
            }
            waiting.add(input);
            waitingBytes += bytes;
            somethingWaits.signal();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes what came next, and waits for it.
     *
     * @param nanos how long to wait at most
     */
    Input take(long nanos) {
        lock.lock();
        try {
            long left = nanos;
            while (waiting.isEmpty()) {
                if (isStopped && isReading) {
                    return new Input.End();
                }
                if (left <= 0) {
                    return new Input.Silence();
                }
                left = somethingWaits.awaitNanos(left);
            }
            Input next = waiting.remove();
            if (next instanceof Input.Lines taken) {
                waitingBytes -= taken.bytes();
            }
            roomForMore.signal();
            return next;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Input.End();
        } finally {
            lock.unlock();
        }
    }

    /** Reads no more. What was read can still be taken. */
    void stop() {
        lock.lock();
        try {
            isStopped = true;
            somethingWaits.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Behind the end: how many bytes of a line were read before it was stopped, and left out because the line did not end. */
    int bytesLeftOut() {
        lock.lock();
        try {
            return isStopped ? splitter.unfinishedBytes() : 0;
        } finally {
            lock.unlock();
        }
    }
}
