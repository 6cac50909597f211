package dev.varve.server.cli;

import dev.varve.log.format.NewRecord;
import dev.varve.server.client.Position;
import dev.varve.server.client.VarveClient;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

/** Sends lines, many at a time, and hears of them in order. For one thread. */
final class ProduceLoop {
    /** The longest line: what a server takes in one batch, with room for the rest of the request. */
    private static final int MAX_LINE_BYTES = 2 << 20;

    private static final int MAX_UNDER_WAY = 10_000;
    private static final long MAX_BYTES_UNDER_WAY = 16 << 20;
    private static final long SILENCE_NANOS = Duration.ofMillis(10).toNanos();

    private final VarveClient client;
    private final String topic;
    private final OptionalInt partition;
    private final Output acks;
    private final Streams streams;
    private final GracefulStop stop;

    private final Queue<UnderWay> underWay = new ArrayDeque<>();
    private long bytesUnderWay;
    private long records;
    private long bytes;

    /** @param acks where to tell of each record, or null */
    ProduceLoop(URI server, String topic, OptionalInt partition, Output acks, Streams streams, GracefulStop stop) {
        this.client = Remote.client(server);
        this.topic = topic;
        this.partition = partition;
        this.acks = acks;
        this.streams = streams;
        this.stop = stop;
    }

    private record UnderWay(CompletableFuture<Position> stored, int bytes) {}

    /** @param file what to read; null for standard input */
    int run(Path file, byte[] keySeparator) throws IOException {
        long startNanos = System.nanoTime();
        try (InputStream in = file == null ? streams.in() : open(file)) {
            LineInput input = new LineInput(in, new RecordMaker(keySeparator, MAX_LINE_BYTES, ""));
            stop.whenAsked(input::stop);
            input.start();
            send(input);
            hear(0, 0);
        } finally {
            streams.err()
                    .println(String.format(
                            Locale.ROOT,
                            "produced %d records, %d bytes in %.3f seconds",
                            records,
                            bytes,
                            (System.nanoTime() - startNanos) / 1e9));
        }
        return ExitCodes.FINE;
    }

    private static InputStream open(Path file) {
        try {
            return new FileInputStream(file.toFile());
        } catch (IOException e) {
            throw new RefusedException("the input cannot be read: " + e.getMessage(), e);
        }
    }

    private void send(LineInput input) {
        while (true) {
            Input next = input.take(underWay.isEmpty() ? Long.MAX_VALUE : SILENCE_NANOS);
            if (next instanceof Input.Lines lines) {
                lines.records().forEach(this::send);
            } else if (next instanceof Input.Failed failed) {
                hear(0, 0);
                throw failed.failure();
            } else if (next instanceof Input.End) {
                return;
            }
            hearOfDone();
        }
    }

    private void send(NewRecord record) {
        int length = (record.key() == null ? 0 : record.key().length) + record.value().length;
        hear(MAX_UNDER_WAY, MAX_BYTES_UNDER_WAY - length);
        underWay.add(new UnderWay(
                (partition.isPresent()
                                ? client.produce(topic, partition.getAsInt(), record)
                                : client.produce(topic, record))
                        .toCompletableFuture(),
                length));
        bytesUnderWay += length;
    }

    /** Waits until no more than this is under way, or nothing. */
    private void hear(int maxRecords, long maxBytes) {
        while (!underWay.isEmpty() && (underWay.size() >= Math.max(1, maxRecords) || bytesUnderWay > maxBytes)) {
            hearOfFirst();
        }
    }

    private void hearOfDone() {
        while (!underWay.isEmpty() && underWay.peek().stored().isDone()) {
            hearOfFirst();
        }
        if (acks != null) {
            acks.flush();
        }
    }

    private void hearOfFirst() {
        UnderWay first = underWay.remove();
        bytesUnderWay -= first.bytes();
        Position position = Remote.await(first.stored());
        records++;
        bytes += first.bytes();
        if (acks != null) {
            acks.line("acked " + position.partition() + " " + position.offset());
        }
    }
}
