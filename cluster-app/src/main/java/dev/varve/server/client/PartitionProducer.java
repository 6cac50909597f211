package dev.varve.server.client;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordHeader;
import dev.varve.server.client.Connection.Call;
import dev.varve.server.records.RecordWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends records to one partition, in order, a batch at a time: while one is under way the next one fills. A batch names its producer and
 * where it belongs, so it may be sent again until its fate is known, and is stored once. Any thread.
 */
final class PartitionProducer {
    private final Connection connection;
    private final ClientSettings settings;
    private final AtomicLong waitingBytes;
    private final int partition;
    private final String path;

    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private boolean isSending;
    private long producerId = newProducerId();
    private int sequence;

    /** @param waitingBytes how many bytes wait in all producers of the client */
    PartitionProducer(
            Connection connection, ClientSettings settings, AtomicLong waitingBytes, String topic, int partition) {
        this.connection = connection;
        this.settings = settings;
        this.waitingBytes = waitingBytes;
        this.partition = partition;
        this.path = "/v1/topics/" + Connection.segment(topic) + "/partitions/" + partition + "/records";
    }

    private record Waiting(NewRecord record, int bytes, CompletableFuture<Position> stored) {}

    /** 63 random bits: nobody else has them. */
    private static long newProducerId() {
        return ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);
    }

    CompletionStage<Position> send(NewRecord record) {
        int bytes = bytes(record);
        if (waitingBytes.addAndGet(bytes) > settings.maxWaitingBytes()) {
            waitingBytes.addAndGet(-bytes);
            return CompletableFuture.failedStage(new VarveException(
                    0,
                    VarveClient.TOO_MUCH_WAITS,
                    "more than " + settings.maxWaitingBytes()
                            + " bytes wait to be sent; the record was not sent, send it again when others are stored",
                    null));
        }
        Waiting entry = new Waiting(record, bytes, new CompletableFuture<>());
        synchronized (this) {
            waiting.add(entry);
            if (isSending) {
                return entry.stored();
            }
            isSending = true;
        }
        sendNext();
        return entry.stored();
    }

    private static int bytes(NewRecord record) {
        int bytes = 64 + length(record.key()) + length(record.value());
        for (RecordHeader header : record.headers()) {
            bytes += header.key().length() + header.value().length;
        }
        return bytes;
    }

    private static int length(byte[] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    private void sendNext() {
        List<Waiting> batch = new ArrayList<>();
        synchronized (this) {
            int bytes = 0;
            while (!waiting.isEmpty()
                    && batch.size() < settings.maxBatchRecords()
                    && (batch.isEmpty() || bytes + waiting.peek().bytes() <= settings.maxBatchBytes())) {
                Waiting next = waiting.remove();
                bytes += next.bytes();
                batch.add(next);
            }
            if (batch.isEmpty()) {
                isSending = false;
                return;
            }
        }
        send(batch).whenComplete((baseOffset, failure) -> {
            // The next one first: whoever hears of this one may take long, or send more.
            for (Waiting entry : batch) {
                waitingBytes.addAndGet(-entry.bytes());
            }
            CompletableFuture.runAsync(this::sendNext);
            for (int i = 0; i < batch.size(); i++) {
                if (failure == null) {
                    batch.get(i).stored().complete(new Position(partition, baseOffset + i));
                } else {
                    batch.get(i).stored().completeExceptionally(Connection.problem(failure));
                }
            }
        });
    }

    /** The base offset of the batch. One batch at a time, so nothing here needs the lock. */
    private CompletionStage<Long> send(List<Waiting> batch) {
        return connection.retrying(Call.of("POST", path, body(batch))).handle((answer, failure) -> {
            if (failure == null) {
                sequence = (sequence + batch.size()) & Integer.MAX_VALUE;
                JsonNode stored = Connection.tree(answer);
                return stored.get("baseOffset").longValue();
            }
            VarveException problem = Connection.problem(failure);
            // Of a batch that was refused for good the numbers are free; of any other they may be taken, so others are
            // used.
            if (problem.isForNow() || problem.status() == 409) {
                producerId = newProducerId();
                sequence = 0;
            }
            throw problem;
        });
    }

    private byte[] body(List<Waiting> batch) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 10);
        try (JsonGenerator json = Connection.JSON.createGenerator(bytes)) {
            RecordWriter writer = new RecordWriter(json);
            json.writeStartObject();
            json.writeObjectFieldStart("producer");
            json.writeNumberField("id", producerId);
            json.writeNumberField("epoch", 0);
            json.writeNumberField("sequence", sequence);
            json.writeEndObject();
            json.writeArrayFieldStart("records");
            for (Waiting entry : batch) {
                writer.write(entry.record());
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("an array in memory cannot fail", e);
        }
        return bytes.toByteArray();
    }
}
