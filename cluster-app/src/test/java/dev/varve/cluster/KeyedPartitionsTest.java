package dev.varve.cluster;

import static dev.varve.cluster.Asking.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.KeyCondition;
import dev.varve.log.KeyState;
import dev.varve.log.format.Compression;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Failure;
import dev.varve.partition.PartitionActor.KeyFound;
import dev.varve.partition.PartitionActor.KeyReadReply;
import dev.varve.partition.PartitionActor.KeyRecords;
import dev.varve.partition.PartitionActor.KeyReply;
import dev.varve.partition.PartitionActor.Keys;
import dev.varve.partition.PartitionActor.KeysReply;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionActor.Read;
import dev.varve.partition.PartitionActor.ReadFailed;
import dev.varve.partition.PartitionActor.ReadReply;
import dev.varve.partition.PartitionActor.Records;
import dev.varve.partition.PartitionActor.SubscribeToKey;
import dev.varve.partition.PartitionActor.Tail;
import dev.varve.partition.PartitionActor.TailReply;
import dev.varve.partition.PartitionError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replicated partition answers for keys as a local one does. */
class KeyedPartitionsTest {
    private static ActorSystem<Void> actorSystem;

    @BeforeAll
    static void startSystem() {
        actorSystem = ActorSystem.create(Behaviors.empty(), "keyed");
    }

    private static final byte[] KEY = {1};
    private static final byte[] OTHER = {2};

    @TempDir
    Path directory;

    private final Asking asking = new Asking(actorSystem);
    private ClusterSettings settings;
    private ClusterNode node;

    @BeforeEach
    void start() throws IOException {
        settings = ClusterSettings.single(directory, Ports.free(1).get(0)).withSnapshotEntries(20);
        open();
    }

    private void open() throws IOException {
        node = ClusterNode.start(actorSystem, settings);
        await(node.ready());
    }

    @AfterEach
    void stop() throws IOException {
        node.close();
    }

    @AfterAll
    static void shutDown() {
        actorSystem.terminate();
    }

    private void create(TopicCompaction compaction) {
        await(node.topics()
                .create(new TopicSpec(
                        "t",
                        1,
                        new TopicSettings(
                                OptionalLong.empty(), OptionalLong.empty(), compaction, Compression.NONE, 1024))));
    }

    private RecipientRef<Command> partition() {
        return node.topics().partition("t", 0);
    }

    private static NewRecord record(byte[] key, long sequence, String value) {
        return new NewRecord(1_000, key, sequence, value.getBytes(StandardCharsets.UTF_8), List.of());
    }

    private AppendReply append(byte[] key, long highest, long sequence) {
        return await(asking.ask(
                partition(),
                replyTo -> new Append(
                        List.of(record(key, sequence, "v" + sequence + "x".repeat(100))),
                        new KeyCondition(key, highest),
                        replyTo)));
    }

    private KeyState state(byte[] key) {
        KeyReply reply = await(asking.ask(partition(), replyTo -> new PartitionActor.LookUpKey(key, replyTo)));
        return ((KeyFound) reply).state();
    }

    private KeyRecords read(byte[] key, long fromSequence, long fromOffset, int maxBytes) {
        KeyReadReply reply = await(asking.ask(
                partition(), replyTo -> new PartitionActor.ReadKey(key, fromSequence, fromOffset, maxBytes, replyTo)));
        return (KeyRecords) reply;
    }

    private AppendReply delete(byte[] key, long toSequence, long highest) {
        return await(
                asking.ask(partition(), replyTo -> new PartitionActor.DeleteKey(key, toSequence, highest, replyTo)));
    }

    @Test
    void records_are_stored_under_conditions_found_by_their_keys_and_deleted() {
        create(TopicCompaction.UNDELETED);
        assertThat(append(KEY, 0, 1)).isEqualTo(new Appended(0, 0));
        assertThat(append(OTHER, 0, 1)).isEqualTo(new Appended(1, 1));
        assertThat(append(KEY, 1, 2)).isEqualTo(new Appended(2, 2));
        assertThat(append(KEY, 1, 2)).isInstanceOfSatisfying(NotStored.class, refused -> assertThat(refused.error())
                .isInstanceOf(PartitionError.KeyConflict.class));
        assertThat(state(KEY)).isEqualTo(new KeyState(2, 0, 2));
        KeyRecords first = read(KEY, 0, 0, 0);
        assertThat(first.records()).extracting(LogRecord::keySequence).containsExactly(1L);
        assertThat(read(KEY, 0, first.nextOffset(), 1_000).records())
                .extracting(LogRecord::keySequence)
                .containsExactly(2L);
        assertThat(delete(KEY, 1, 2)).isInstanceOf(Appended.class);
        assertThat(state(KEY)).isEqualTo(new KeyState(2, 1, 2));
        assertThat(read(KEY, 0, 0, 1_000).records())
                .extracting(LogRecord::keySequence)
                .containsExactly(2L);
        ReadReply all = await(asking.ask(partition(), replyTo -> new Read(0, 10_000, Duration.ZERO, replyTo, true)));
        assertThat(((Records) all).records()).extracting(LogRecord::offset).containsExactly(1L, 2L);
        KeysReply keys =
                await(asking.ask(partition(), replyTo -> new PartitionActor.ListKeys(Optional.empty(), 1, replyTo)));
        byte[] one = ((Keys) keys).keys().get(0);
        KeysReply rest =
                await(asking.ask(partition(), replyTo -> new PartitionActor.ListKeys(Optional.of(one), 9, replyTo)));
        assertThat(((Keys) rest).keys()).hasSize(1);
        assertThat(await(asking.<AppendReply>ask(partition(), replyTo -> new PartitionActor.ForgetKey(KEY, replyTo))))
                .isInstanceOf(Appended.class);
        assertThat(state(KEY)).isEqualTo(KeyState.UNKNOWN);
        assertThat(append(KEY, 0, 1)).isInstanceOf(Appended.class);
    }

    @Test
    void what_is_known_of_keys_outlives_a_restart() throws IOException {
        create(TopicCompaction.UNDELETED);
        for (int i = 1; i <= 50; i++) {
            append(KEY, i - 1, i);
        }
        delete(KEY, 30, 50);
        KeyState before = state(KEY);
        node.close();
        open();
        assertThat(state(KEY)).isEqualTo(before);
        assertThat(append(KEY, 49, 50)).isInstanceOf(NotStored.class);
        assertThat(append(KEY, 50, 51)).isInstanceOf(Appended.class);
        assertThat(read(KEY, 0, 0, 1 << 20).records()).hasSize(21);
    }

    @Test
    void who_waits_for_a_key_is_told_of_its_records_and_of_no_others() {
        create(TopicCompaction.LATEST_OF_KEY);
        append(OTHER, 0, 1);
        CompletionStage<TailReply> told = asking.ask(partition(), replyTo -> new SubscribeToKey(KEY, replyTo));
        append(OTHER, 1, 2);
        assertThat(state(OTHER).highestSequence()).isEqualTo(2);
        assertThat(told.toCompletableFuture()).isNotDone();
        append(KEY, 0, 1);
        assertThat(await(told)).isEqualTo(new Tail(0, 3, 3));
    }

    @Test
    void dead_records_are_taken_out_in_the_background_and_what_is_known_of_keys_stays() throws InterruptedException {
        create(TopicCompaction.LATEST_OF_KEY);
        for (int i = 1; i <= 60; i++) {
            append(KEY, i - 1, i);
        }
        long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        List<LogRecord> left;
        do {
            Thread.sleep(50);
            left = asking.readAll(partition());
        } while (left.size() > 20 && System.nanoTime() < until);
        assertThat(left).hasSizeLessThanOrEqualTo(20).last().satisfies(last -> assertThat(last.keySequence())
                .isEqualTo(60));
        assertThat(state(KEY)).isEqualTo(new KeyState(60, 0, 59));
        assertThat(append(KEY, 60, 61)).isEqualTo(new Appended(60, 60));
    }

    @Test
    void a_topic_that_is_not_compacted_says_how_to_have_records_found_by_key() {
        create(TopicCompaction.OFF);
        assertThat(append(KEY, 0, 1)).isInstanceOfSatisfying(NotStored.class, refused -> assertThat(
                        refused.error().message())
                .contains("compaction"));
        assertThat(await(asking.<KeyReply>ask(partition(), r -> new PartitionActor.LookUpKey(KEY, r))))
                .isInstanceOf(Failure.class);
        assertThat(await(asking.<TailReply>ask(partition(), r -> new SubscribeToKey(KEY, r))))
                .isInstanceOf(Failure.class);
        assertThat(await(asking.<ReadReply>ask(partition(), r -> new Read(0, 9, Duration.ZERO, r, true))))
                .isInstanceOf(ReadFailed.class);
        TopicChange change = new TopicChange(
                Optional.empty(),
                Optional.empty(),
                Optional.of(TopicCompaction.UNDELETED),
                Optional.empty(),
                OptionalLong.empty());
        assertThat(await(node.topics().alter("t", change)).settings().compaction())
                .isEqualTo(TopicCompaction.UNDELETED);
        assertThat(append(KEY, 0, 1)).isEqualTo(new Appended(0, 0));
        assertThat(state(KEY).highestSequence()).isEqualTo(1);
    }
}
