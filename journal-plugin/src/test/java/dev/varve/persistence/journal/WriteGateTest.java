package dev.varve.persistence.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.varve.log.KeyCondition;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import dev.varve.partition.IoExecutors;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.LocalAppend;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionError;
import dev.varve.partition.testkit.InMemoryPartition;
import dev.varve.partition.testkit.ManualExecutor;
import dev.varve.persistence.storage.PartitionRequests;
import dev.varve.persistence.storage.Partitions;
import dev.varve.persistence.storage.Payload;
import dev.varve.persistence.storage.StorageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.RecipientRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who may write events, on a disk that is as slow and as bad as the test wants. */
class WriteGateTest {
    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final String ID = "account|1";

    private final SimDisk disk = new SimDisk(11);
    private final ManualExecutor writes = new ManualExecutor();
    private final ActorRef<Command> partition = KIT.spawn(InMemoryPartition.create(disk)
            .withLog(log -> log.withKeyMemoryBytes(1 << 20).withMarkDelay(Duration.ofMinutes(1)))
            .withExecutors(new IoExecutors(writes, Runnable::run))
            .behavior());
    private final EventJournal journal = new EventJournal(
            new PartitionRequests(new OnePartition(), KIT.system().scheduler(), Duration.ofSeconds(5)));

    /** So many of the next appends are refused on the spot. */
    private int refusals;

    private boolean hasEnded;

    private final class OnePartition implements Partitions {
        @Override
        public int count() {
            return 1;
        }

        @Override
        public int maxBatchBytes() {
            return 16 << 20;
        }

        @Override
        public RecipientRef<Command> partition(int index) {
            return partition;
        }

        @Override
        public void append(int index, List<NewRecord> records, KeyCondition condition, Consumer<AppendReply> reply) {
            if (hasEnded) {
                reply.accept(new NotStored(new PartitionError.Stopped("it has ended")));
            } else if (refusals > 0) {
                refusals--;
                reply.accept(new NotStored(new PartitionError.Overloaded("too much waits")));
            } else {
                partition.tell(new LocalAppend(records, condition, reply));
            }
        }
    }

    WriteGateTest() {
        // Opens the log.
        theDiskWorks();
    }

    @AfterEach
    void stop() {
        KIT.stop(partition);
        writes.runAll();
    }

    @AfterAll
    static void shutDown() {
        KIT.shutdownTestKit();
    }

    /** The disk does the next thing that it is asked for. */
    private void theDiskWorks() {
        await().until(writes::runOne);
    }

    /** What comes of it while the disk works. */
    private <T> T settled(CompletableFuture<T> outcome) {
        await().until(() -> outcome.isDone() || (writes.runOne() && outcome.isDone()));
        return outcome.join();
    }

    private static List<StoredEvent> events(String writer, long from, long to) {
        List<StoredEvent> events = new ArrayList<>();
        for (long sequenceNr = from; sequenceNr <= to; sequenceNr++) {
            Payload payload = new Payload(4, "", new byte[] {(byte) sequenceNr});
            events.add(new StoredEvent(ID, sequenceNr, 1, writer, "", Set.of(), Optional.empty(), payload));
        }
        return events;
    }

    private CompletableFuture<Throwable> write(String writer, long from, long to) {
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        journal.write(events(writer, from, to), outcome::complete);
        return outcome;
    }

    /** Writes while the disk works; null if the events are stored. */
    private Throwable written(String writer, long from, long to) {
        return settled(write(writer, from, to));
    }

    private long highest() {
        return settled(journal.highestSequenceNr(ID).toCompletableFuture());
    }

    private List<Long> replayed() {
        List<Long> found = new ArrayList<>();
        journal.replay(ID, 1, Long.MAX_VALUE, Long.MAX_VALUE, event -> found.add(event.sequenceNr()), Runnable::run)
                .toCompletableFuture()
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
        return found;
    }

    @Test
    void the_highest_sequence_number_is_told_when_the_writes_before_are_settled() {
        assertThat(highest()).isZero();
        CompletableFuture<Throwable> first = write("a", 1, 2);
        CompletableFuture<Long> highest = journal.highestSequenceNr(ID).toCompletableFuture();
        assertThat(highest).isNotDone();
        assertThat(settled(highest)).isEqualTo(2);
        assertThat(first.join()).isNull();
    }

    @Test
    void writes_behind_one_that_found_no_room_fail_with_it_and_a_new_writer_begins_where_the_stored_ones_end() {
        assertThat(written("a", 1, 1)).isNull();
        disk.inject(Fault.from(1, operation -> operation.kind() == Operation.Kind.WRITE, Fault.Effect.NO_SPACE));
        CompletableFuture<Throwable> second = write("a", 2, 2);
        await().until(() -> writes.waiting() == 1);
        // Comes into the next commit: by then there is room again.
        CompletableFuture<Throwable> third = write("a", 3, 3);
        assertThat(settled(second)).isInstanceOf(StorageException.class).hasMessageContaining("room");
        disk.heal();
        assertThat(settled(third)).as("3 without 2").isInstanceOf(StorageException.class);
        CompletableFuture<Long> known = journal.highestSequenceNr(ID).toCompletableFuture();
        assertThat(settled(known)).isEqualTo(1);
        // Until the log has noticed that there is room.
        await().untilAsserted(() -> assertThat(written("b", 2, 3)).isNull());
        assertThat(replayed()).containsExactly(1L, 2L, 3L);
    }

    @Test
    void after_an_error_of_the_disk_nothing_is_written_any_more_and_what_was_stored_is_replayed() {
        assertThat(written("a", 1, 3)).isNull();
        disk.inject(Fault.at(1, operation -> operation.kind() == Operation.Kind.SYNC, Fault.Effect.IO_ERROR));
        assertThat(written("a", 4, 4)).isInstanceOf(StorageException.class).hasMessageContaining("open it again");
        assertThat(written("a", 4, 4)).isInstanceOf(StorageException.class);
        assertThat(replayed()).containsExactly(1L, 2L, 3L);
    }

    @Test
    void a_second_writer_is_refused_while_the_first_ones_events_are_on_their_way_and_both_are_named() {
        assertThat(written("a", 1, 1)).isNull();
        CompletableFuture<Throwable> first = write("a", 2, 2);
        CompletableFuture<Throwable> second = write("b", 2, 2);
        assertThat(second).isNotDone();
        assertThat(settled(first)).isNull();
        assertThat(settled(second))
                .isInstanceOfSatisfying(DoubleWriterException.class, refused -> {
                    assertThat(refused.writer()).isEqualTo("b");
                    assertThat(refused.lastWriter()).isEqualTo("a");
                    assertThat(refused.highestSequenceNr()).isEqualTo(2);
                })
                .hasMessageContaining(ID);
    }

    @Test
    void the_same_write_is_acknowledged_again_and_stored_once() {
        assertThat(written("a", 1, 2)).isNull();
        assertThat(written("a", 1, 2)).isNull();
        assertThat(written("b", 1, 2)).isInstanceOf(DoubleWriterException.class);
        assertThat(written("a", 2, 3)).isInstanceOf(DoubleWriterException.class);
        assertThat(replayed()).containsExactly(1L, 2L);
    }

    @Test
    void only_the_last_writer_leaves_a_gap() {
        assertThat(written("a", 1, 2)).isNull();
        assertThat(written("b", 4, 4)).isInstanceOf(DoubleWriterException.class);
        assertThat(written("a", 4, 4)).isNull();
        assertThat(replayed()).containsExactly(1L, 2L, 4L);
    }

    @Test
    void a_deletion_waits_for_its_turn_and_takes_what_is_above_the_highest_for_that() {
        CompletableFuture<Throwable> first = write("a", 1, 3);
        CompletableFuture<Void> deleted = journal.deleteTo(ID, Long.MAX_VALUE).toCompletableFuture();
        CompletableFuture<Throwable> later = write("a", 4, 4);
        assertThat(settled(first)).isNull();
        settled(deleted);
        assertThat(settled(later)).isNull();
        assertThat(replayed()).containsExactly(4L);
        assertThat(highest()).isEqualTo(4);
    }

    @Test
    void a_forgotten_persistence_id_begins_anew() {
        assertThat(written("a", 1, 3)).isNull();
        CompletableFuture<Void> forgotten = journal.forget(ID).toCompletableFuture();
        settled(forgotten);
        assertThat(highest()).isZero();
        assertThat(written("b", 1, 1)).isNull();
        assertThat(replayed()).containsExactly(1L);
    }

    @Test
    void what_a_writer_writes_behind_events_that_were_not_stored_is_not_stored_either() {
        assertThat(written("a", 1, 1)).isNull();
        refusals = 1;
        assertThat(written("a", 2, 2)).isInstanceOf(StorageException.class);
        assertThat(written("a", 3, 3)).as("3 without 2").isInstanceOf(StorageException.class);
        assertThat(highest()).isEqualTo(1);
        assertThat(written("a", 2, 2)).as("2, tried again").isNull();
        assertThat(written("a", 4, 4)).as("4, for 3 was rejected").isNull();
        assertThat(replayed()).containsExactly(1L, 2L, 4L);
    }

    @Test
    void the_first_events_of_a_persistence_id_are_not_stored_behind_ones_that_were_not() {
        refusals = 1;
        assertThat(written("a", 1, 1)).isInstanceOf(StorageException.class);
        assertThat(written("a", 2, 2)).as("2 without 1").isInstanceOf(StorageException.class);
        assertThat(highest()).isZero();
    }

    @Test
    void a_second_writer_whose_event_is_refused_does_not_get_through_with_its_next_one() {
        assertThat(written("a", 1, 2)).isNull();
        CompletableFuture<Throwable> second = write("b", 2, 2);
        CompletableFuture<Throwable> third = write("b", 3, 3);
        assertThat(settled(second)).isInstanceOf(DoubleWriterException.class);
        assertThat(settled(third)).isInstanceOf(DoubleWriterException.class);
        assertThat(highest()).isEqualTo(2);
    }

    @Test
    void a_write_to_a_partition_that_has_ended_is_answered_once() {
        assertThat(written("a", 1, 1)).isNull();
        KIT.stop(partition);
        hasEnded = true;
        List<Throwable> answers = new ArrayList<>();
        journal.write(events("a", 2, 2), answers::add);
        assertThat(answers).hasSize(1);
    }

    @Test
    void a_journal_whose_partition_has_ended_says_so() {
        KIT.stop(partition);
        CompletableFuture<Long> highest = journal.highestSequenceNr(ID).toCompletableFuture();
        await().until(highest::isDone);
        assertThat(highest.handle((value, failure) -> failure).join()).isInstanceOf(CompletionException.class);
    }
}
