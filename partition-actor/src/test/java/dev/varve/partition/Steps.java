package dev.varve.partition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Describe;
import dev.varve.partition.PartitionActor.Description;
import dev.varve.partition.PartitionActor.Read;
import dev.varve.partition.PartitionActor.ReadReply;
import dev.varve.partition.PartitionActor.Records;
import dev.varve.partition.testkit.InMemoryPartition;
import dev.varve.partition.testkit.ManualExecutor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.pekko.actor.testkit.typed.Effect;
import org.apache.pekko.actor.testkit.typed.javadsl.BehaviorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;

/** A partition actor that takes one step when a test says so: of its own, or of the disk. */
final class Steps {
    final SimDisk simulated;
    final ManualClock clock = new ManualClock();
    final ManualExecutor writes = new ManualExecutor();
    final ManualExecutor reads = new ManualExecutor();
    final InMemoryPartition partition;
    final BehaviorTestKit<Command> actor;

    Steps(SimDisk disk, UnaryOperator<PartitionSettings> change) {
        simulated = disk;
        partition = InMemoryPartition.create(disk)
                .withLog(log -> log.withClock(clock))
                .withSettings(change)
                .withExecutors(new IoExecutors(writes, reads));
        actor = BehaviorTestKit.create(partition.behavior());
    }

    /** An actor whose log is open. */
    static Steps ready() {
        return ready(new SimDisk(0), settings -> settings);
    }

    static Steps ready(SimDisk disk, UnaryOperator<PartitionSettings> change) {
        Steps steps = new Steps(disk, change);
        steps.settle();
        assertThat(steps.describe().state()).isEqualTo(PartitionState.READY);
        return steps;
    }

    static List<NewRecord> batch(String... values) {
        return java.util.Arrays.stream(values)
                .map(value -> NewRecord.of(7, value.getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    TestInbox<AppendReply> append(String... values) {
        return append(batch(values));
    }

    TestInbox<AppendReply> append(List<NewRecord> records) {
        TestInbox<AppendReply> inbox = TestInbox.create();
        actor.run(new Append(records, inbox.getRef()));
        return inbox;
    }

    /** The disk does one thing, and the actor hears of it. */
    void step() {
        assertThat(writes.runOne()).as("the disk has something to do").isTrue();
        hear();
    }

    void hear() {
        while (actor.selfInbox().hasMessages()) {
            actor.runOne();
        }
    }

    /** The disk does all that it has to do, and what comes of it. */
    void settle() {
        while (writes.waiting() > 0 || reads.waiting() > 0) {
            writes.runOne();
            reads.runOne();
            hear();
        }
    }

    Description describe() {
        TestInbox<Description> inbox = TestInbox.create();
        actor.run(new Describe(inbox.getRef()));
        return inbox.receiveMessage();
    }

    long syncs() {
        return simulated.count(Operation.Kind.SYNC);
    }

    static <T> T only(TestInbox<T> inbox) {
        List<T> received = inbox.getAllReceived();
        assertThat(received).as("answers").hasSize(1);
        return received.get(0);
    }

    static void unanswered(TestInbox<?> inbox) {
        assertThat(inbox.hasMessages()).as("answered already").isFalse();
    }

    /** The records that a read from an offset on gives. */
    List<NewRecord> read(long offset) {
        TestInbox<ReadReply> inbox = TestInbox.create();
        actor.run(new Read(offset, 1 << 20, Duration.ZERO, inbox.getRef()));
        settle();
        return ((Records) only(inbox))
                .records().stream().map(LogRecord::toNewRecord).toList();
    }

    /** How long the timers are that were started since this was last asked. */
    List<Duration> timerDelays() {
        return actor.getAllEffects().stream()
                .filter(effect -> effect instanceof Effect.TimerScheduled)
                .map(effect -> ((Effect.TimerScheduled<?>) effect).duration())
                .toList();
    }

    /** The timer that was started last goes off. */
    void timeOut() {
        List<Effect> effects = actor.getAllEffects();
        Effect.TimerScheduled<?> last = (Effect.TimerScheduled<?>) effects.stream()
                .filter(effect -> effect instanceof Effect.TimerScheduled)
                .reduce((first, second) -> second)
                .orElseThrow();
        actor.run((Command) last.msg());
    }
}
