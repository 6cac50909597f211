package dev.varve.partition;

import static dev.varve.partition.Steps.batch;
import static dev.varve.partition.Steps.only;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionActor.OutcomeUnknown;
import dev.varve.partition.PartitionActor.Stop;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

/** A partition that is sent batches again: it answers each sender for itself, and stores each batch once. */
class ProducerBehaviorTest {

    private static Producer producer(long id, int epoch, int firstSequence) {
        return new Producer(id, (short) epoch, firstSequence);
    }

    private static TestInbox<AppendReply> append(Steps steps, Producer producer, String... values) {
        TestInbox<AppendReply> inbox = TestInbox.create();
        steps.actor.run(new Append(batch(values), producer, inbox.getRef()));
        return inbox;
    }

    private static List<String> values(Steps steps) {
        return steps.read(0).stream()
                .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private static PartitionError refusal(TestInbox<AppendReply> inbox) {
        return ((NotStored) only(inbox)).error();
    }

    @Test
    void a_batch_that_is_sent_again_is_answered_with_its_first_offsets_as_a_duplicate() {
        Steps steps = Steps.ready();
        TestInbox<AppendReply> first = append(steps, producer(7, 0, 0), "a", "b");
        steps.settle();
        assertThat(only(first)).isEqualTo(new Appended(0, 1, false));
        TestInbox<AppendReply> again = append(steps, producer(7, 0, 0), "a", "b");
        TestInbox<AppendReply> next = append(steps, producer(7, 0, 2), "c");
        steps.settle();
        assertThat(only(again)).isEqualTo(new Appended(0, 1, true));
        assertThat(only(next)).isEqualTo(new Appended(2, 2, false));
        assertThat(values(steps)).containsExactly("a", "b", "c");
    }

    @Test
    void each_sender_of_a_commit_is_answered_for_itself() {
        Steps steps = Steps.ready();
        TestInbox<AppendReply> underWay = steps.append("keeps the disk busy, so that what follows shares a commit");
        TestInbox<AppendReply> one = append(steps, producer(1, 4, 0), "one");
        TestInbox<AppendReply> gap = append(steps, producer(2, 0, 3), "gap");
        TestInbox<AppendReply> oneAgain = append(steps, producer(1, 4, 0), "one");
        TestInbox<AppendReply> nobody = steps.append("nobody");
        TestInbox<AppendReply> stale = append(steps, producer(1, 3, 0), "stale");
        TestInbox<AppendReply> two = append(steps, producer(2, 0, 0), "two");
        long syncs = steps.syncs();
        steps.settle();
        assertThat(steps.syncs()).as("one for each commit").isEqualTo(syncs + 2);
        only(underWay);
        assertThat(only(one)).isEqualTo(new Appended(1, 1));
        assertThat(only(oneAgain)).isEqualTo(new Appended(1, 1, true));
        assertThat(only(nobody)).isEqualTo(new Appended(2, 2));
        assertThat(only(two)).isEqualTo(new Appended(3, 3));
        PartitionError.OutOfSequence outOfSequence = (PartitionError.OutOfSequence) refusal(gap);
        assertThat(outOfSequence.producerId()).isEqualTo(2);
        assertThat(outOfSequence.expectedSequence()).isZero();
        assertThat(outOfSequence.givenSequence()).isEqualTo(3);
        assertThat(outOfSequence.message()).contains("instead of 0");
        PartitionError.StaleProducerEpoch fenced = (PartitionError.StaleProducerEpoch) refusal(stale);
        assertThat(fenced.producerId()).isEqualTo(1);
        assertThat(fenced.givenEpoch()).isEqualTo((short) 3);
        assertThat(fenced.currentEpoch()).isEqualTo((short) 4);
        assertThat(values(steps)).hasSize(4);
    }

    @Test
    void numbers_below_zero_are_refused_at_once() {
        Steps steps = Steps.ready();
        assertThat(refusal(append(steps, producer(-1, 0, 0), "x"))).isInstanceOf(PartitionError.Invalid.class);
        assertThat(steps.writes.waiting()).isZero();
    }

    @Test
    void the_epoch_of_the_log_can_be_asked_for_as_well() {
        Steps steps = Steps.ready();
        TestInbox<AppendReply> reply = TestInbox.create();
        steps.actor.run(new Append(batch("x"), OptionalLong.of(99), reply.getRef(), Optional.of(producer(1, 0, 0))));
        assertThat(refusal(reply)).isInstanceOf(PartitionError.StaleEpoch.class);
    }

    @Test
    void whoever_was_left_in_doubt_sends_it_again_to_a_fresh_partition_and_it_is_stored_once() {
        for (int writes = 0; writes < 2; writes++) {
            SimDisk disk = new SimDisk(writes);
            Steps steps = Steps.ready(disk, settings -> settings);
            Operation.Kind fails = writes == 0 ? Operation.Kind.SYNC : Operation.Kind.WRITE;
            disk.inject(Fault.at(1, operation -> operation.kind() == fails, Fault.Effect.IO_ERROR));
            TestInbox<AppendReply> inDoubt = append(steps, producer(1, 0, 0), "once");
            TestInbox<AppendReply> behind = append(steps, producer(1, 0, 1), "behind");
            steps.settle();
            assertThat(only(inDoubt)).isInstanceOf(OutcomeUnknown.class);
            assertThat(refusal(behind)).isInstanceOf(PartitionError.Failed.class);
            steps.actor.run(Stop.INSTANCE);
            steps.settle();
            Steps fresh = Steps.ready(disk, settings -> settings);
            TestInbox<AppendReply> again = append(fresh, producer(1, 0, 0), "once");
            TestInbox<AppendReply> behindAgain = append(fresh, producer(1, 0, 1), "behind");
            fresh.settle();
            assertThat(only(again))
                    .as("it was written when %s failed, or not", fails)
                    .isEqualTo(new Appended(0, 0, writes == 0));
            assertThat(only(behindAgain)).isEqualTo(new Appended(1, 1));
            assertThat(values(fresh)).containsExactly("once", "behind");
        }
    }

    @Test
    void what_was_answered_and_the_answer_lost_is_known_after_the_loss_of_power() {
        SimDisk disk = new SimDisk(3);
        Steps steps = Steps.ready(disk, settings -> settings);
        append(steps, producer(1, 0, 0), "acknowledged");
        steps.settle();
        disk.powerLoss();
        disk.restart();
        Steps fresh = Steps.ready(disk, settings -> settings);
        TestInbox<AppendReply> again = append(fresh, producer(1, 0, 0), "acknowledged");
        fresh.settle();
        assertThat(only(again)).isEqualTo(new Appended(0, 0, true));
    }

    @Test
    void behind_a_batch_that_was_refused_for_want_of_room_none_of_its_producer_is_stored_before_it() {
        Steps steps = Steps.ready(new SimDisk(0), settings -> settings.withMaxWaitingBytes(300));
        List<TestInbox<AppendReply>> replies = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            replies.add(append(steps, producer(1, 0, i), "v" + i));
        }
        steps.settle();
        int stored = 0;
        while (stored < 5 && replies.get(stored).getAllReceived().get(0) instanceof Appended) {
            stored++;
        }
        assertThat(stored).isBetween(1, 4);
        // One that the partition has room for by now, out of its turn, and then all that are left, in turn.
        TestInbox<AppendReply> overtaking = append(steps, producer(1, 0, 4), "v4");
        steps.settle();
        if (stored < 4) {
            assertThat(refusal(overtaking)).isInstanceOf(PartitionError.OutOfSequence.class);
        }
        for (int i = stored; i < 5; i++) {
            append(steps, producer(1, 0, i), "v" + i);
            steps.settle();
        }
        assertThat(values(steps)).containsExactly("v0", "v1", "v2", "v3", "v4");
    }

    @Test
    void a_repetition_is_answered_on_a_full_disk() {
        SimDisk disk = new SimDisk(0);
        Steps steps = Steps.ready(disk, settings -> settings);
        append(steps, producer(1, 0, 0), "a");
        steps.settle();
        disk.setCapacityBytes(0);
        TestInbox<AppendReply> refused = TestInbox.create();
        steps.actor.run(new Append(List.of(NewRecord.of(1, new byte[200_000])), producer(1, 0, 1), refused.getRef()));
        TestInbox<AppendReply> repeated = append(steps, producer(1, 0, 0), "a");
        steps.settle();
        assertThat(refusal(refused)).isInstanceOf(PartitionError.ReadOnly.class);
        assertThat(only(repeated)).isEqualTo(new Appended(0, 0, true));
        disk.setCapacityBytes(Long.MAX_VALUE);
        steps.clock.advance(Duration.ofSeconds(1));
        TestInbox<AppendReply> later = append(steps, producer(1, 0, 1), "b");
        steps.settle();
        assertThat(only(later)).isEqualTo(new Appended(1, 1));
    }
}
