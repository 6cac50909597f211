package dev.varve.benchmarks.cluster;

import dev.varve.benchmarks.Latencies;
import dev.varve.log.format.NewRecord;
import dev.varve.server.client.VarveClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Phaser;

/** Producers that append as fast as they are answered, each with one record in flight. */
final class Load {
    /** Of which the key has eight. */
    private static final int RECORD_BYTES = 200;

    private static final int KEY_BYTES = 8;
    private static final long SEED = 20_261_125;

    private final VarveClient client;
    private final String topic;
    private final List<Producer> producers = new ArrayList<>();
    private final Phaser running = new Phaser(1);
    private volatile boolean stopping;
    private volatile Throwable failure;

    /** When the first append was acknowledged that was handed over after {@link #watch}; 0 while there is none. */
    private volatile long firstAfterNanos;

    private volatile long watchedNanos = Long.MAX_VALUE;

    Load(VarveClient client, String topic, int producerCount) {
        this.client = client;
        this.topic = topic;
        for (int i = 0; i < producerCount; i++) {
            producers.add(new Producer(new Random(SEED + i)));
        }
    }

    void start() {
        producers.forEach(Producer::next);
    }

    private final class Producer {
        private final Random random;
        private final byte[] value = new byte[RECORD_BYTES - KEY_BYTES];
        private Latencies latencies = new Latencies(1 << 10);

        private Producer(Random random) {
            this.random = random;
            for (int i = 0; i < value.length; i++) {
                value[i] = (byte) ('a' + random.nextInt(26));
            }
            running.register();
        }

        /** Takes turns with its own answers, so nothing here is done by two threads at once. */
        private void next() {
            if (stopping) {
                running.arriveAndDeregister();
                return;
            }
            byte[] key = String.format("%08x", random.nextInt()).getBytes(StandardCharsets.US_ASCII);
            long began = System.nanoTime();
            client.produce(topic, NewRecord.of(System.currentTimeMillis(), key, value))
                    .whenComplete((position, failed) -> {
                        if (failed != null) {
                            failure = failed;
                            running.arriveAndDeregister();
                            return;
                        }
                        acknowledged(began);
                        next();
                    });
        }

        private void acknowledged(long began) {
            long now = System.nanoTime();
            synchronized (this) {
                latencies.add(now - began);
            }
            if (began >= watchedNanos && firstAfterNanos == 0) {
                firstAfterNanos = now;
            }
        }

        private synchronized Latencies take() {
            Latencies taken = latencies;
            latencies = new Latencies(1 << 10);
            return taken;
        }
    }

    /** How long the appends took that were acknowledged since this was called before. */
    Latencies take() {
        requireGoing();
        Latencies all = new Latencies(1 << 16);
        producers.forEach(producer -> all.addAll(producer.take()));
        return all;
    }

    /** From now on looks out for the first acknowledgement of an append that is handed over from now on. */
    long watch() {
        firstAfterNanos = 0;
        watchedNanos = System.nanoTime();
        return watchedNanos;
    }

    /** How long that took; waits for it. */
    long awaitFirst(long watched, long patienceNanos) throws InterruptedException {
        while (firstAfterNanos == 0) {
            requireGoing();
            if (System.nanoTime() - watched > patienceNanos) {
                throw new IllegalStateException("nothing was acknowledged for " + patienceNanos / 1e9 + " seconds");
            }
            Thread.sleep(1);
        }
        return firstAfterNanos - watched;
    }

    private void requireGoing() {
        if (failure != null) {
            throw new IllegalStateException("an append failed", failure);
        }
    }

    /** Lets what is in flight come to its end. */
    void stop() {
        stopping = true;
        running.arriveAndAwaitAdvance();
        requireGoing();
    }
}
