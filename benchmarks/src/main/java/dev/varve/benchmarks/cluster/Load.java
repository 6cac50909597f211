package dev.varve.benchmarks.cluster;

import dev.varve.benchmarks.Latencies;
import dev.varve.log.format.NewRecord;
import dev.varve.server.client.VarveClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicLong;

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

    /** When the first append was acknowledged of those that were handed over since then; 0 while there is none. */
    private record Watch(long sinceNanos, AtomicLong firstNanos) {}

    private volatile Watch watch = new Watch(Long.MAX_VALUE, new AtomicLong());

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
            Watch current = watch;
            if (began >= current.sinceNanos()) {
                current.firstNanos().compareAndSet(0, now);
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
    void watch() {
        watch = new Watch(System.nanoTime(), new AtomicLong());
    }

    /** How long that took since then; waits for it. */
    long awaitFirst(long sinceNanos, long patienceNanos) throws InterruptedException {
        AtomicLong firstNanos = watch.firstNanos();
        while (firstNanos.get() == 0) {
            requireGoing();
            if (System.nanoTime() - sinceNanos > patienceNanos) {
                throw new IllegalStateException("nothing was acknowledged for " + patienceNanos / 1e9 + " seconds");
            }
            Thread.sleep(1);
        }
        return firstNanos.get() - sinceNanos;
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
