package dev.varve.persistence.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.KeyCondition;
import dev.varve.log.KeyState;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Failure;
import dev.varve.partition.PartitionActor.KeyFound;
import dev.varve.partition.PartitionActor.KeyRecords;
import dev.varve.partition.PartitionActor.LookUpKey;
import dev.varve.partition.PartitionActor.ReadKey;
import dev.varve.partition.PartitionActor.SubscribeToKey;
import dev.varve.partition.PartitionActor.Tail;
import dev.varve.partition.PartitionError;
import dev.varve.persistence.storage.PartitionRequests;
import dev.varve.persistence.storage.Partitions;
import dev.varve.persistence.storage.StorageException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What a stream asks of a partition, which here answers what the test says. */
class KeyRecordStageTest {
    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final byte[] KEY = {7};
    private static final int STEP_BYTES = 64 << 10;

    private final TestProbe<Command> partition = KIT.createTestProbe();

    @AfterAll
    static void shutDown() {
        KIT.shutdownTestKit();
    }

    private final class OnePartition implements Partitions {
        @Override
        public int count() {
            return 1;
        }

        @Override
        public int maxBatchBytes() {
            return 1 << 20;
        }

        @Override
        public RecipientRef<Command> partition(int index) {
            return partition.ref();
        }

        @Override
        public void append(int index, List<NewRecord> records, KeyCondition condition, Consumer<AppendReply> reply) {
            throw new UnsupportedOperationException();
        }
    }

    private SinkQueueWithCancel<LogRecord> run(long from, long to, boolean isLive, Duration timeout) {
        PartitionRequests requests =
                new PartitionRequests(new OnePartition(), KIT.system().scheduler(), timeout);
        // The smallest buffer there is, so that one pull of the queue is about one element.
        return Source.fromGraph(
                        new KeyRecordStage(requests, new KeyRecordStage.Wanted(0, KEY, from, to, isLive), STEP_BYTES))
                .runWith(
                        Sink.<LogRecord>queue(1).withAttributes(org.apache.pekko.stream.Attributes.inputBuffer(1, 1)),
                        KIT.system());
    }

    private SinkQueueWithCancel<LogRecord> live(long to) {
        return run(1, to, true, Duration.ofSeconds(20));
    }

    private static List<LogRecord> records(long... sequences) {
        return Arrays.stream(sequences)
                .mapToObj(sequence -> new LogRecord(sequence, 0, KEY, sequence, new byte[1], List.of()))
                .toList();
    }

    private ReadKey read() {
        return partition.expectMessageClass(ReadKey.class);
    }

    private static void answer(ReadKey read, boolean isComplete, long... sequences) {
        long next = sequences.length == 0 ? read.fromOffset() : sequences[sequences.length - 1] + 1;
        read.replyTo().tell(new KeyRecords(records(sequences), next, isComplete));
    }

    private static long next(SinkQueueWithCancel<LogRecord> queue) throws Exception {
        return get(queue.pull()).orElseThrow().keySequence();
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void a_live_stream_subscribes_before_it_reads_and_reads_again_only_when_it_is_told() throws Exception {
        SinkQueueWithCancel<LogRecord> queue = live(Long.MAX_VALUE);
        SubscribeToKey subscribed = partition.expectMessageClass(SubscribeToKey.class);
        assertThat(subscribed.key()).isEqualTo(KEY);
        answer(read(), true, 1);
        assertThat(next(queue)).isEqualTo(1);
        partition.expectNoMessage(Duration.ofMillis(300));
        subscribed.replyTo().tell(new Tail(0, 3, 3));
        partition.expectMessageClass(SubscribeToKey.class);
        ReadKey second = read();
        assertThat(second.fromOffset()).isEqualTo(2);
        answer(second, true, 2);
        assertThat(next(queue)).isEqualTo(2);
        partition.expectNoMessage(Duration.ofMillis(300));
        queue.cancel();
    }

    @Test
    void what_is_appended_while_a_read_is_under_way_is_read_although_the_answer_says_that_there_is_no_more()
            throws Exception {
        SinkQueueWithCancel<LogRecord> queue = live(Long.MAX_VALUE);
        SubscribeToKey subscribed = partition.expectMessageClass(SubscribeToKey.class);
        ReadKey first = read();
        subscribed.replyTo().tell(new Tail(0, 2, 2));
        answer(first, true);
        partition.expectMessageClass(SubscribeToKey.class);
        answer(read(), true, 1);
        assertThat(next(queue)).isEqualTo(1);
        queue.cancel();
    }

    @Test
    void one_step_is_read_ahead_and_no_more_until_the_one_at_hand_is_used_up() throws Exception {
        SinkQueueWithCancel<LogRecord> queue = run(1, Long.MAX_VALUE, false, Duration.ofSeconds(20));
        ReadKey first = read();
        answer(first, false, LongStream.rangeClosed(1, 10).toArray());
        ReadKey ahead = read();
        assertThat(ahead.maxBytes()).isGreaterThan(first.maxBytes()).isLessThanOrEqualTo(STEP_BYTES);
        answer(ahead, false, LongStream.rangeClosed(11, 20).toArray());
        for (int i = 1; i <= 5; i++) {
            assertThat(next(queue)).isEqualTo(i);
        }
        partition.expectNoMessage(Duration.ofMillis(300));
        for (int i = 6; i <= 15; i++) {
            assertThat(next(queue)).isEqualTo(i);
        }
        ReadKey third = read();
        assertThat(third.fromOffset()).isEqualTo(21);
        answer(third, true);
        for (int i = 16; i <= 20; i++) {
            assertThat(next(queue)).isEqualTo(i);
        }
        assertThat(get(queue.pull())).isEmpty();
    }

    @Test
    void a_bounded_live_stream_ends_when_its_last_records_are_deleted_and_first_reads_what_came_before_it_knew()
            throws Exception {
        SinkQueueWithCancel<LogRecord> queue = live(5);
        SubscribeToKey subscribed = partition.expectMessageClass(SubscribeToKey.class);
        answer(read(), true, 1);
        LookUpKey first = partition.expectMessageClass(LookUpKey.class);
        first.replyTo().tell(new KeyFound(new KeyState(1, 0, 1)));
        assertThat(next(queue)).isEqualTo(1);
        partition.expectNoMessage(Duration.ofMillis(200));
        subscribed.replyTo().tell(new Tail(0, 3, 3));
        partition.expectMessageClass(SubscribeToKey.class);
        answer(read(), true);
        LookUpKey second = partition.expectMessageClass(LookUpKey.class);
        second.replyTo().tell(new KeyFound(new KeyState(7, 4, 9)));
        answer(read(), true, 3, 6);
        assertThat(next(queue)).isEqualTo(3);
        assertThat(get(queue.pull())).isEmpty();
    }

    @Test
    void an_overloaded_partition_and_a_lost_answer_are_asked_again() throws Exception {
        SinkQueueWithCancel<LogRecord> queue = run(1, Long.MAX_VALUE, true, Duration.ofMillis(300));
        SubscribeToKey subscribed = partition.expectMessageClass(SubscribeToKey.class);
        ReadKey refused = read();
        refused.replyTo().tell(new Failure(new PartitionError.Overloaded("too much")));
        read();
        ReadKey again = read();
        answer(again, true, 1);
        assertThat(next(queue)).isEqualTo(1);
        subscribed.replyTo().tell(new Failure(new PartitionError.Overloaded("too many")));
        partition.expectMessageClass(SubscribeToKey.class);
        answer(read(), true, 2);
        assertThat(next(queue)).isEqualTo(2);
        queue.cancel();
    }

    @Test
    void a_stream_fails_with_the_words_of_the_partition() {
        SinkQueueWithCancel<LogRecord> queue = live(Long.MAX_VALUE);
        partition.expectMessageClass(SubscribeToKey.class);
        read().replyTo().tell(new Failure(new PartitionError.Failed("the disk is broken")));
        assertThatThrownBy(() -> next(queue))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(StorageException.class)
                .hasMessageContaining("the disk is broken");
    }

    @Test
    void a_stream_fails_when_the_partition_has_ended() {
        SinkQueueWithCancel<LogRecord> queue = live(Long.MAX_VALUE);
        partition.expectMessageClass(SubscribeToKey.class);
        answer(read(), true);
        partition.stop();
        assertThatThrownBy(() -> next(queue)).hasCauseInstanceOf(StorageException.class);
    }
}
