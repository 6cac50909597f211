package dev.varve.server.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.cluster.TopicChange;
import dev.varve.cluster.TopicCompaction;
import dev.varve.cluster.TopicSpec;
import dev.varve.log.format.Compression;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordHeader;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionError;
import dev.varve.server.records.Partitioner;
import dev.varve.server.testkit.CannedServer;
import dev.varve.server.testkit.InMemoryTopics;
import dev.varve.server.testkit.RunningServer;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.stream.javadsl.Sink;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VarveClientTest {
    private final RunningServer server = RunningServer.start("");
    private final ClientSettings settings =
            ClientSettings.of(server.url()).withRetries(Duration.ofSeconds(10), Duration.ofMillis(5));
    private final VarveClient client = VarveClient.create(settings);

    @AfterEach
    void stop() {
        server.close();
    }

    private static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    private static NewRecord record(String key, String value) {
        return new NewRecord(1_000, key == null ? null : bytes(key), bytes(value), List.of());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private List<String> values(int partition) {
        return await(client.upToHighWatermark("t", partition, 0).runWith(Sink.<LogRecord>seq(), server.system()))
                .stream()
                .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private static VarveException failure(CompletionStage<?> stage) {
        try {
            stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            return (VarveException) e.getCause();
        }
        throw new AssertionError("it did not fail");
    }

    @Test
    void topics_are_created_described_changed_and_deleted() {
        Topic created = await(client.createTopic(TopicSpec.of("t", 3)));
        assertThat(created.partitions()).hasSize(3);
        assertThat(await(client.describeTopic("t"))).contains(created);
        assertThat(await(client.listTopics())).containsExactly(created);
        Topic altered = await(client.alterTopic(
                "t",
                new TopicChange(
                        Optional.of(OptionalLong.of(5_000)),
                        Optional.empty(),
                        Optional.of(TopicCompaction.LATEST_OF_KEY),
                        Optional.of(Compression.ZSTD),
                        OptionalLong.empty())));
        assertThat(altered.settings().retentionMs()).hasValue(5_000);
        assertThat(altered.settings().compaction()).isEqualTo(TopicCompaction.LATEST_OF_KEY);
        assertThat(altered.settings().segmentBytes())
                .isEqualTo(created.settings().segmentBytes());
        assertThat(failure(client.createTopic(TopicSpec.of("t", 1))).code()).isEqualTo("topic-exists");
        await(client.deleteTopic("t"));
        assertThat(await(client.describeTopic("t"))).isEmpty();
        assertThat(failure(client.produce("t", record("k", "v"))).code()).isEqualTo("no-such-topic");
        assertThat(await(client.describeCluster())).isEqualTo(server.topics().describeCluster());
    }

    @Test
    void records_go_to_the_partitions_of_their_keys_in_the_order_in_which_they_were_handed_over() {
        await(client.createTopic(TopicSpec.of("t", 4)));
        List<CompletionStage<Position>> stored = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            stored.add(client.produce("t", record("key-" + i % 10, Integer.toString(i))));
        }
        for (int i = 0; i < 2_000; i++) {
            assertThat(await(stored.get(i)).partition()).isEqualTo(Partitioner.partitionOf(bytes("key-" + i % 10), 4));
        }
        int found = 0;
        for (int partition = 0; partition < 4; partition++) {
            List<Integer> numbers =
                    values(partition).stream().map(Integer::valueOf).toList();
            assertThat(numbers).isSorted();
            found += numbers.size();
        }
        assertThat(found).isEqualTo(2_000);
    }

    @Test
    void records_that_are_handed_over_before_and_while_the_partitions_become_known_keep_their_order() {
        await(client.createTopic(TopicSpec.of("t", 1)));
        CompletableFuture<Void> known = new CompletableFuture<>();
        server.topics().describeAfter(known);
        List<CompletionStage<Position>> stored = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            if (i == 200) {
                known.complete(null);
            }
            // Some say which partition, and come neither before nor after their turn.
            stored.add(
                    i % 10 == 9
                            ? client.produce("t", 0, record("k", Integer.toString(i)))
                            : client.produce("t", record("k", Integer.toString(i))));
        }
        for (int i = 0; i < 2_000; i++) {
            assertThat(await(stored.get(i)).offset()).isEqualTo(i);
        }
    }

    @Test
    void records_that_wait_for_the_partitions_are_counted_among_those_that_wait() {
        await(client.createTopic(TopicSpec.of("t", 1)));
        CompletableFuture<Void> known = new CompletableFuture<>();
        server.topics().describeAfter(known);
        VarveClient small = VarveClient.create(settings.withMaxWaitingBytes(1_000));
        CompletionStage<Position> first = small.produce("t", record("k", "x".repeat(600)));
        assertThat(failure(small.produce("t", record("k", "y".repeat(600)))).code())
                .isEqualTo(VarveClient.TOO_MUCH_WAITS);
        known.complete(null);
        await(first);
        assertThat(failure(small.produce("none", record("k", "z".repeat(600)))).code())
                .isEqualTo("no-such-topic");
        await(small.produce("t", record("k", "z".repeat(600))));
    }

    @Test
    void a_record_comes_back_with_all_that_it_was_sent_with() {
        await(client.createTopic(TopicSpec.of("t", 1)));
        NewRecord sent = new NewRecord(
                1_234, new byte[] {(byte) 0xff, 0}, null, List.of(new RecordHeader("h", new byte[] {(byte) 0x80})));
        await(client.produce("t", 0, sent));
        Fetched fetched = await(client.read("t", 0, 0, 1_000, Duration.ZERO));
        assertThat(fetched.records()).hasSize(1);
        assertThat(fetched.records().get(0).toNewRecord()).isEqualTo(sent);
        assertThat(fetched.highWatermark()).isEqualTo(1);
        assertThat(fetched.nextOffset()).isEqualTo(1);
    }

    @Test
    void records_that_wait_go_together_and_no_more_at_a_time_than_a_batch_may_have() {
        await(client.createTopic(TopicSpec.of("t", 1)));
        BlockingQueue<PartitionActor.Append> held = new LinkedBlockingQueue<>();
        ConcurrentLinkedQueue<Integer> sizes = new ConcurrentLinkedQueue<>();
        server.topics().onAppend(append -> {
            sizes.add(append.records().size());
            return sizes.size() == 1 && held.add(append) ? Optional.empty() : Optional.of(append);
        });
        VarveClient batching = VarveClient.create(settings.withBatches(10, 1 << 20));
        List<CompletionStage<Position>> stored = new ArrayList<>();
        stored.add(batching.produce("t", 0, record(null, "first")));
        PartitionActor.Append first = take(held);
        for (int i = 0; i < 25; i++) {
            stored.add(batching.produce("t", 0, record(null, Integer.toString(i))));
        }
        server.topics().partition("t", 0).tell(first);
        server.topics().onAppend(append -> {
            sizes.add(append.records().size());
            return Optional.of(append);
        });
        stored.forEach(VarveClientTest::await);
        assertThat(sizes.stream().mapToInt(Integer::intValue).max()).hasValue(10);
        assertThat(values(0)).hasSize(26).startsWith("first", "0", "1");
    }

    private static <T> T take(BlockingQueue<T> queue) {
        try {
            return Optional.ofNullable(queue.poll(10, TimeUnit.SECONDS)).orElseThrow();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_batch_whose_answer_is_lost_is_sent_again_and_stored_once() {
        await(client.createTopic(TopicSpec.of("t", 1)));
        AtomicInteger attempts = new AtomicInteger();
        server.topics().onAppend(append -> {
            if (attempts.getAndIncrement() % 2 == 1) {
                return Optional.of(append);
            }
            // Stored, but who asked hears that nobody knows.
            append.replyTo().tell(new PartitionActor.OutcomeUnknown("the leader is gone"));
            return Optional.of(new PartitionActor.Append(
                    append.records(),
                    append.expectedEpoch(),
                    server.system().ignoreRef(),
                    append.producer(),
                    append.condition()));
        });
        List<CompletionStage<Position>> stored = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            stored.add(client.produce("t", 0, record(null, Integer.toString(i))));
        }
        for (int i = 0; i < 50; i++) {
            assertThat(await(stored.get(i)).offset()).isEqualTo(i);
        }
        assertThat(attempts.get()).isGreaterThan(1);
        assertThat(values(0)).hasSize(50).doesNotHaveDuplicates();
    }

    @Test
    void after_a_batch_was_refused_the_next_ones_are_stored_all_the_same() {
        await(client.createTopic(TopicSpec.of("t", 1)));
        server.topics().onAppend(append -> {
            append.replyTo()
                    .tell(new PartitionActor.NotStored(new PartitionError.BatchTooLarge("too large", 2_000, 1_000)));
            return Optional.empty();
        });
        VarveException refused = failure(client.produce("t", 0, record(null, "large")));
        assertThat(refused.code()).isEqualTo("batch-too-large");
        assertThat(refused.isForNow()).isFalse();
        VarveClient impatient = VarveClient.create(settings.withRetries(Duration.ZERO, Duration.ofMillis(5)));
        server.topics().onAppend(append -> {
            append.replyTo().tell(new PartitionActor.OutcomeUnknown("the leader is gone"));
            return Optional.empty();
        });
        assertThat(failure(impatient.produce("t", 0, record(null, "lost"))).code())
                .isEqualTo("outcome-unknown");
        server.topics().onAppend(InMemoryTopics.PASS);
        await(client.produce("t", 0, record(null, "a")));
        await(impatient.produce("t", 0, record(null, "b")));
        assertThat(values(0)).containsExactly("a", "b");
    }

    @Test
    void more_than_may_wait_is_refused_and_not_sent() {
        await(client.createTopic(TopicSpec.of("t", 1)));
        BlockingQueue<PartitionActor.Append> held = new LinkedBlockingQueue<>();
        server.topics().onAppend(append -> {
            held.add(append);
            return Optional.empty();
        });
        VarveClient small = VarveClient.create(settings.withMaxWaitingBytes(1_000));
        CompletionStage<Position> first = small.produce("t", 0, record(null, "x".repeat(600)));
        PartitionActor.Append append = take(held);
        assertThat(failure(small.produce("t", 0, record(null, "y".repeat(600)))).code())
                .isEqualTo(VarveClient.TOO_MUCH_WAITS);
        server.topics().onAppend(InMemoryTopics.PASS);
        server.topics().partition("t", 0).tell(append);
        assertThat(await(first).offset()).isZero();
        await(small.produce("t", 0, record(null, "z".repeat(600))));
        assertThat(values(0)).hasSize(2);
    }

    @Test
    void a_stream_ends_at_the_high_watermark_and_another_one_follows_it() throws Exception {
        await(client.createTopic(TopicSpec.of("t", 1)));
        assertThat(values(0)).isEmpty();
        for (int i = 0; i < 5; i++) {
            await(client.produce("t", 0, record(null, Integer.toString(i))));
        }
        assertThat(values(0)).containsExactly("0", "1", "2", "3", "4");
        CompletionStage<List<LogRecord>> followed =
                client.follow("t", 0, 4).take(2).runWith(Sink.seq(), server.system());
        await(client.produce("t", 0, record(null, "5")));
        assertThat(followed.toCompletableFuture().get(15, TimeUnit.SECONDS))
                .extracting(LogRecord::offset)
                .containsExactly(4L, 5L);
    }

    @Test
    void an_offset_out_of_range_is_refused_with_both_bounds() {
        await(client.createTopic(TopicSpec.of("t", 1)));
        await(client.produce("t", 0, record(null, "a")));
        VarveException refused = failure(client.read("t", 0, 7, 100, Duration.ZERO));
        assertThat(refused.code()).isEqualTo("offset-out-of-range");
        assertThat(refused.logStartOffset()).hasValue(0);
        assertThat(refused.highWatermark()).hasValue(1);
    }

    @Test
    void offsets_are_found_by_time_and_kept_for_groups() {
        await(client.createTopic(TopicSpec.of("t", 2)));
        await(client.produce("t", 1, record(null, "a")));
        assertThat(await(client.offsetFor("t", 1, Instant.ofEpochMilli(999)))).hasValue(0);
        assertThat(await(client.offsetFor("t", 1, Instant.ofEpochMilli(1_001)))).isEmpty();
        assertThat(await(client.logStartOffset("t", 1))).isZero();
        assertThat(await(client.highWatermark("t", 1))).isEqualTo(1);
        await(client.commit("g", "t", Map.of(1, 1L)));
        assertThat(await(client.offsets("g", "t"))).isEqualTo(Map.of(1, 1L));
    }

    @Test
    void another_server_is_asked_when_one_cannot_be_reached() throws Exception {
        int nobody;
        try (ServerSocket free = new ServerSocket(0)) {
            nobody = free.getLocalPort();
        }
        URI gone = URI.create("http://127.0.0.1:" + nobody);
        VarveClient two = VarveClient.create(
                ClientSettings.of(gone, server.url()).withRetries(Duration.ofSeconds(10), Duration.ofMillis(5)));
        assertThat(await(two.listTopics())).isEmpty();
        VarveClient one =
                VarveClient.create(ClientSettings.of(gone).withRetries(Duration.ofMillis(20), Duration.ofMillis(5)));
        VarveException refused = failure(one.listTopics());
        assertThat(refused.code()).isEqualTo(VarveException.UNREACHABLE);
        assertThat(refused.getMessage()).contains(gone.toString());
    }

    @Test
    void a_server_that_does_not_answer_is_left_for_another_one_however_long_it_was_waited_for() throws Exception {
        try (ServerSocket silent = new ServerSocket(0)) {
            URI paused = URI.create("http://127.0.0.1:" + silent.getLocalPort());
            await(client.createTopic(TopicSpec.of("t", 1)));
            VarveClient reading = VarveClient.create(ClientSettings.of(paused, server.url())
                    .withRequestTimeout(Duration.ofMillis(300))
                    .withRetries(Duration.ofMillis(50), Duration.ofMillis(5)));
            assertThat(await(reading.read("t", 0, 0, 100, Duration.ZERO)).records())
                    .isEmpty();
            VarveClient writing = VarveClient.create(ClientSettings.of(paused, server.url())
                    .withRequestTimeout(Duration.ofMillis(300))
                    .withRetries(Duration.ofMillis(50), Duration.ofMillis(5)));
            await(writing.produce("t", 0, record(null, "a")));
        }
    }

    @Test
    void what_only_asks_does_not_wait_for_long_while_another_server_may_answer() throws Exception {
        try (ServerSocket silent = new ServerSocket(0)) {
            URI paused = URI.create("http://127.0.0.1:" + silent.getLocalPort());
            VarveClient two = VarveClient.create(
                    ClientSettings.of(paused, server.url()).withRequestTimeout(Duration.ofMinutes(5)));
            assertThat(two.listTopics().toCompletableFuture().get(30, TimeUnit.SECONDS))
                    .isEmpty();
        }
    }

    @Test
    void records_for_a_topic_that_was_made_again_are_stored() {
        await(client.createTopic(TopicSpec.of("t", 1)));
        await(client.produce("t", record("k", "a")));
        await(client.produce("t", record("k", "b")));
        VarveClient other = VarveClient.create(settings);
        await(other.deleteTopic("t"));
        await(other.createTopic(TopicSpec.of("t", 1)));
        await(client.produce("t", record("k", "c")));
        await(client.produce("t", record("k", "d")));
        assertThat(values(0)).containsExactly("c", "d");
    }

    @Test
    void a_producer_begins_anew_when_its_topic_is_gone() {
        await(client.createTopic(TopicSpec.of("t", 1)));
        ConcurrentLinkedQueue<Integer> sequences = new ConcurrentLinkedQueue<>();
        server.topics().onAppend(append -> {
            sequences.add(append.producer().orElseThrow().firstSequence());
            return Optional.of(append);
        });
        await(client.produce("t", 0, record("k", "a")));
        VarveClient other = VarveClient.create(settings);
        await(other.deleteTopic("t"));
        assertThat(failure(client.produce("t", 0, record("k", "b"))).status()).isEqualTo(404);
        await(other.createTopic(TopicSpec.of("t", 1)));
        await(client.produce("t", 0, record("k", "c")));
        assertThat(sequences).containsExactly(0, 0);
    }

    @Test
    void a_batch_of_a_forgotten_producer_is_sent_by_another_one_only_if_it_cannot_be_stored_already() {
        await(client.createTopic(TopicSpec.of("t", 1)));
        await(client.produce("t", 0, record(null, "a")));
        AtomicInteger attempts = new AtomicInteger();
        server.topics().onAppend(append -> {
            int attempt = attempts.incrementAndGet();
            if (attempt == 3) {
                append.replyTo().tell(new PartitionActor.OutcomeUnknown("the leader is gone"));
            } else if (attempt == 1 || attempt == 4) {
                append.replyTo()
                        .tell(new PartitionActor.NotStored(
                                new PartitionError.OutOfSequence("forgotten", 1, 0, attempt)));
            } else {
                return Optional.of(append);
            }
            return Optional.empty();
        });
        await(client.produce("t", 0, record(null, "b")));
        assertThat(failure(client.produce("t", 0, record(null, "c"))).code()).isEqualTo("out-of-sequence");
        await(client.produce("t", 0, record(null, "d")));
        assertThat(attempts.get()).isEqualTo(5);
        assertThat(values(0)).containsExactly("a", "b", "d");
    }

    @Test
    void an_answer_that_makes_no_sense_holds_up_nothing() {
        AtomicInteger batches = new AtomicInteger();
        try (CannedServer odd = CannedServer.start(path -> !path.equals("/v1/batches")
                ? "{}"
                : batches.incrementAndGet() == 1 ? "{\"results\":[{}]}" : "{\"results\":[{\"baseOffset\":7}]}")) {
            VarveClient asking = VarveClient.create(
                    ClientSettings.of(odd.url()).withRetries(Duration.ofSeconds(10), Duration.ofMillis(5)));
            assertThat(await(asking.produce("t", 0, record(null, "a"))).offset())
                    .isEqualTo(7);
        }
    }

    @Test
    void a_read_up_to_the_high_watermark_goes_on_behind_a_gap() {
        String head = "{\"logStartOffset\":0,\"highWatermark\":6,\"nextOffset\":";
        try (CannedServer compacted = CannedServer.start(path -> path.contains("from=0&")
                ? head + "5,\"records\":[]}"
                : head + "6,\"records\":[{\"offset\":5,\"timestamp\":1,\"key\":null,\"value\":\"v\"}]}")) {
            List<LogRecord> records = await(
                    VarveClient.of(compacted.url()).upToHighWatermark("t", 0, 0).runWith(Sink.seq(), server.system()));
            assertThat(records).extracting(LogRecord::offset).containsExactly(5L);
        }
    }

    @Test
    void settings_that_make_no_sense_are_refused() {
        for (ThrowingCallable unusable : List.<ThrowingCallable>of(
                () -> settings.withRequestTimeout(Duration.ZERO),
                () -> settings.withRetries(Duration.ofMillis(-1), Duration.ofMillis(5)),
                () -> settings.withRetries(Duration.ofSeconds(1), Duration.ZERO),
                () -> settings.withRetries(Duration.ofDays(1_000_000), Duration.ofMillis(5)),
                () -> settings.withBatches(0, 1),
                () -> settings.withBatches(1, 0),
                () -> settings.withMaxWaitingBytes(0))) {
            assertThatThrownBy(unusable).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void a_client_needs_a_server_that_can_be_asked() {
        assertThatThrownBy(() -> ClientSettings.of()).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ClientSettings.of(URI.create("localhost:8080")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("http://");
    }
}
