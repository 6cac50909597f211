package dev.varve.server.client;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.cluster.ClusterDescription;
import dev.varve.cluster.TopicChange;
import dev.varve.cluster.TopicSpec;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.server.client.Connection.Call;
import dev.varve.server.records.Partitioner;
import dev.varve.server.records.RecordReader;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;

/**
 * A client of a cluster. Any thread may call any method, and none blocks; a stage that fails does so with {@link VarveException}.
 *
 * <p>What does no harm when it is done twice is sent again while it fails for now, to another server if there is one: reads, and records,
 * which name their producer and so are stored once. Records of one partition are stored in the order in which they were handed over, by one
 * thread at a time. Topics are changed, and offsets committed, by one attempt each.
 *
 * <p>Needs no actor system; streams run in that of who runs them. Its connections end by themselves when it is no longer used.
 */
public final class VarveClient {
    /** The {@link VarveException#code()} of a record that was not sent because too many wait to be. */
    public static final String TOO_MUCH_WAITS = "too-much-waits";

    private static final int READ_BYTES = 512 << 10;
    private static final Duration FOLLOW_WAIT = Duration.ofSeconds(10);

    private final Connection connection;
    private final RecordSender sender;

    private VarveClient(ClientSettings settings) {
        this.connection = new Connection(
                settings.servers(), settings.requestTimeout(), settings.retryFor(), settings.retryDelay());
        this.sender = new RecordSender(connection, settings);
    }

    /** A client; nothing is sent yet. */
    public static VarveClient create(ClientSettings settings) {
        return new VarveClient(settings);
    }

    /** A client of one server with the usual settings. */
    public static VarveClient of(URI server) {
        return create(ClientSettings.of(server));
    }

    /**
     * Creates a topic.
     *
     * @return completes when the topic is on the disks of a majority; fails with code {@code topic-exists} if there is one of that name
     */
    public CompletionStage<Topic> createTopic(TopicSpec spec) {
        return connection
                .once(Call.of("PUT", topicPath(spec.name()), TopicJson.of(spec)))
                .thenApply(answer -> TopicJson.topic(Connection.tree(answer)));
    }

    /** A topic; empty if there is none of that name. */
    public CompletionStage<Optional<Topic>> describeTopic(String topic) {
        return connection
                .retrying(Call.get(topicPath(topic)))
                .thenApply(answer -> Optional.of(TopicJson.topic(Connection.tree(answer))))
                .exceptionally(failure -> {
                    VarveException problem = Connection.problem(failure);
                    if (problem.code().equals("no-such-topic")) {
                        return Optional.empty();
                    }
                    throw problem;
                });
    }

    /** All topics in the order of their names. */
    public CompletionStage<List<Topic>> listTopics() {
        return connection.retrying(Call.get("/v1/topics")).thenApply(answer -> {
            List<Topic> topics = new ArrayList<>();
            Connection.tree(answer).get("topics").forEach(topic -> topics.add(TopicJson.topic(topic)));
            return topics;
        });
    }

    /** Changes the settings of a topic; gives the topic as it is then. */
    public CompletionStage<Topic> alterTopic(String topic, TopicChange change) {
        return connection
                .once(Call.of("PATCH", topicPath(topic), TopicJson.of(change)))
                .thenApply(answer -> TopicJson.topic(Connection.tree(answer)));
    }

    /** Deletes a topic, its records and what was committed for it. */
    public CompletionStage<Void> deleteTopic(String topic) {
        return connection.once(Call.of("DELETE", topicPath(topic), null)).thenAccept(done -> sender.forget(topic));
    }

    /** The cluster as the server that answers sees it. */
    public CompletionStage<ClusterDescription> describeCluster() {
        return connection
                .retrying(Call.get("/v1/cluster"))
                .thenApply(answer -> TopicJson.cluster(Connection.tree(answer)));
    }

    /**
     * Appends a record to the partition of its key ({@link Partitioner}), or to the next one in turn if it has none.
     *
     * @param record not copied, so its bytes must not change until the stage completes
     * @return completes when the record is on the disks of a majority. A failure for now ({@link VarveException#isForNow()}) leaves open
     *     whether it was stored
     */
    public CompletionStage<Position> produce(String topic, NewRecord record) {
        return sender.send(topic, TopicRecords.ANY, record);
    }

    /** As {@link #produce(String, NewRecord)}, to a partition of the caller's choice. */
    public CompletionStage<Position> produce(String topic, int partition, NewRecord record) {
        if (partition < 0) {
            throw new IllegalArgumentException("a partition is 0 or more, not " + partition);
        }
        return sender.send(topic, partition, record);
    }

    /**
     * Reads records from an offset on.
     *
     * @param from the first offset wanted, from the log start offset to the high watermark
     * @param maxBytes a budget for the bytes read, which the server may lower; at least one record is given if there is one
     * @param wait how long to wait for a record if there is none yet, which the server may lower
     * @return fails with code {@code offset-out-of-range} and both bounds
     */
    public CompletionStage<Fetched> read(String topic, int partition, long from, int maxBytes, Duration wait) {
        String path = partitionPath(topic, partition) + "/records?from=" + from + "&max_bytes=" + maxBytes + "&wait_ms="
                + wait.toMillis();
        return connection.retrying(new Call("GET", path, null, wait)).thenApply(VarveClient::fetched);
    }

    private static Fetched fetched(byte[] answer) {
        long logStartOffset = 0;
        long highWatermark = 0;
        long nextOffset = 0;
        List<LogRecord> records = new ArrayList<>();
        try (JsonParser json = Connection.JSON.createParser(answer)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                json.nextToken();
                switch (name) {
                    case "logStartOffset" -> logStartOffset = json.getLongValue();
                    case "highWatermark" -> highWatermark = json.getLongValue();
                    case "nextOffset" -> nextOffset = json.getLongValue();
                    case "records" -> {
                        while (json.nextToken() != JsonToken.END_ARRAY) {
                            records.add(RecordReader.read(json));
                        }
                    }
                    default -> json.skipChildren();
                }
            }
        } catch (IOException e) {
            throw Connection.unreadable(e);
        }
        return new Fetched(logStartOffset, highWatermark, nextOffset, records);
    }

    /** The records of a partition from an offset on; completes at what is the high watermark when the first of them are there. */
    public Source<LogRecord, NotUsed> upToHighWatermark(String topic, int partition, long from) {
        return Source.unfoldAsync(new Span(from, Long.MAX_VALUE), span -> {
                    if (span.next() >= span.end()) {
                        return CompletableFuture.completedStage(Optional.empty());
                    }
                    return read(topic, partition, span.next(), READ_BYTES, Duration.ZERO)
                            .thenApply(fetched -> {
                                long end = Math.min(span.end(), fetched.highWatermark());
                                List<LogRecord> records = fetched.records().stream()
                                        .filter(record -> record.offset() < end)
                                        .toList();
                                // There may be nothing left but a gap: up to where it says, or else to the end.
                                long next = fetched.nextOffset() > span.next() ? fetched.nextOffset() : end;
                                return Optional.of(Pair.create(new Span(next, end), records));
                            });
                })
                .mapConcat(records -> records);
    }

    private record Span(long next, long end) {}

    /** The records of a partition from an offset on, and those that come later; never completes. */
    public Source<LogRecord, NotUsed> follow(String topic, int partition, long from) {
        return Source.unfoldAsync(from, next -> read(topic, partition, next, READ_BYTES, FOLLOW_WAIT)
                        .thenApply(fetched -> Optional.of(Pair.create(fetched.nextOffset(), fetched.records()))))
                .mapConcat(records -> records);
    }

    /** The first offset whose record has a timestamp at or after a time; empty if there is none. */
    public CompletionStage<OptionalLong> offsetFor(String topic, int partition, Instant time) {
        return connection
                .retrying(Call.get(partitionPath(topic, partition) + "/offsets?time=" + time.toEpochMilli()))
                .thenApply(answer -> {
                    JsonNode offset = Connection.tree(answer).path("offset");
                    return offset.isIntegralNumber() ? OptionalLong.of(offset.longValue()) : OptionalLong.empty();
                });
    }

    /** The least offset that can be read. */
    public CompletionStage<Long> logStartOffset(String topic, int partition) {
        return bound(topic, partition, "logStartOffset");
    }

    /** The offset behind the last one that can be read. */
    public CompletionStage<Long> highWatermark(String topic, int partition) {
        return bound(topic, partition, "highWatermark");
    }

    private CompletionStage<Long> bound(String topic, int partition, String name) {
        return connection
                .retrying(Call.get(partitionPath(topic, partition) + "/offsets"))
                .thenApply(answer -> Connection.tree(answer).get(name).longValue());
    }

    /** The offsets to go on from that a group of consumers has committed for a topic, by partition. */
    public CompletionStage<Map<Integer, Long>> offsets(String group, String topic) {
        return connection.retrying(Call.get(offsetsPath(group, topic))).thenApply(answer -> {
            Map<Integer, Long> offsets = new TreeMap<>();
            Connection.tree(answer)
                    .properties()
                    .forEach(entry -> offsets.put(
                            Integer.valueOf(entry.getKey()), entry.getValue().longValue()));
            return offsets;
        });
    }

    /**
     * Commits offsets of a group of consumers.
     *
     * @param offsets the offset to go on from by partition; one or more
     */
    public CompletionStage<Void> commit(String group, String topic, Map<Integer, Long> offsets) {
        ObjectNode body = Connection.MAPPER.createObjectNode();
        offsets.forEach((partition, offset) -> body.put(partition.toString(), offset));
        return connection
                .once(Call.of("PUT", offsetsPath(group, topic), TopicJson.bytes(body)))
                .thenApply(done -> null);
    }

    private static String offsetsPath(String group, String topic) {
        return "/v1/groups/" + Connection.segment(group) + "/topics/" + Connection.segment(topic) + "/offsets";
    }

    static String topicPath(String topic) {
        return "/v1/topics/" + Connection.segment(topic);
    }

    private static String partitionPath(String topic, int partition) {
        return topicPath(topic) + "/partitions/" + partition;
    }
}
