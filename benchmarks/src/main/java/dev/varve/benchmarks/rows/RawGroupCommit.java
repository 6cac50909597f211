package dev.varve.benchmarks.rows;

import dev.varve.benchmarks.Contender;
import dev.varve.benchmarks.Latencies;
import dev.varve.benchmarks.Slice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The raw floor of many durable appends in flight: what is left of a group commit when nothing of a log is. A thread hands values
 * over to another one, which copies all that wait into blocks, puts each through CRC-32C, writes them in one call, syncs, and answers
 * each; each answer is followed by another value. Two queues of the platform, and no object for an append but its entries there.
 */
final class RawGroupCommit implements Contender {
    private static final byte[] END = {};

    private final int inFlight;
    private final int appends;
    private final RawFile file;
    private final Values values = new Values();
    private final BlockingQueue<byte[]> requests = new LinkedBlockingQueue<>();
    private final BlockingQueue<byte[]> answers = new LinkedBlockingQueue<>();
    private final Thread writer = new Thread(this::write, "raw-writer");
    private volatile IOException failure;

    /**
     * @param appends how many make a slice
     * @param preallocatedBytes how large the file is, which is written over again and again
     */
    RawGroupCommit(Path path, int inFlight, int appends, long preallocatedBytes) throws IOException {
        this.inFlight = inFlight;
        this.appends = appends;
        this.file = RawFile.preallocated(path, Values.frameBytes(1), inFlight, preallocatedBytes);
        writer.start();
    }

    private void write() {
        List<byte[]> waiting = new ArrayList<>(inFlight);
        try {
            while (true) {
                waiting.add(requests.take());
                requests.drainTo(waiting, inFlight - 1);
                if (waiting.get(waiting.size() - 1) == END) {
                    return;
                }
                file.write(waiting);
                file.sync();
                answers.addAll(waiting);
                waiting.clear();
            }
        } catch (IOException e) {
            failure = e;
            answers.add(END);
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts this thread", e);
        }
    }

    @Override
    public Slice slice() throws IOException, InterruptedException {
        Latencies latencies = new Latencies(appends);
        long[] sentNanos = new long[inFlight];
        int sent = 0;
        long start = System.nanoTime();
        for (int answered = 0; answered < appends; answered++) {
            while (sent < appends && sent < answered + inFlight) {
                sentNanos[sent++ % inFlight] = System.nanoTime();
                requests.add(values.value());
            }
            if (answers.take() == END) {
                throw failure;
            }
            latencies.add(System.nanoTime() - sentNanos[answered % inFlight]);
        }
        return Slice.of(appends, System.nanoTime() - start, latencies);
    }

    @Override
    public void close() throws IOException {
        requests.add(END);
        try {
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        file.close();
    }
}
