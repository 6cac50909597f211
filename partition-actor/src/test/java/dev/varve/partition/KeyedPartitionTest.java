package dev.varve.partition;

import static dev.varve.partition.Steps.only;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.KeyCondition;
import dev.varve.log.KeyState;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.SimDisk;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.DeleteKey;
import dev.varve.partition.PartitionActor.Failure;
import dev.varve.partition.PartitionActor.ForgetKey;
import dev.varve.partition.PartitionActor.KeyFound;
import dev.varve.partition.PartitionActor.KeyReadReply;
import dev.varve.partition.PartitionActor.KeyRecords;
import dev.varve.partition.PartitionActor.KeyReply;
import dev.varve.partition.PartitionActor.Keys;
import dev.varve.partition.PartitionActor.KeysReply;
import dev.varve.partition.PartitionActor.ListKeys;
import dev.varve.partition.PartitionActor.LocalAppend;
import dev.varve.partition.PartitionActor.LookUpKey;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionActor.Read;
import dev.varve.partition.PartitionActor.ReadKey;
import dev.varve.partition.PartitionActor.ReadReply;
import dev.varve.partition.PartitionActor.Records;
import dev.varve.partition.PartitionActor.Stop;
import dev.varve.partition.PartitionActor.SubscribeToKey;
import dev.varve.partition.PartitionActor.Tail;
import dev.varve.partition.PartitionActor.TailReply;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

/** A partition whose records are found by their keys. */
class KeyedPartitionTest {
    private static final byte[] KEY = "account".getBytes(StandardCharsets.UTF_8);

    private final Steps steps = Steps.ready(
            new SimDisk(0), settings -> settings.withLog(settings.log().withKeyMemoryBytes(1 << 20)));

    private static List<NewRecord> record(long sequence) {
        return List.of(new NewRecord(1, KEY, sequence, new byte[] {(byte) sequence}, List.of()));
    }

    private TestInbox<AppendReply> append(long sequence, long expected) {
        TestInbox<AppendReply> inbox = TestInbox.create();
        steps.actor.run(new Append(record(sequence), new KeyCondition(KEY, expected), inbox.getRef()));
        return inbox;
    }

    private KeyState state() {
        TestInbox<KeyReply> inbox = TestInbox.create();
        steps.actor.run(new LookUpKey(KEY, inbox.getRef()));
        steps.settle();
        return ((KeyFound) only(inbox)).state();
    }

    private List<Long> sequences(long from) {
        TestInbox<KeyReadReply> inbox = TestInbox.create();
        steps.actor.run(new ReadKey(KEY, from, 0, 1 << 20, inbox.getRef()));
        steps.settle();
        KeyRecords read = (KeyRecords) only(inbox);
        assertThat(read.isComplete()).isTrue();
        return read.records().stream().map(LogRecord::keySequence).toList();
    }

    @Test
    void appends_under_conditions_share_a_commit_and_are_judged_in_their_order() {
        TestInbox<AppendReply> first = append(1, 0);
        TestInbox<AppendReply> second = append(2, 1);
        TestInbox<AppendReply> late = append(2, 1);
        steps.settle();
        assertThat(only(first)).isEqualTo(new Appended(0, 0));
        assertThat(only(second)).isEqualTo(new Appended(1, 1));
        assertThat(((NotStored) only(late)).error())
                .isInstanceOfSatisfying(
                        PartitionError.KeyConflict.class,
                        conflict -> assertThat(conflict.highestSequence()).isEqualTo(2));
        assertThat(sequences(2)).containsExactly(2L);
    }

    @Test
    void a_local_append_hands_its_answer_to_a_function_when_it_is_durable() {
        List<AppendReply> answers = new ArrayList<>();
        steps.actor.run(new LocalAppend(record(1), new KeyCondition(KEY, 0), answers::add));
        assertThat(answers).isEmpty();
        long syncs = steps.syncs();
        steps.settle();
        assertThat(answers).containsExactly(new Appended(0, 0));
        assertThat(steps.syncs()).isGreaterThan(syncs);
        steps.actor.run(new LocalAppend(record(1), new KeyCondition(KEY, 0), answers::add));
        steps.settle();
        assertThat(answers.get(1)).isInstanceOf(NotStored.class);
    }

    @Test
    void deletions_and_forgetting_share_the_commit_of_the_appends_before_them() {
        TestInbox<AppendReply> answers = TestInbox.create();
        append(1, 0);
        append(2, 1);
        steps.settle();
        long syncs = steps.syncs();
        steps.actor.run(new Append(record(3), new KeyCondition(KEY, 2), answers.getRef()));
        steps.settle();
        steps.actor.run(new DeleteKey(KEY, 2, 3, answers.getRef()));
        steps.settle();
        assertThat(steps.syncs() - syncs).isEqualTo(2);
        assertThat(state()).isEqualTo(new KeyState(3, 2, 2));
        assertThat(sequences(0)).containsExactly(3L);
        steps.actor.run(new ForgetKey(KEY, answers.getRef()));
        steps.settle();
        assertThat(state()).isEqualTo(KeyState.UNKNOWN);
        assertThat(answers.getAllReceived()).hasSize(3).allMatch(Appended.class::isInstance);
    }

    @Test
    void keys_are_listed_in_pages() {
        append(1, 0);
        steps.append(List.of(new NewRecord(1, new byte[] {5}, 1, null, List.of())));
        steps.settle();
        TestInbox<KeysReply> inbox = TestInbox.create();
        steps.actor.run(new ListKeys(Optional.empty(), 1, inbox.getRef()));
        steps.settle();
        byte[] first = ((Keys) only(inbox)).keys().get(0);
        steps.actor.run(new ListKeys(Optional.of(first), 5, inbox.getRef()));
        steps.settle();
        List<byte[]> rest = ((Keys) only(inbox)).keys();
        assertThat(rest).hasSize(1);
        assertThat(List.of(first, rest.get(0))).containsExactlyInAnyOrder(KEY, new byte[] {5});
    }

    private List<Long> read(boolean withoutDeleted) {
        TestInbox<ReadReply> inbox = TestInbox.create();
        steps.actor.run(new Read(0, 1 << 20, Duration.ZERO, inbox.getRef(), withoutDeleted));
        steps.settle();
        return ((Records) only(inbox)).records().stream().map(LogRecord::offset).toList();
    }

    @Test
    void a_read_in_the_order_of_the_log_leaves_out_what_is_deleted_or_was_forgotten_if_it_is_to() {
        TestInbox<AppendReply> answers = TestInbox.create();
        NewRecord ofAnother = new NewRecord(1, new byte[] {5}, 1, null, List.of());
        NewRecord ofNobody = new NewRecord(1, null, null, List.of());
        append(1, 0);
        append(2, 1);
        append(3, 2);
        steps.append(List.of(ofAnother, ofNobody));
        steps.settle();
        assertThat(read(true)).containsExactly(0L, 1L, 2L, 3L, 4L);
        steps.actor.run(new DeleteKey(KEY, 2, 3, answers.getRef()));
        steps.settle();
        assertThat(read(true)).containsExactly(2L, 3L, 4L);
        assertThat(read(false)).containsExactly(0L, 1L, 2L, 3L, 4L);
        steps.actor.run(new ForgetKey(KEY, answers.getRef()));
        steps.settle();
        assertThat(read(true)).containsExactly(3L, 4L);
        append(1, 0);
        steps.settle();
        assertThat(read(true)).containsExactly(3L, 4L, 7L);
    }

    @Test
    void a_subscriber_to_a_key_is_told_once_and_only_of_records_of_that_key() {
        TestInbox<TailReply> told = TestInbox.create();
        append(1, 0);
        steps.settle();
        steps.actor.run(new SubscribeToKey(KEY.clone(), told.getRef()));
        steps.append(List.of(new NewRecord(1, new byte[] {5}, 1, null, List.of())));
        append(7, 6);
        steps.settle();
        assertThat(told.hasMessages())
                .as("of another key, and of a refused one")
                .isFalse();
        append(2, 1);
        assertThat(told.hasMessages()).as("not durable yet").isFalse();
        steps.settle();
        assertThat(only(told)).isEqualTo(new Tail(0, 3, 3));
        append(3, 2);
        steps.settle();
        assertThat(told.hasMessages()).as("only once").isFalse();
        steps.actor.run(new SubscribeToKey(KEY, told.getRef()));
        steps.actor.run(Stop.INSTANCE);
        steps.settle();
        assertThat(((Failure) only(told)).error()).isInstanceOf(PartitionError.Stopped.class);
    }

    @Test
    void a_subscriber_to_a_key_is_told_of_a_commit_that_was_written_while_the_one_before_was_answered() {
        TestInbox<TailReply> told = TestInbox.create();
        steps.actor.run(new SubscribeToKey(KEY, told.getRef()));
        append(new byte[] {5}, answer -> {
            // The disk does what it was given just before: the next commit.
            steps.writes.runOne();
        });
        append(1, 0);
        steps.settle();
        assertThat(only(told)).isEqualTo(new Tail(0, 2, 2));
    }

    private void append(byte[] key, Consumer<AppendReply> reply) {
        steps.actor.run(
                new LocalAppend(List.of(new NewRecord(1, key, 1, null, List.of())), new KeyCondition(key, 0), reply));
    }

    @Test
    void senseless_requests_are_refused_with_words_and_harm_nothing() {
        TestInbox<AppendReply> appends = TestInbox.create();
        steps.actor.run(new DeleteKey(KEY, 5, 4, appends.getRef()));
        assertThat(((NotStored) only(appends)).error()).isInstanceOf(PartitionError.Invalid.class);
        TestInbox<KeysReply> keys = TestInbox.create();
        steps.actor.run(new ListKeys(Optional.empty(), 0, keys.getRef()));
        steps.settle();
        assertThat(((Failure) only(keys)).error()).isInstanceOf(PartitionError.Invalid.class);
    }

    @Test
    void a_partition_without_memory_for_keys_says_so() {
        Steps plain = Steps.ready();
        TestInbox<AppendReply> appends = TestInbox.create();
        plain.actor.run(new Append(record(1), new KeyCondition(KEY, 0), appends.getRef()));
        assertThat(((NotStored) only(appends)).error().message()).contains("finds records by key");
        TestInbox<KeyReply> keys = TestInbox.create();
        plain.actor.run(new LookUpKey(KEY, keys.getRef()));
        plain.settle();
        assertThat(((Failure) only(keys)).error()).isInstanceOf(PartitionError.Invalid.class);
    }
}
