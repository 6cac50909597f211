package dev.varve.server.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordHeader;
import dev.varve.server.client.Connection.Call;
import dev.varve.server.client.Outbox.Attempt;
import dev.varve.server.client.PartitionQueue.Batch;
import dev.varve.server.client.PartitionQueue.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Sends records to the servers that lead their partitions. To each server goes one request at a time, with a batch of every partition that
 * has something for it; while it is under way the next one fills. Any thread; what is answered is told on the threads of the HTTP client.
 */
final class RecordSender {
    /** How long an answer may take before it is asked whether somebody else leads by now. */
    private static final long PATIENCE_NANOS = Duration.ofMillis(500).toNanos();

    /** Leaders move without anybody failing. */
    private static final long TRUSTED_NANOS = Duration.ofSeconds(5).toNanos();

    /** Those who hear that a record is stored often send the next one at once, and these go together; but nobody has others wait for long. */
    private static final Duration GATHERING = Duration.ofMillis(2);

    private final Connection connection;
    private final ClientSettings settings;
    private final Leaders leaders;
    private final Map<String, TopicRecords> topics = new HashMap<>();
    private final Map<Key, PartitionQueue> queues = new HashMap<>();
    private final List<Outbox> outboxes = new ArrayList<>();
    private long waitingBytes;

    /** How many are telling what became of records at the moment. */
    private int telling;

    private boolean isWatching;
    private long refreshedNanos;
    private boolean wasRefreshed;

    private record Key(String topic, int partition) {}

    RecordSender(Connection connection, ClientSettings settings) {
        this.connection = connection;
        this.settings = settings;
        this.leaders = new Leaders(connection);
        for (int server = 0; server < connection.serverCount(); server++) {
            outboxes.add(new Outbox(server, settings.maxBatchRecords(), settings.maxBatchBytes()));
        }
    }

    /** @param partition which one, or {@link TopicRecords#ANY} */
    CompletionStage<Position> send(String topic, int partition, NewRecord record) {
        int bytes = bytes(record);
        Waiting entry = new Waiting(record, bytes, new CompletableFuture<>());
        TopicRecords records;
        boolean isUnknown;
        List<Attempt> next;
        synchronized (this) {
            if (waitingBytes + bytes > settings.maxWaitingBytes()) {
                return CompletableFuture.failedStage(new VarveException(
                        0,
                        VarveClient.TOO_MUCH_WAITS,
                        "more than " + settings.maxWaitingBytes()
                                + " bytes wait to be sent; the record was not sent, send it again when others are stored",
                        null));
            }
            waitingBytes += bytes;
            records = topics.computeIfAbsent(topic, TopicRecords::new);
            records.add(partition, entry, placeIn(topic));
            isUnknown = records.beginAsking();
            next = telling == 0 ? next() : List.of();
        }
        next.forEach(this::start);
        if (isUnknown) {
            ask(records);
        }
        return entry.stored();
    }

    /** The topic may be another one than it was: what is known of it is asked for again when the next record is sent there. */
    synchronized void forget(String topic) {
        TopicRecords records = topics.get(topic);
        if (records != null) {
            records.forget();
        }
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

    // What holds the lock.

    private TopicRecords.Place placeIn(String topic) {
        return (partition, record) -> {
            PartitionQueue queue =
                    queues.computeIfAbsent(new Key(topic, partition), key -> new PartitionQueue(topic, partition));
            queue.add(record);
            offer(queue);
        };
    }

    /** Puts a partition that has something to send to what goes to its leader. */
    private void offer(PartitionQueue queue) {
        if (queue.claim()) {
            outboxes.get(serverFor(queue).orElseGet(connection::current)).add(queue);
        }
    }

    private OptionalInt serverFor(PartitionQueue queue) {
        TopicRecords records = topics.get(queue.topic());
        int group = records == null ? -1 : records.groupOf(queue.partition());
        return group < 0 ? OptionalInt.empty() : leaders.of(group);
    }

    private List<Attempt> next() {
        List<Attempt> next = new ArrayList<>();
        for (Outbox outbox : outboxes) {
            Attempt attempt = outbox.next();
            if (attempt != null) {
                next.add(attempt);
            }
        }
        return next;
    }

    // What does not.

    private void ask(TopicRecords records) {
        connection
                .retrying(Call.get(VarveClient.topicPath(records.topic())))
                .thenApply(answer -> groups(TopicJson.topic(Connection.tree(answer))))
                .whenComplete((groups, failure) -> learned(records, groups, failure));
    }

    private static int[] groups(Topic topic) {
        if (topic.partitions().isEmpty()) {
            throw new VarveException("the answer of the server makes no sense: a topic without partitions", null);
        }
        return topic.partitions().stream().mapToInt(Topic.Partition::group).toArray();
    }

    /** @param groups null if they cannot be known, for the reason given */
    private void learned(TopicRecords records, int[] groups, Throwable failure) {
        List<Waiting> unsent = List.of();
        List<Attempt> next = List.of();
        synchronized (this) {
            if (failure == null) {
                records.learn(groups, placeIn(records.topic()));
                next = telling == 0 ? next() : List.of();
            } else {
                unsent = records.giveUp();
                waitingBytes -= unsent.stream().mapToLong(Waiting::bytes).sum();
                topics.remove(records.topic());
            }
        }
        next.forEach(this::start);
        unsent.forEach(each -> each.stored().completeExceptionally(Connection.problem(failure)));
    }

    private void start(Attempt attempt) {
        CompletionStage<byte[]> answered;
        try {
            watch();
            Call call = Call.of("POST", "/v1/batches", BatchesJson.of(attempt.batches()));
            answered = connection.sendTo(attempt.server(), call, settings.requestTimeout());
        } catch (RuntimeException | OutOfMemoryError e) {
            // Or nothing would ever go to that server again.
            answered = CompletableFuture.failedStage(e);
        }
        answered.thenApply(
                        answer -> BatchesJson.results(answer, attempt.batches().size()))
                .whenComplete((results, failure) -> ended(attempt, results, failure));
    }

    /** @param results of each batch; null if there are none, for the reason given */
    private void ended(Attempt attempt, List<JsonNode> results, Throwable failure) {
        VarveException problem = failure == null ? null : Connection.problem(failure);
        List<Runnable> news = new ArrayList<>();
        boolean mayHaveMoved = problem != null && problem.isForNow();
        synchronized (this) {
            if (!attempt.settle()) {
                return;
            }
            telling++;
            if (mayHaveMoved) {
                connection.turnFrom(attempt.server());
                if (problem.code().equals(VarveException.UNREACHABLE)) {
                    leaders.unreachable(attempt.server());
                }
            }
            for (int i = 0; i < attempt.batches().size(); i++) {
                JsonNode result = results == null ? null : results.get(i);
                VarveException why = result == null ? problem : BatchesJson.problem(result);
                Batch batch = attempt.batches().get(i);
                if (why == null) {
                    news.add(stored(batch, result));
                } else if (batch.isOfForgottenProducer(why)) {
                    forget(batch.queue().topic());
                    batch.queue().beginAnew();
                    sendAgain(batch, Duration.ZERO);
                } else if (why.isForNow() && batch.failedForNow(settings.retryFor(), connection.serverCount())) {
                    mayHaveMoved = true;
                    sendAgain(batch, delay(batch, why));
                } else {
                    news.add(failed(batch, why));
                }
            }
        }
        if (mayHaveMoved) {
            leaders.refresh();
        }
        tell(attempt, news);
    }

    private Runnable stored(Batch batch, JsonNode result) {
        PartitionQueue queue = batch.queue();
        long baseOffset = result.get("baseOffset").longValue();
        waitingBytes -= batch.bytes();
        queue.stored();
        queue.release();
        return () -> {
            List<Waiting> records = batch.records();
            for (int i = 0; i < records.size(); i++) {
                records.get(i).stored().complete(new Position(queue.partition(), baseOffset + i));
            }
        };
    }

    private Runnable failed(Batch batch, VarveException why) {
        waitingBytes -= batch.bytes();
        if (why.isOfAnotherTopic()) {
            forget(batch.queue().topic());
        }
        batch.queue().failed(why);
        batch.queue().release();
        if (why.isOfAnotherTopic() && batch.queue().isIdle()) {
            // There is no such partition, or not any more. Its numbers begin anew anyway.
            queues.remove(new Key(batch.queue().topic(), batch.queue().partition()));
        }
        return () -> batch.records().forEach(each -> each.stored().completeExceptionally(why));
    }

    /** How many partitions it keeps something for: those that took records, or may yet. */
    synchronized int partitions() {
        return queues.size();
    }

    /** Asks another server at once when one cannot be reached, as long as there is another one, and else takes its time. */
    private Duration delay(Batch batch, VarveException why) {
        boolean isGone = why.code().equals(VarveException.UNREACHABLE);
        boolean isOtherLeft = batch.failures() % connection.serverCount() != 0;
        return isGone && isOtherLeft ? Duration.ZERO : settings.retryDelay();
    }

    private void sendAgain(Batch batch, Duration delay) {
        Connection.after(delay).thenRun(() -> {
            List<Attempt> next;
            synchronized (this) {
                batch.queue().release();
                offer(batch.queue());
                next = telling == 0 ? next() : List.of();
            }
            next.forEach(this::start);
        });
    }

    /** Tells what became of records; what is sent in answer to that goes together. */
    private void tell(Attempt attempt, List<Runnable> news) {
        CompletableFuture<Void> told = Connection.after(GATHERING);
        told.thenRun(() -> {
            List<Attempt> next;
            synchronized (this) {
                telling--;
                outboxes.get(attempt.server()).free(attempt);
                attempt.batches().forEach(batch -> offer(batch.queue()));
                next = next();
            }
            next.forEach(this::start);
        });
        news.forEach(Runnable::run);
        told.complete(null);
    }

    // Patience.

    /** As long as something is under way it is looked at now and then. */
    private void watch() {
        boolean refresh;
        synchronized (this) {
            refresh = isStale();
            if (!isWatching) {
                isWatching = true;
                Connection.after(Duration.ofNanos(PATIENCE_NANOS)).thenRun(this::look);
            }
        }
        if (refresh) {
            leaders.refresh();
        }
    }

    private boolean isStale() {
        boolean is = !wasRefreshed || System.nanoTime() - refreshedNanos > TRUSTED_NANOS;
        if (is) {
            wasRefreshed = true;
            refreshedNanos = System.nanoTime();
        }
        return is;
    }

    private void look() {
        List<Attempt> moved = new ArrayList<>();
        boolean isSlow = false;
        synchronized (this) {
            isWatching = false;
            for (Outbox outbox : outboxes) {
                Attempt attempt = outbox.underWay();
                if (attempt != null) {
                    isWatching = true;
                    if (attempt.ageNanos() > PATIENCE_NANOS) {
                        isSlow = true;
                        if (attempt.batches().stream().anyMatch(batch -> isElsewhere(batch, attempt))) {
                            moved.add(attempt);
                        }
                    }
                }
            }
            if (isWatching) {
                Connection.after(Duration.ofNanos(PATIENCE_NANOS)).thenRun(this::look);
            }
        }
        if (isSlow) {
            leaders.refresh();
        }
        for (Attempt attempt : moved) {
            ended(attempt, null, new VarveException("the server did not answer, and another one leads by now", null));
        }
    }

    private boolean isElsewhere(Batch batch, Attempt attempt) {
        OptionalInt server = serverFor(batch.queue());
        return server.isPresent() && server.getAsInt() != attempt.server();
    }
}
