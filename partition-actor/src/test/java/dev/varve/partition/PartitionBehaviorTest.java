package dev.varve.partition;

import static dev.varve.partition.Steps.batch;
import static dev.varve.partition.Steps.only;
import static dev.varve.partition.Steps.unanswered;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.DeleteBefore;
import dev.varve.partition.PartitionActor.DeleteReply;
import dev.varve.partition.PartitionActor.Deleted;
import dev.varve.partition.PartitionActor.Failure;
import dev.varve.partition.PartitionActor.Flush;
import dev.varve.partition.PartitionActor.FlushReply;
import dev.varve.partition.PartitionActor.Flushed;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionActor.OutcomeUnknown;
import dev.varve.partition.PartitionActor.Read;
import dev.varve.partition.PartitionActor.ReadFailed;
import dev.varve.partition.PartitionActor.ReadReply;
import dev.varve.partition.PartitionActor.Records;
import dev.varve.partition.PartitionActor.Roll;
import dev.varve.partition.PartitionActor.RollReply;
import dev.varve.partition.PartitionActor.Rolled;
import dev.varve.partition.PartitionActor.Stop;
import dev.varve.partition.PartitionActor.Subscribe;
import dev.varve.partition.PartitionActor.Tail;
import dev.varve.partition.PartitionActor.TailReply;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

/** The actor step by step, with the disk's work done when the test says so. */
class PartitionBehaviorTest {

    @Test
    void an_append_is_answered_when_the_disk_is_done_with_it_and_not_before() {
        Steps steps = Steps.ready();
        long syncs = steps.syncs();
        TestInbox<AppendReply> reply = steps.append("a", "b");
        unanswered(reply);
        steps.step();
        assertThat(only(reply)).isEqualTo(new Appended(0, 1));
        assertThat(steps.syncs()).isEqualTo(syncs + 1);
    }

    @Test
    void appends_that_come_while_a_commit_is_under_way_share_the_next_one() {
        Steps steps = Steps.ready();
        TestInbox<AppendReply> first = steps.append("first");
        List<TestInbox<AppendReply>> others = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            others.add(steps.append("other", "one"));
        }
        assertThat(steps.writes.waiting()).as("one commit at a time").isEqualTo(1);
        long syncs = steps.syncs();
        steps.step();
        only(first);
        others.forEach(Steps::unanswered);
        steps.step();
        assertThat(steps.syncs()).as("one sync for each commit").isEqualTo(syncs + 2);
        for (int i = 0; i < 50; i++) {
            assertThat(only(others.get(i))).isEqualTo(new Appended(1 + 2 * i, 2 + 2 * i));
        }
    }

    @Test
    void a_batch_that_is_refused_takes_no_other_with_it() {
        Steps steps = Steps.ready(
                new SimDisk(0),
                settings -> settings.withLog(settings.log().withMaxBatchBytes(LogOptions.MIN_MAX_BATCH_BYTES)));
        TestInbox<AppendReply> under = steps.append("commit under way");
        TestInbox<AppendReply> before = steps.append("before");
        TestInbox<AppendReply> large = steps.append(List.of(NewRecord.of(1, new byte[2000])));
        TestInbox<AppendReply> empty = steps.append(List.of());
        TestInbox<AppendReply> after = steps.append("after");
        NotStored tooLarge = (NotStored) only(large);
        assertThat(tooLarge.error()).isInstanceOf(PartitionError.BatchTooLarge.class);
        assertThat(((NotStored) only(empty)).error()).isInstanceOf(PartitionError.Invalid.class);
        steps.settle();
        assertThat(only(under)).isEqualTo(new Appended(0, 0));
        assertThat(only(before)).isEqualTo(new Appended(1, 1));
        assertThat(only(after)).isEqualTo(new Appended(2, 2));
    }

    @Test
    void an_append_that_expects_another_epoch_is_refused() {
        Steps steps = Steps.ready();
        long epoch = steps.describe().log().orElseThrow().epoch();
        TestInbox<AppendReply> right = TestInbox.create();
        TestInbox<AppendReply> stale = TestInbox.create();
        steps.actor.run(new Append(batch("x"), OptionalLong.of(epoch), right.getRef()));
        steps.actor.run(new Append(batch("y"), OptionalLong.of(epoch - 1), stale.getRef()));
        steps.settle();
        assertThat(only(right)).isEqualTo(new Appended(0, 0));
        PartitionError.StaleEpoch error = (PartitionError.StaleEpoch) ((NotStored) only(stale)).error();
        assertThat(error.expectedEpoch()).isEqualTo(epoch - 1);
        assertThat(error.currentEpoch()).isEqualTo(epoch);
    }

    @Test
    void appends_are_refused_while_too_many_bytes_wait_and_taken_again_afterwards() {
        Steps steps = Steps.ready(new SimDisk(0), settings -> settings.withMaxWaitingBytes(1000));
        List<TestInbox<AppendReply>> replies = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            replies.add(steps.append("a hundred and more bytes with the frame around"));
        }
        steps.settle();
        int stored = 0;
        for (TestInbox<AppendReply> inbox : replies) {
            AppendReply reply = only(inbox);
            if (reply instanceof Appended) {
                stored++;
            } else {
                assertThat(((NotStored) reply).error())
                        .isInstanceOf(PartitionError.Overloaded.class)
                        .satisfies(error -> assertThat(error.message()).contains("max-waiting-bytes", "not stored"));
            }
        }
        assertThat(stored).isBetween(2, 9);
        TestInbox<AppendReply> later = steps.append("later");
        steps.settle();
        assertThat(only(later)).isEqualTo(new Appended(stored, stored));
    }

    @Test
    void one_batch_is_taken_even_if_it_is_larger_than_all_that_may_wait() {
        Steps steps = Steps.ready(new SimDisk(0), settings -> settings.withMaxWaitingBytes(1));
        TestInbox<AppendReply> reply = steps.append("much larger than one byte");
        steps.settle();
        assertThat(only(reply)).isEqualTo(new Appended(0, 0));
    }

    @Test
    void a_request_finds_done_what_came_before_it_and_waits_for_nothing_that_comes_later() {
        Steps steps = Steps.ready(
                new SimDisk(0),
                settings -> settings.withLog(settings.log().withSyncPolicy(dev.varve.log.SyncPolicy.none())));
        steps.append("under way");
        steps.append("waiting");
        TestInbox<FlushReply> flush = TestInbox.create();
        TestInbox<RollReply> roll = TestInbox.create();
        TestInbox<DeleteReply> delete = TestInbox.create();
        steps.actor.run(new Flush(flush.getRef()));
        steps.actor.run(new Roll(roll.getRef()));
        steps.actor.run(new DeleteBefore(1, delete.getRef()));
        TestInbox<AppendReply> later = steps.append("later");
        steps.step();
        unanswered(flush);
        steps.step();
        steps.step();
        assertThat(only(flush))
                .as("not the later one, which had come when the commit began")
                .isEqualTo(new Flushed(3));
        steps.step();
        assertThat(only(roll)).isEqualTo(new Rolled(3));
        steps.step();
        assertThat(only(delete)).isEqualTo(new Deleted(1));
        steps.settle();
        assertThat(only(later)).isEqualTo(new Appended(2, 2));
    }

    @Test
    void requests_and_appends_take_turns_so_that_neither_keeps_the_other_waiting() {
        Steps steps = Steps.ready();
        for (int round = 0; round < 5; round++) {
            TestInbox<AppendReply> append = steps.append("x");
            TestInbox<FlushReply> flush = TestInbox.create();
            steps.actor.run(new Flush(flush.getRef()));
            TestInbox<AppendReply> next = steps.append("y");
            steps.step();
            only(append);
            steps.step();
            steps.step();
            assertThat(flush.hasMessages() && next.hasMessages()).isTrue();
            steps.settle();
        }
    }

    @Test
    void too_many_requests_are_refused() {
        Steps steps = Steps.ready(new SimDisk(0), settings -> settings.withMaxRequests(2));
        steps.append("keeps the disk busy");
        List<TestInbox<FlushReply>> flushes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            TestInbox<FlushReply> flush = TestInbox.create();
            steps.actor.run(new Flush(flush.getRef()));
            flushes.add(flush);
        }
        Failure refused = (Failure) only(flushes.get(2));
        assertThat(refused.error()).isInstanceOf(PartitionError.Overloaded.class);
        steps.settle();
        assertThat(only(flushes.get(0))).isEqualTo(new Flushed(1));
        assertThat(only(flushes.get(1))).isEqualTo(new Flushed(1));
    }

    @Test
    void requests_wait_while_the_log_is_opened_and_those_beyond_the_limit_are_refused() {
        Steps steps = new Steps(new SimDisk(0), settings -> settings.withMaxRequests(3));
        List<TestInbox<AppendReply>> replies = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            replies.add(steps.append("early"));
        }
        assertThat(steps.describe().state()).isEqualTo(PartitionState.RECOVERING);
        assertThat(steps.describe().log()).isEmpty();
        steps.settle();
        for (int i = 0; i < 3; i++) {
            assertThat(only(replies.get(i))).isEqualTo(new Appended(i, i));
        }
        for (int i = 3; i < 5; i++) {
            NotStored refused = (NotStored) only(replies.get(i));
            assertThat(refused.error()).isInstanceOf(PartitionError.Overloaded.class);
        }
    }

    @Test
    void so_are_those_beyond_the_amount_that_may_wait() {
        Steps steps = new Steps(new SimDisk(0), settings -> settings.withMaxWaitingBytes(100));
        TestInbox<AppendReply> first = steps.append(List.of(NewRecord.of(1, new byte[90])));
        TestInbox<AppendReply> second = steps.append(List.of(NewRecord.of(1, new byte[90])));
        assertThat(((NotStored) only(second)).error()).isInstanceOf(PartitionError.Overloaded.class);
        steps.settle();
        assertThat(only(first)).isEqualTo(new Appended(0, 0));
    }

    @Test
    void a_log_that_cannot_be_opened_is_said_to_all_who_ask() {
        SimDisk disk = new SimDisk(0);
        disk.inject(Fault.from(1, operation -> operation.kind() == Operation.Kind.CREATE, Fault.Effect.IO_ERROR));
        Steps steps = new Steps(disk, settings -> settings);
        TestInbox<AppendReply> early = steps.append("early");
        steps.settle();
        assertThat(((NotStored) only(early)).error())
                .isInstanceOf(PartitionError.Failed.class)
                .satisfies(error -> assertThat(error.message()).contains("Input/output error"));
        assertThat(steps.describe().state()).isEqualTo(PartitionState.FAILED);
        assertThat(steps.describe().problem()).contains("Input/output error");
        TestInbox<ReadReply> read = TestInbox.create();
        steps.actor.run(new Read(0, 10, Duration.ZERO, read.getRef()));
        assertThat(((ReadFailed) only(read)).error()).isInstanceOf(PartitionError.Failed.class);
        steps.actor.run(Stop.INSTANCE);
        assertThat(steps.actor.isAlive()).isFalse();
    }

    @Test
    void a_locked_log_is_tried_again_until_its_last_owner_lets_go() {
        SimDisk disk = new SimDisk(0);
        PartitionLog other = PartitionLog.open(
                Path.of("/in-memory/partition"), LogOptions.defaults().withDisk(disk));
        Steps steps = new Steps(disk, settings -> settings.withLockWait(Duration.ofSeconds(1)));
        TestInbox<AppendReply> early = steps.append("early");
        steps.settle();
        assertThat(steps.describe().state()).isEqualTo(PartitionState.RECOVERING);
        unanswered(early);
        other.close();
        steps.clock.advance(Duration.ofMillis(50));
        steps.timeOut();
        steps.settle();
        assertThat(only(early)).isEqualTo(new Appended(0, 0));
    }

    @Test
    void a_log_that_stays_locked_fails_the_partition() {
        SimDisk disk = new SimDisk(0);
        try (PartitionLog other = PartitionLog.open(
                Path.of("/in-memory/partition"), LogOptions.defaults().withDisk(disk))) {
            Steps steps = new Steps(disk, settings -> settings.withLockWait(Duration.ofSeconds(1)));
            steps.settle();
            steps.clock.advance(Duration.ofSeconds(2));
            steps.timeOut();
            steps.settle();
            assertThat(steps.describe().state()).isEqualTo(PartitionState.FAILED);
            assertThat(steps.describe().problem()).contains("in use by another owner");
            assertThat(other.append(NewRecord.of(1, new byte[1]))).isZero();
        }
    }

    @Test
    void a_failed_sync_leaves_those_under_way_in_doubt_and_stores_none_of_those_that_wait() {
        SimDisk disk = new SimDisk(0);
        Steps steps = Steps.ready(disk, settings -> settings);
        TestInbox<AppendReply> good = steps.append("good");
        steps.settle();
        only(good);
        disk.inject(Fault.at(1, operation -> operation.kind() == Operation.Kind.SYNC, Fault.Effect.IO_ERROR));
        TestInbox<AppendReply> underWay = steps.append("under way");
        TestInbox<AppendReply> waiting = steps.append("waiting");
        TestInbox<TailReply> subscriber = TestInbox.create();
        steps.actor.run(new Subscribe(1, subscriber.getRef()));
        steps.settle();
        assertThat(only(underWay)).isInstanceOf(OutcomeUnknown.class);
        assertThat(((NotStored) only(waiting)).error()).isInstanceOf(PartitionError.Failed.class);
        assertThat(steps.describe().state()).isEqualTo(PartitionState.FAILED);
        assertThat(steps.describe().problem()).contains("Input/output error");
        unanswered(subscriber);
        assertThat(steps.read(0)).extracting(NewRecord::value).containsExactly("good".getBytes());
        TestInbox<FlushReply> flush = TestInbox.create();
        steps.actor.run(new Flush(flush.getRef()));
        steps.settle();
        assertThat(((Failure) only(flush)).error()).isInstanceOf(PartitionError.Failed.class);
    }

    @Test
    void a_full_disk_makes_it_read_only_until_there_is_room() {
        SimDisk disk = new SimDisk(0);
        Steps steps = Steps.ready(disk, settings -> settings);
        disk.setCapacityBytes(1000);
        TestInbox<AppendReply> refused = steps.append("x".repeat(2000));
        steps.settle();
        assertThat(((NotStored) only(refused)).error()).isInstanceOf(PartitionError.ReadOnly.class);
        assertThat(steps.describe().state()).isEqualTo(PartitionState.READ_ONLY);
        disk.setCapacityBytes(Long.MAX_VALUE);
        steps.clock.advance(Duration.ofSeconds(1));
        TestInbox<AppendReply> taken = steps.append("y");
        steps.settle();
        assertThat(only(taken)).isEqualTo(new Appended(0, 0));
        assertThat(steps.describe().state()).isEqualTo(PartitionState.READY);
    }

    @Test
    void a_read_at_the_tail_waits_and_is_answered_by_the_next_commit() {
        Steps steps = Steps.ready();
        TestInbox<ReadReply> waiting = TestInbox.create();
        TestInbox<ReadReply> same = TestInbox.create();
        steps.actor.run(new Read(0, 1000, Duration.ofSeconds(5), waiting.getRef()));
        steps.actor.run(new Read(0, 1000, Duration.ofSeconds(5), waiting.getRef()));
        steps.actor.run(new Read(0, 1000, Duration.ZERO, same.getRef()));
        steps.settle();
        unanswered(waiting);
        assertThat(((Records) only(same)).records()).isEmpty();
        steps.append("a");
        steps.settle();
        List<ReadReply> answers = waiting.getAllReceived();
        assertThat(answers).as("the same question twice gets two answers").hasSize(2);
        Records records = (Records) answers.get(0);
        assertThat(records.records()).hasSize(1);
        assertThat(records.nextOffset()).isEqualTo(1);
        assertThat(records.logEndOffset()).isEqualTo(1);
    }

    @Test
    void a_read_that_has_waited_long_enough_is_told_that_there_was_nothing() {
        Steps steps = Steps.ready();
        TestInbox<ReadReply> waiting = TestInbox.create();
        steps.actor.run(new Read(0, 1000, Duration.ofSeconds(5), waiting.getRef()));
        assertThat(steps.timerDelays()).contains(Duration.ofSeconds(5));
        steps.actor.run(new Open.WaitEnded(1));
        steps.settle();
        Records nothing = (Records) only(waiting);
        assertThat(nothing.records()).isEmpty();
        assertThat(nothing.nextOffset()).isZero();
        // The timer of a read that was answered comes too late, if at all.
        steps.actor.run(new Open.WaitEnded(1));
        steps.settle();
        unanswered(waiting);
    }

    @Test
    void no_read_waits_longer_than_the_partition_allows() {
        Steps steps = Steps.ready(new SimDisk(0), settings -> settings.withMaxReadWait(Duration.ofSeconds(2)));
        TestInbox<ReadReply> waiting = TestInbox.create();
        steps.actor.run(new Read(0, 1000, Duration.ofDays(999_999), waiting.getRef()));
        assertThat(steps.timerDelays()).contains(Duration.ofSeconds(2));
    }

    @Test
    void reads_are_refused_while_too_many_wait_or_are_under_way() {
        Steps steps = Steps.ready(new SimDisk(0), settings -> settings.withMaxReads(2));
        TestInbox<ReadReply> replies = TestInbox.create();
        steps.actor.run(new Read(0, 1000, Duration.ofSeconds(5), replies.getRef()));
        steps.actor.run(new Read(0, 1000, Duration.ZERO, replies.getRef()));
        TestInbox<ReadReply> refused = TestInbox.create();
        steps.actor.run(new Read(0, 1000, Duration.ZERO, refused.getRef()));
        assertThat(((ReadFailed) only(refused)).error()).isInstanceOf(PartitionError.Overloaded.class);
        steps.settle();
        steps.actor.run(new Read(0, 1000, Duration.ZERO, refused.getRef()));
        steps.settle();
        assertThat(only(refused)).isInstanceOf(Records.class);
    }

    @Test
    void a_read_takes_no_more_than_the_partition_allows_and_at_least_one_record() {
        Steps steps = Steps.ready(new SimDisk(0), settings -> settings.withMaxReadBytes(1));
        steps.append("a");
        steps.append("b");
        steps.settle();
        assertThat(steps.read(0)).hasSize(1);
        TestInbox<ReadReply> invalid = TestInbox.create();
        steps.actor.run(new Read(0, -1, Duration.ZERO, invalid.getRef()));
        assertThat(((ReadFailed) only(invalid)).error()).isInstanceOf(PartitionError.Invalid.class);
    }

    @Test
    void a_read_out_of_range_tells_both_bounds() {
        Steps steps = Steps.ready();
        steps.append("a", "b", "c");
        TestInbox<DeleteReply> delete = TestInbox.create();
        steps.actor.run(new DeleteBefore(2, delete.getRef()));
        steps.settle();
        TestInbox<ReadReply> reads = TestInbox.create();
        steps.actor.run(new Read(1, 10, Duration.ZERO, reads.getRef()));
        steps.actor.run(new Read(4, 10, Duration.ofSeconds(1), reads.getRef()));
        steps.settle();
        List<ReadReply> answers = reads.getAllReceived();
        assertThat(((ReadFailed) answers.get(0)).error())
                .isInstanceOfSatisfying(PartitionError.BelowLogStart.class, below -> {
                    assertThat(below.logStartOffset()).isEqualTo(2);
                    assertThat(below.logEndOffset()).isEqualTo(3);
                });
        assertThat(((ReadFailed) answers.get(1)).error()).isInstanceOf(PartitionError.AboveLogEnd.class);
    }

    @Test
    void a_subscriber_is_told_once_for_each_time_it_asks_and_not_for_each_commit() {
        Steps steps = Steps.ready();
        TestInbox<TailReply> subscriber = TestInbox.create();
        steps.actor.run(new Subscribe(-1, subscriber.getRef()));
        assertThat(only(subscriber)).isEqualTo(new Tail(0, 0, 0));
        steps.actor.run(new Subscribe(0, subscriber.getRef()));
        unanswered(subscriber);
        for (int i = 0; i < 5; i++) {
            steps.append("x");
            steps.settle();
        }
        assertThat(only(subscriber)).as("of the first commit only").isEqualTo(new Tail(0, 1, 1));
        steps.actor.run(new Subscribe(1, subscriber.getRef()));
        assertThat(only(subscriber)).as("at once, of all the others").isEqualTo(new Tail(0, 5, 5));
    }

    @Test
    void a_second_subscription_takes_the_place_of_the_first_and_too_many_are_refused() {
        Steps steps = Steps.ready(new SimDisk(0), settings -> settings.withMaxRequests(1));
        TestInbox<TailReply> subscriber = TestInbox.create();
        steps.actor.run(new Subscribe(0, subscriber.getRef()));
        steps.actor.run(new Subscribe(1, subscriber.getRef()));
        TestInbox<TailReply> other = TestInbox.create();
        steps.actor.run(new Subscribe(0, other.getRef()));
        assertThat(((Failure) only(other)).error()).isInstanceOf(PartitionError.Overloaded.class);
        steps.append("a");
        steps.settle();
        unanswered(subscriber);
        steps.append("b");
        steps.settle();
        assertThat(only(subscriber)).isEqualTo(new Tail(0, 2, 2));
    }

    @Test
    void stopping_writes_what_waits_answers_it_and_closes_the_log() {
        SimDisk disk = new SimDisk(0);
        Steps steps = Steps.ready(disk, settings -> settings);
        TestInbox<AppendReply> underWay = steps.append("under way");
        TestInbox<AppendReply> waiting = steps.append("waiting");
        TestInbox<FlushReply> flush = TestInbox.create();
        steps.actor.run(new Flush(flush.getRef()));
        TestInbox<ReadReply> read = TestInbox.create();
        steps.actor.run(new Read(0, 10, Duration.ofSeconds(5), read.getRef()));
        TestInbox<TailReply> subscriber = TestInbox.create();
        steps.actor.run(new Subscribe(0, subscriber.getRef()));
        steps.actor.run(Stop.INSTANCE);
        assertThat(((ReadFailed) only(read)).error()).isInstanceOf(PartitionError.Stopped.class);
        assertThat(((Failure) only(subscriber)).error()).isInstanceOf(PartitionError.Stopped.class);
        assertThat(steps.describe().state()).isEqualTo(PartitionState.STOPPING);
        TestInbox<AppendReply> late = steps.append("late");
        assertThat(((NotStored) only(late)).error()).isInstanceOf(PartitionError.Stopped.class);
        steps.settle();
        assertThat(only(underWay)).isEqualTo(new Appended(0, 0));
        assertThat(only(waiting)).isEqualTo(new Appended(1, 1));
        assertThat(only(flush)).isEqualTo(new Flushed(2));
        assertThat(steps.actor.isAlive()).isFalse();
        Steps next = Steps.ready(disk, settings -> settings);
        assertThat(next.read(0)).hasSize(2);
    }

    @Test
    void stopping_while_the_log_is_opened_does_what_came_before_and_closes_it() {
        SimDisk disk = new SimDisk(0);
        Steps steps = new Steps(disk, settings -> settings);
        TestInbox<AppendReply> early = steps.append("early");
        steps.actor.run(Stop.INSTANCE);
        TestInbox<AppendReply> late = steps.append("late");
        assertThat(((NotStored) only(late)).error()).isInstanceOf(PartitionError.Stopped.class);
        steps.settle();
        assertThat(only(early)).isEqualTo(new Appended(0, 0));
        assertThat(steps.actor.isAlive()).isFalse();
        Steps.ready(disk, settings -> settings);
    }
}
