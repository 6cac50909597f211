package dev.varve.server.history;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.server.client.Fetched;
import dev.varve.server.client.Position;
import dev.varve.server.client.VarveClient;
import dev.varve.server.client.VarveException;
import dev.varve.server.history.Event.Acknowledged;
import dev.varve.server.history.Event.Began;
import dev.varve.server.history.Event.Committed;
import dev.varve.server.history.Event.Committing;
import dev.varve.server.history.Event.Ended;
import dev.varve.server.history.Event.Invoked;
import dev.varve.server.history.Event.Joined;
import dev.varve.server.history.Event.OutOfRange;
import dev.varve.server.history.Event.Refused;
import dev.varve.server.history.Event.Resumed;
import dev.varve.server.history.Event.Seen;
import dev.varve.server.history.Event.Unknown;
import dev.varve.server.history.Event.Value;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.StringJoiner;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/** Clients that append to a topic and read it, as fast as they can, and note down what they ask and what they are told. */
final class Load {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String FILLER = "-" + ".".repeat(180);
    private static final int READ_BYTES = 512 << 10;
    private static final int IN_FLIGHT = 100;
    private static final Duration ATTEMPT = Duration.ofSeconds(8);
    /** Longer than a server waits for a majority. */
    private static final Duration LONG_ATTEMPT = Duration.ofSeconds(30);

    /** More appends than this are not made of one topic, so that a check needs no more than some hundred megabytes. */
    private static final long MOST_APPENDS = 3_000_000;

    private final ClusterOnTrial cluster;
    private final HistoryFile history;
    private final String topic;
    private final int partitions;
    private final long seed;
    private final List<Thread> producing = new ArrayList<>();
    private final List<Thread> reading = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicLong appends = new AtomicLong();
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong[] ends;
    private int names;
    private volatile boolean isProducing = true;
    /** How far readers have to get before they end; null as long as that is not known. */
    private volatile long[] goals;

    Load(ClusterOnTrial cluster, HistoryFile history, String topic, int partitions, long seed) {
        this.cluster = cluster;
        this.history = history;
        this.topic = topic;
        this.partitions = partitions;
        this.seed = seed;
        this.ends = new AtomicLong[partitions];
        for (int partition = 0; partition < partitions; partition++) {
            ends[partition] = new AtomicLong();
        }
    }

    /** Something to be done by a thread of its own. */
    private interface Work {
        void run() throws Exception;
    }

    private void start(List<Thread> threads, String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (Throwable e) {
                        failure.compareAndSet(null, e);
                    }
                },
                name);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    /** Everybody begins. */
    void start() {
        for (int i = 0; i < 2; i++) {
            Producer producer = new Producer(true);
            VarveClient client = i == 0 ? cluster.client(1, 2, 3) : cluster.client(3, 1, 2);
            start(producing, "ordered producer " + producer.id, () -> produceInOrder(producer, client));
        }
        for (int node = 1; node <= ClusterOnTrial.NODES; node++) {
            Producer producer = new Producer(false);
            URI url = cluster.url(node);
            start(producing, "plain producer at n" + node, () -> producePlainly(producer, url));
            String reader = "at-n" + node;
            VarveClient client = cluster.client(node);
            start(reading, reader, () -> follow(reader, client, () -> goals));
        }
        start(reading, "group", () -> consumeAsGroup("group", cluster.client(2, 3, 1)));
    }

    private final class Producer {
        final int id = names++;
        final Random random = new Random(seed * 31 + id);
        int number;

        Producer(boolean isOrdered) {
            history.add(new Joined(id, isOrdered));
        }

        Value next(int partition) {
            Value value = new Value(id, number++);
            history.add(new Invoked(value, partition));
            appends.incrementAndGet();
            return value;
        }
    }

    private boolean goesOn() {
        return isProducing && appends.get() < MOST_APPENDS;
    }

    private void acknowledge(Value value, int partition, long offset) {
        history.add(new Acknowledged(value, offset));
        acknowledged.incrementAndGet();
        ends[partition].accumulateAndGet(offset + 1, Math::max);
    }

    /** The client numbers the batches, sends them again, and promises the order. */
    private void produceInOrder(Producer producer, VarveClient client) throws InterruptedException {
        Semaphore inFlight = new Semaphore(IN_FLIGHT);
        while (goesOn()) {
            inFlight.acquire();
            int partition = producer.random.nextInt(partitions);
            Value value = producer.next(partition);
            byte[] bytes = (value + FILLER).getBytes(StandardCharsets.UTF_8);
            client.produce(topic, partition, NewRecord.of(System.currentTimeMillis(), null, bytes))
                    .whenComplete((position, problem) -> {
                        answer(value, partition, position, problem);
                        inFlight.release();
                    });
        }
        if (!inFlight.tryAcquire(IN_FLIGHT, 120, TimeUnit.SECONDS)) {
            throw new AssertionError("appends of producer " + producer.id + " are never answered");
        }
    }

    private void answer(Value value, int partition, Position position, Throwable problem) {
        if (problem == null) {
            acknowledge(value, partition, position.offset());
            return;
        }
        VarveException known = problem(problem);
        // As the client promises: only a failure for now leaves it open.
        history.add(known.isForNow() ? new Unknown(value, known.code()) : new Refused(value, known.code()));
    }

    private static VarveException problem(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (cause instanceof VarveException known) {
            return known;
        }
        throw new AssertionError("the client fails in a way that it does not tell", failure);
    }

    /** Small batches without a producer's name, each sent once, to one node. */
    private void producePlainly(Producer producer, URI node) throws Exception {
        HttpClient http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(2))
                .build();
        while (goesOn()) {
            int partition = producer.random.nextInt(partitions);
            List<Value> batch = new ArrayList<>();
            for (int size = 1 + producer.random.nextInt(20); batch.size() < size; ) {
                batch.add(producer.next(partition));
            }
            try {
                answer(batch, partition, http.send(request(node, partition, batch, ATTEMPT), BodyHandlers.ofString()));
            } catch (ConnectException | HttpConnectTimeoutException e) {
                batch.forEach(value -> history.add(new Refused(value, "not-sent")));
                rest();
            } catch (IOException e) {
                batch.forEach(value -> history.add(new Unknown(value, "no-connection")));
                rest();
            }
        }
    }

    private HttpRequest request(URI node, int partition, List<Value> batch, Duration timeout) {
        StringJoiner records = new StringJoiner(",", "{\"records\":[", "]}");
        batch.forEach(value -> records.add("{\"value\":\"" + value + FILLER + "\"}"));
        return HttpRequest.newBuilder(node.resolve("/v1/topics/" + topic + "/partitions/" + partition + "/records"))
                .timeout(timeout)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(records.toString()))
                .build();
    }

    private void answer(List<Value> batch, int partition, HttpResponse<String> response)
            throws IOException, InterruptedException {
        JsonNode answer = JSON.readTree(response.body());
        if (response.statusCode() == 200) {
            long offset = answer.get("baseOffset").longValue();
            for (Value value : batch) {
                acknowledge(value, partition, offset++);
            }
            return;
        }
        String code = answer.path("code").asText();
        // As docs/OPERATIONS.md has it: all others say that nothing was stored.
        boolean isUnknown = response.statusCode() == 500 || code.equals("outcome-unknown") || code.equals("no-answer");
        for (Value value : batch) {
            history.add(isUnknown ? new Unknown(value, code) : new Refused(value, code));
        }
        rest();
    }

    private static void rest() throws InterruptedException {
        Thread.sleep(50);
    }

    /** An answer to an append of one record, sent once to one node: what it says of it, and why. */
    record Answer(int status, String code, String detail) {}

    /** Appends a record through one node alone. */
    Answer appendOnce(int node) throws IOException, InterruptedException {
        Producer producer = new Producer(false);
        Value value = producer.next(0);
        HttpResponse<String> response = HttpClient.newHttpClient()
                .send(request(cluster.url(node), 0, List.of(value), LONG_ATTEMPT), BodyHandlers.ofString());
        answer(List.of(value), 0, response);
        JsonNode body = JSON.readTree(response.body());
        return new Answer(
                response.statusCode(),
                body.path("code").asText(),
                body.path("detail").asText());
    }

    /**
     * Appends one record after the other through a client that finds leaders.
     *
     * @return for how long nothing was acknowledged, at the longest
     */
    Duration appendWhile(BooleanSupplier goesOn) {
        Producer producer = new Producer(true);
        VarveClient client = cluster.client(1, 2, 3);
        long last = System.nanoTime();
        long longest = 0;
        while (goesOn.getAsBoolean()) {
            Value value = producer.next(0);
            byte[] bytes = (value + FILLER).getBytes(StandardCharsets.UTF_8);
            client.produce(topic, 0, NewRecord.of(System.currentTimeMillis(), null, bytes))
                    .handle((position, problem) -> {
                        answer(value, 0, position, problem);
                        return null;
                    })
                    .toCompletableFuture()
                    .join();
            long now = System.nanoTime();
            longest = Math.max(longest, now - last);
            last = now;
        }
        return Duration.ofNanos(longest);
    }

    private interface Goals {
        long[] get();
    }

    /** Where a reader is in each partition, and whether it has got to its goals. */
    private final class Progress {
        final String reader;
        final long[] next = new long[partitions];
        final boolean[] ended = new boolean[partitions];

        Progress(String reader) {
            this.reader = reader;
        }

        boolean hasEnded() {
            for (boolean each : ended) {
                if (!each) {
                    return false;
                }
            }
            return true;
        }

        /** Reads once; whether there was something. */
        boolean read(VarveClient client, int partition, long[] goal, Duration wait) throws InterruptedException {
            if (goal != null && next[partition] >= goal[partition]) {
                if (!ended[partition]) {
                    ended[partition] = true;
                    history.add(new Ended(reader, partition, goal[partition]));
                }
                return false;
            }
            Fetched fetched;
            try {
                fetched = client.read(topic, partition, next[partition], READ_BYTES, wait)
                        .toCompletableFuture()
                        .join();
            } catch (CompletionException e) {
                VarveException problem = problem(e);
                if (problem.code().equals("offset-out-of-range")) {
                    history.add(new OutOfRange(reader, partition, next[partition]));
                } else if (!problem.isForNow()) {
                    history.add(new Event.Note(reader + " is told " + problem.code() + ": " + problem.getMessage()));
                }
                rest();
                return false;
            }
            for (LogRecord record : fetched.records()) {
                if (goal != null && record.offset() >= goal[partition]) {
                    break;
                }
                history.add(new Seen(reader, partition, record.offset(), valueOf(record)));
                next[partition] = record.offset() + 1;
            }
            return !fetched.records().isEmpty();
        }
    }

    private static Value valueOf(LogRecord record) {
        String text = new String(record.value(), StandardCharsets.UTF_8);
        Value value = Value.parse(text);
        if (!text.equals(value + FILLER)) {
            throw new AssertionError("offset " + record.offset() + " has '" + text + "', which nobody made");
        }
        return value;
    }

    /** Reads all partitions through one client until the goals, whatever happens to its nodes. */
    private void follow(String reader, VarveClient client, Goals until) throws InterruptedException {
        Progress progress = new Progress(reader);
        for (int partition = 0; partition < partitions; partition++) {
            history.add(new Began(reader, partition, 0));
        }
        while (!progress.hasEnded()) {
            for (int partition = 0; partition < partitions; partition++) {
                progress.read(client, partition, until.get(), Duration.ofMillis(20));
            }
        }
    }

    /** Consumers of a group, one after the other, each of which goes on where the one before has committed. */
    private void consumeAsGroup(String group, VarveClient client) throws InterruptedException {
        Random random = new Random(seed * 31 + group.hashCode());
        boolean isDone = false;
        while (!isDone) {
            Progress progress = new Progress(group);
            resume(progress, client, group);
            long life = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(500 + random.nextInt(3_000));
            int reads = 0;
            while (!isDone && (System.nanoTime() < life || goals != null)) {
                boolean isSome = false;
                for (int partition = 0; partition < partitions; partition++) {
                    isSome |= progress.read(client, partition, goals, Duration.ofMillis(20));
                }
                if (isSome && ++reads % 4 == 0) {
                    commit(progress, client, group);
                }
                isDone = progress.hasEnded();
            }
            // Half of them die without a word.
            if (random.nextBoolean()) {
                commit(progress, client, group);
            }
        }
    }

    private void resume(Progress progress, VarveClient client, String group) throws InterruptedException {
        while (true) {
            try {
                Map<Integer, Long> offsets =
                        client.offsets(group, topic).toCompletableFuture().join();
                for (int partition = 0; partition < partitions; partition++) {
                    progress.next[partition] = offsets.getOrDefault(partition, 0L);
                    history.add(new Resumed(group, partition, progress.next[partition]));
                }
                return;
            } catch (CompletionException e) {
                problem(e);
                rest();
            }
        }
    }

    private void commit(Progress progress, VarveClient client, String group) {
        Map<Integer, Long> offsets = new HashMap<>();
        for (int partition = 0; partition < partitions; partition++) {
            offsets.put(partition, progress.next[partition]);
            history.add(new Committing(group, partition, progress.next[partition]));
        }
        try {
            client.commit(group, topic, offsets).toCompletableFuture().join();
        } catch (CompletionException e) {
            // It was done or not; what it goes on with next time tells.
            problem(e);
            return;
        }
        offsets.forEach((partition, offset) -> history.add(new Committed(group, partition, offset)));
    }

    long acknowledged() {
        return acknowledged.get();
    }

    /** Throws what a client died of. */
    void rethrow() {
        if (failure.get() != null) {
            throw new AssertionError("a client failed: " + failure.get(), failure.get());
        }
    }

    /** Has the producers end; returns when the last answer is there. */
    void endProducing() throws InterruptedException {
        isProducing = false;
        join(producing, 150);
    }

    /**
     * Has everybody read to the end, those that read all the time and one at each node that reads from the beginning; returns when
     * they have.
     *
     * @return where the partitions end, in the order of their numbers
     */
    long[] readToTheEnd() throws InterruptedException {
        long[] end = agreedEnd();
        goals = end;
        for (int node = 1; node <= ClusterOnTrial.NODES; node++) {
            String reader = "in-the-end-at-n" + node;
            VarveClient client = cluster.client(node);
            start(reading, reader, () -> follow(reader, client, () -> end));
        }
        join(reading, 240);
        return end;
    }

    /** Up to where all nodes have everything. What comes later, of an append that nobody waits for any more, is left out. */
    private long[] agreedEnd() throws InterruptedException {
        long[] end = new long[partitions];
        for (int partition = 0; partition < partitions; partition++) {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
            while (true) {
                long least = Long.MAX_VALUE;
                for (int node = 1; node <= ClusterOnTrial.NODES; node++) {
                    least = Math.min(least, highWatermark(node, partition));
                }
                if (least >= ends[partition].get()) {
                    end[partition] = least;
                    break;
                }
                if (System.nanoTime() > deadline) {
                    throw new AssertionError("of partition " + partition + " a node has offsets up to " + least
                            + " only, but " + ends[partition].get() + " were acknowledged");
                }
                Thread.sleep(200);
            }
        }
        return end;
    }

    private long highWatermark(int node, int partition) {
        try {
            return cluster.client(node)
                    .highWatermark(topic, partition)
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException e) {
            return -1;
        }
    }

    private void join(List<Thread> threads, long seconds) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                rethrow();
                if (System.nanoTime() > deadline) {
                    throw new AssertionError("'" + thread.getName() + "' does not end");
                }
                thread.join(100);
            }
        }
        rethrow();
    }
}
