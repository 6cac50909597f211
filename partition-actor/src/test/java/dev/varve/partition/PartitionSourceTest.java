package dev.varve.partition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.SimDisk;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.DeleteBefore;
import dev.varve.partition.PartitionActor.DeleteReply;
import dev.varve.partition.PartitionActor.Read;
import dev.varve.partition.PartitionActor.ReadFailed;
import dev.varve.partition.PartitionActor.Records;
import dev.varve.partition.testkit.InMemoryPartition;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Records as a stream: in order, each once, and no more than was asked for. */
class PartitionSourceTest {
    private static final ActorTestKit KIT = ActorTestKit.create();

    @AfterAll
    static void shutDown() {
        KIT.shutdownTestKit();
    }

    private static LogRecord record(long offset) {
        return new LogRecord(offset, 1, null, new byte[] {(byte) offset}, List.of());
    }

    private static Records answer(long from, long next, long end, long... offsets) {
        return new Records(
                from,
                next,
                0,
                end,
                LongStream.of(offsets).mapToObj(PartitionSourceTest::record).toList());
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private static ActorRef<Command> partitionOf(int records) {
        ActorRef<Command> partition = KIT.spawn(InMemoryPartition.create().behavior());
        append(partition, records);
        return partition;
    }

    private static void append(ActorRef<Command> partition, int records) {
        TestProbe<AppendReply> probe = KIT.createTestProbe();
        for (int i = 0; i < records; i++) {
            partition.tell(new Append(List.of(NewRecord.of(1, new byte[100])), probe.getRef()));
            probe.expectMessageClass(Appended.class);
        }
    }

    private static SinkQueueWithCancel<LogRecord> follow(
            ActorRef<Command> partition, long from, PartitionSource.Options options) {
        return PartitionSource.follow(partition, from, options)
                .runWith(
                        Sink.<LogRecord>queue(1).withAttributes(org.apache.pekko.stream.Attributes.inputBuffer(1, 1)),
                        KIT.system());
    }

    @Test
    void a_stream_up_to_the_end_gives_every_record_once_and_completes() throws Exception {
        ActorRef<Command> partition = partitionOf(50);
        for (long from : new long[] {0, 17, 49, 50}) {
            List<LogRecord> records =
                    get(PartitionSource.upToEnd(partition, from, PartitionSource.Options.DEFAULT.withMaxBytes(500))
                            .runWith(Sink.seq(), KIT.system()));
            assertThat(records)
                    .extracting(LogRecord::offset)
                    .containsExactlyElementsOf(
                            LongStream.range(from, 50).boxed().toList());
        }
        KIT.stop(partition);
    }

    @Test
    void a_stream_that_follows_goes_on_into_the_tail() throws Exception {
        ActorRef<Command> partition = partitionOf(3);
        SinkQueueWithCancel<LogRecord> queue = follow(partition, 1, PartitionSource.Options.DEFAULT);
        assertThat(get(queue.pull()).orElseThrow().offset()).isEqualTo(1);
        assertThat(get(queue.pull()).orElseThrow().offset()).isEqualTo(2);
        CompletionStage<Optional<LogRecord>> next = queue.pull();
        assertThat(next.toCompletableFuture()).isNotDone();
        append(partition, 1);
        assertThat(get(next).orElseThrow().offset()).isEqualTo(3);
        queue.cancel();
        KIT.stop(partition);
    }

    @Test
    void nothing_is_asked_for_before_somebody_wants_it_and_one_question_at_a_time() throws Exception {
        TestProbe<Command> partition = KIT.createTestProbe();
        SinkQueueWithCancel<LogRecord> queue = follow(partition.getRef(), 5, PartitionSource.Options.DEFAULT);
        // The sink itself wants one.
        Read first = partition.expectMessageClass(Read.class);
        assertThat(first.offset()).isEqualTo(5);
        first.replyTo().tell(answer(5, 9, 20, 5, 7, 8));
        assertThat(get(queue.pull()).orElseThrow().offset()).isEqualTo(5);
        assertThat(get(queue.pull()).orElseThrow().offset())
                .as("a gap is no end")
                .isEqualTo(7);
        partition.expectNoMessage(Duration.ofMillis(100));
        assertThat(get(queue.pull()).orElseThrow().offset()).isEqualTo(8);
        Read second = partition.expectMessageClass(Read.class);
        assertThat(second.offset()).isEqualTo(9);
        CompletionStage<Optional<LogRecord>> waiting = queue.pull();
        partition.expectNoMessage(Duration.ofMillis(100));
        second.replyTo().tell(answer(9, 10, 20, 9));
        assertThat(get(waiting).orElseThrow().offset()).isEqualTo(9);
        queue.cancel();
    }

    @Test
    void an_answer_without_records_is_followed_by_the_next_question() throws Exception {
        TestProbe<Command> partition = KIT.createTestProbe();
        SinkQueueWithCancel<LogRecord> queue = follow(partition.getRef(), 5, PartitionSource.Options.DEFAULT);
        partition.expectMessageClass(Read.class).replyTo().tell(answer(5, 5, 5));
        Read again = partition.expectMessageClass(Read.class);
        assertThat(again.offset()).isEqualTo(5);
        // Control records were passed over.
        again.replyTo().tell(answer(5, 8, 8));
        assertThat(partition.expectMessageClass(Read.class).offset()).isEqualTo(8);
        queue.cancel();
    }

    @Test
    void a_question_without_an_answer_is_asked_again_and_two_answers_count_once() throws Exception {
        TestProbe<Command> partition = KIT.createTestProbe();
        PartitionSource.Options impatient = PartitionSource.Options.DEFAULT
                .withMaxWait(Duration.ofMillis(50))
                .withPatience(Duration.ofMillis(50));
        SinkQueueWithCancel<LogRecord> queue = follow(partition.getRef(), 0, impatient);
        Read lost = partition.expectMessageClass(Read.class);
        Read again = partition.expectMessageClass(Read.class);
        assertThat(again.offset()).isEqualTo(lost.offset());
        again.replyTo().tell(answer(0, 2, 2, 0, 1));
        lost.replyTo().tell(answer(0, 2, 2, 0, 1));
        assertThat(get(queue.pull()).orElseThrow().offset()).isZero();
        assertThat(get(queue.pull()).orElseThrow().offset()).isEqualTo(1);
        Read next = partition
                .fishForMessage(
                        Duration.ofSeconds(5),
                        command -> ((Read) command).offset() == 2
                                ? org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes.complete()
                                : org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes.continueAndIgnore())
                .stream()
                .map(Read.class::cast)
                .reduce((a, b) -> b)
                .orElseThrow();
        next.replyTo().tell(answer(2, 3, 3, 2));
        assertThat(get(queue.pull()).orElseThrow().offset()).isEqualTo(2);
        queue.cancel();
    }

    @Test
    void an_overloaded_partition_is_asked_again_a_little_later() throws Exception {
        TestProbe<Command> partition = KIT.createTestProbe();
        SinkQueueWithCancel<LogRecord> queue =
                follow(partition.getRef(), 0, PartitionSource.Options.DEFAULT.withRetryDelay(Duration.ofMillis(20)));
        partition
                .expectMessageClass(Read.class)
                .replyTo()
                .tell(new ReadFailed(0, new PartitionError.Overloaded("later")));
        partition.expectMessageClass(Read.class).replyTo().tell(answer(0, 1, 1, 0));
        assertThat(get(queue.pull()).orElseThrow().offset()).isZero();
        queue.cancel();
    }

    @Test
    void a_stream_fails_when_what_it_wants_next_was_deleted() {
        ActorRef<Command> partition = partitionOf(5);
        TestProbe<DeleteReply> deleted = KIT.createTestProbe();
        partition.tell(new DeleteBefore(3, deleted.getRef()));
        deleted.receiveMessage();
        assertThat(failure(PartitionSource.follow(partition, 1).runWith(Sink.seq(), KIT.system())))
                .isInstanceOf(PartitionError.BelowLogStart.class);
        KIT.stop(partition);
    }

    @Test
    void a_stream_gives_the_records_before_damage_and_then_fails_with_its_place() throws Exception {
        SimDisk disk = new SimDisk(0);
        ActorRef<Command> partition = KIT.spawn(InMemoryPartition.create(disk).behavior());
        append(partition, 5);
        disk.flipBit(
                java.nio.file.Path.of("/in-memory/partition/00000000000000000000.log"), (512 + 2 * 208 + 150) * 8L);
        SinkQueueWithCancel<LogRecord> queue = follow(partition, 0, PartitionSource.Options.DEFAULT);
        assertThat(get(queue.pull()).orElseThrow().offset()).isZero();
        assertThat(get(queue.pull()).orElseThrow().offset()).isEqualTo(1);
        assertThat(failure(queue.pull())).isInstanceOfSatisfying(PartitionError.Corrupt.class, corrupt -> {
            assertThat(corrupt.firstOffset()).isEqualTo(2);
            assertThat(corrupt.lastOffset()).isEqualTo(2);
        });
        KIT.stop(partition);
    }

    @Test
    void a_stream_fails_when_its_partition_ends() {
        ActorRef<Command> partition = partitionOf(1);
        CompletionStage<List<LogRecord>> all =
                PartitionSource.follow(partition, 0).runWith(Sink.seq(), KIT.system());
        KIT.stop(partition);
        assertThat(failure(all)).isInstanceOf(PartitionError.Stopped.class);
    }

    private static PartitionError failure(CompletionStage<?> stage) {
        try {
            get(stage);
        } catch (ExecutionException e) {
            return ((PartitionException) e.getCause()).error();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        throw new AssertionError("it did not fail");
    }
}
