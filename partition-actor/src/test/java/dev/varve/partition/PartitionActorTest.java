package dev.varve.partition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.RollPolicy;
import dev.varve.log.SyncPolicy;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Describe;
import dev.varve.partition.PartitionActor.Description;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionActor.OffsetForTimestamp;
import dev.varve.partition.PartitionActor.OffsetFound;
import dev.varve.partition.PartitionActor.OffsetReply;
import dev.varve.partition.PartitionActor.OutcomeUnknown;
import dev.varve.partition.PartitionActor.Read;
import dev.varve.partition.PartitionActor.ReadReply;
import dev.varve.partition.PartitionActor.Records;
import dev.varve.partition.PartitionActor.Stop;
import dev.varve.partition.PartitionActor.Subscribe;
import dev.varve.partition.PartitionActor.TailReply;
import dev.varve.partition.testkit.InMemoryPartition;
import dev.varve.partition.testkit.ManualExecutor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The actor among actors: its life cycle, its timers, its dispatchers, and many who talk to it at once. */
class PartitionActorTest {
    private static final ActorTestKit KIT =
            ActorTestKit.create(ManualTime.config().withFallback(com.typesafe.config.ConfigFactory.load()));

    private final ManualTime time = ManualTime.get(KIT.system());

    @AfterAll
    static void shutDown() {
        KIT.shutdownTestKit();
    }

    private static List<NewRecord> batch(String... values) {
        return Steps.batch(values);
    }

    private static long append(ActorRef<Command> partition, String... values) {
        TestProbe<AppendReply> probe = KIT.createTestProbe();
        partition.tell(new Append(batch(values), probe.getRef()));
        return probe.expectMessageClass(Appended.class).baseOffset();
    }

    private static Description describe(ActorRef<Command> partition) {
        TestProbe<Description> probe = KIT.createTestProbe();
        partition.tell(new Describe(probe.getRef()));
        return probe.receiveMessage();
    }

    private static void stop(ActorRef<Command> partition) {
        partition.tell(Stop.INSTANCE);
        KIT.createTestProbe().expectTerminated(partition, Duration.ofSeconds(10));
    }

    @Test
    void what_was_acknowledged_is_there_for_the_next_actor() {
        InMemoryPartition partition = InMemoryPartition.create();
        ActorRef<Command> first = KIT.spawn(partition.behavior());
        append(first, "a", "b");
        stop(first);
        ActorRef<Command> second = KIT.spawn(partition.behavior());
        assertThat(append(second, "c")).isEqualTo(2);
        TestProbe<OffsetReply> probe = KIT.createTestProbe();
        second.tell(new OffsetForTimestamp(7, probe.getRef()));
        assertThat(probe.expectMessageClass(OffsetFound.class).offset()).hasValue(0);
        second.tell(new OffsetForTimestamp(8, probe.getRef()));
        assertThat(probe.expectMessageClass(OffsetFound.class).offset()).isEmpty();
        stop(second);
    }

    @Test
    void stopped_from_outside_it_tells_all_who_wait_what_is_known_and_lets_go_of_the_log() {
        ManualExecutor disk = new ManualExecutor();
        InMemoryPartition partition = InMemoryPartition.create().withExecutors(new IoExecutors(disk, disk));
        ActorRef<Command> actor = KIT.spawn(partition.behavior());
        TestProbe<AppendReply> underWay = KIT.createTestProbe();
        TestProbe<AppendReply> waiting = KIT.createTestProbe();
        TestProbe<ReadReply> read = KIT.createTestProbe();
        runUntilReady(actor, disk);
        actor.tell(new Append(batch("under way"), underWay.getRef()));
        actor.tell(new Append(batch("waiting"), waiting.getRef()));
        actor.tell(new Read(0, 10, Duration.ofSeconds(1), read.getRef()));
        describe(actor);
        KIT.stop(actor);
        assertThat(underWay.expectMessageClass(OutcomeUnknown.class).message()).contains("was being written");
        assertThat(waiting.expectMessageClass(NotStored.class).error()).isInstanceOf(PartitionError.Stopped.class);
        assertThat(read.receiveMessage()).isInstanceOf(PartitionActor.ReadFailed.class);
        disk.runAll();
        ActorRef<Command> next = KIT.spawn(partition.behavior());
        runUntilReady(next, disk);
        assertThat(describe(next).log().orElseThrow().logEndOffset())
                .as("the commit under way was finished before the log was closed")
                .isEqualTo(1);
        KIT.stop(next);
        disk.runAll();
    }

    private static void runUntilReady(ActorRef<Command> actor, ManualExecutor disk) {
        Awaitility.await().until(() -> {
            disk.runAll();
            return describe(actor).state() == PartitionState.READY;
        });
    }

    @Test
    void a_log_that_is_opened_for_an_actor_that_is_no_more_is_closed_again() {
        ManualExecutor disk = new ManualExecutor();
        InMemoryPartition partition = InMemoryPartition.create().withExecutors(new IoExecutors(disk, disk));
        ActorRef<Command> actor = KIT.spawn(partition.behavior());
        TestProbe<AppendReply> early = KIT.createTestProbe();
        actor.tell(new Append(batch("early"), early.getRef()));
        describe(actor);
        KIT.stop(actor);
        assertThat(early.expectMessageClass(NotStored.class).error()).isInstanceOf(PartitionError.Stopped.class);
        disk.runAll();
        PartitionLog.open(partition.settings().directory(), partition.settings().log())
                .close();
    }

    @Test
    void an_exception_that_nobody_foresaw_stops_the_actor_and_closes_the_log() {
        InMemoryPartition good = InMemoryPartition.create();
        boolean[] broken = {false};
        Executor breaking = work -> {
            if (broken[0]) {
                throw new IllegalStateException("no threads");
            }
            work.run();
        };
        ActorRef<Command> actor = KIT.spawn(
                good.withExecutors(new IoExecutors(Runnable::run, breaking)).behavior());
        append(actor, "a");
        broken[0] = true;
        TestProbe<ReadReply> read = KIT.createTestProbe();
        actor.tell(new Read(0, 10, Duration.ZERO, read.getRef()));
        read.expectTerminated(actor, Duration.ofSeconds(10));
        ActorRef<Command> next = KIT.spawn(good.behavior());
        assertThat(append(next, "b")).isEqualTo(1);
        stop(next);
    }

    @Test
    void a_subscriber_that_has_ended_gives_its_place_to_another() {
        ActorRef<Command> actor = KIT.spawn(InMemoryPartition.create()
                .withSettings(settings -> settings.withMaxRequests(1))
                .behavior());
        ActorRef<TailReply> ended = KIT.spawn(Behaviors.ignore());
        actor.tell(new Subscribe(0, ended));
        TestProbe<TailReply> probe = KIT.createTestProbe();
        actor.tell(new Subscribe(0, probe.getRef()));
        assertThat(probe.receiveMessage()).isInstanceOf(PartitionActor.Failure.class);
        KIT.stop(ended);
        // The partition hears of the end some time after the probe does: whoever is refused asks again.
        TestProbe<TailReply> other = KIT.createTestProbe();
        Awaitility.await().until(() -> {
            actor.tell(new Subscribe(0, other.getRef()));
            append(actor, "a");
            return other.receiveMessage() instanceof PartitionActor.Tail;
        });
        stop(actor);
    }

    @Test
    void an_idle_log_notes_down_that_its_last_commit_is_durable() {
        ManualClock clock = new ManualClock();
        SimDisk disk = new SimDisk(0);
        ActorRef<Command> actor = KIT.spawn(InMemoryPartition.create(disk)
                .withLog(log -> log.withClock(clock))
                .behavior());
        append(actor, "a");
        long bytes = describe(actor).log().orElseThrow().bytes();
        pass(clock, Duration.ofMillis(99));
        assertThat(describe(actor).log().orElseThrow().bytes()).isEqualTo(bytes);
        pass(clock, Duration.ofMillis(101));
        assertThat(describe(actor).log().orElseThrow().bytes())
                .as("with a mark behind it")
                .isGreaterThan(bytes);
        stop(actor);
    }

    @Test
    void every_n_writes_are_synced_when_the_delay_is_over_though_no_more_are_written() {
        ManualClock clock = new ManualClock();
        SimDisk disk = new SimDisk(0);
        ActorRef<Command> actor = KIT.spawn(InMemoryPartition.create(disk)
                .withLog(log ->
                        log.withClock(clock).withSyncPolicy(SyncPolicy.everyNWrites(1000, Duration.ofMillis(20))))
                .behavior());
        describe(actor);
        pass(clock, Duration.ofSeconds(3));
        append(actor, "a");
        assertThat(describe(actor).log().orElseThrow().durableOffset()).isZero();
        pass(clock, Duration.ofMillis(21));
        assertThat(describe(actor).log().orElseThrow().durableOffset())
                .as("though housekeeping was a second away before the append")
                .isEqualTo(1);
        stop(actor);
    }

    private void pass(ManualClock clock, Duration duration) {
        clock.advance(duration);
        time.timePasses(duration);
    }

    @Test
    void many_who_append_and_read_at_once_on_a_real_disk_each_find_their_own(@TempDir Path directory) {
        int senders = 20;
        int each = 100;
        PartitionSettings settings = PartitionSettings.of(
                directory, LogOptions.defaults().withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(32 << 10)));
        ActorRef<Command> actor = KIT.spawn(PartitionActor.create(settings));
        // Until the log is open no more than a thousand may wait.
        append(actor, "open");
        List<TestProbe<AppendReply>> probes = new ArrayList<>();
        for (int s = 0; s < senders; s++) {
            TestProbe<AppendReply> probe = KIT.createTestProbe();
            probes.add(probe);
            for (int i = 0; i < each; i++) {
                actor.tell(new Append(batch(s + ":" + i, s + ":" + i), probe.getRef()));
            }
        }
        Map<Long, String> acknowledged = new HashMap<>(Map.of(0L, "open"));
        for (int s = 0; s < senders; s++) {
            long previous = -1;
            for (int i = 0; i < each; i++) {
                Appended appended = probes.get(s).expectMessageClass(Appended.class, Duration.ofSeconds(30));
                assertThat(appended.baseOffset())
                        .as("in the order of the sender")
                        .isGreaterThan(previous);
                previous = appended.lastOffset();
                acknowledged.put(appended.baseOffset(), s + ":" + i);
                acknowledged.put(appended.lastOffset(), s + ":" + i);
            }
        }
        assertThat(acknowledged).hasSize(1 + 2 * senders * each);
        TestProbe<ReadReply> reads = KIT.createTestProbe();
        long next = 0;
        while (next < acknowledged.size()) {
            actor.tell(new Read(next, 5000, Duration.ZERO, reads.getRef()));
            Records records = reads.expectMessageClass(Records.class, Duration.ofSeconds(30));
            for (LogRecord record : records.records()) {
                assertThat(new String(record.value(), StandardCharsets.UTF_8))
                        .isEqualTo(acknowledged.get(record.offset()));
            }
            next = records.nextOffset();
        }
        assertThat(describe(actor).log().orElseThrow().segments()).hasSizeGreaterThan(2);
        stop(actor);
    }

    @Test
    void the_disk_is_never_touched_by_the_threads_of_the_actors() {
        List<String> threads = java.util.Collections.synchronizedList(new ArrayList<>());
        SimDisk disk = new SimDisk(0);
        disk.onOperation(operation -> threads.add(Thread.currentThread().getName()));
        InMemoryPartition partition = InMemoryPartition.create(disk).withExecutors(IoExecutors.of(KIT.system()));
        ActorRef<Command> actor = KIT.spawn(partition.behavior());
        append(actor, "a");
        TestProbe<ReadReply> read = KIT.createTestProbe();
        actor.tell(new Read(0, 10, Duration.ZERO, read.getRef()));
        read.expectMessageClass(Records.class);
        stop(actor);
        assertThat(threads).isNotEmpty().allMatch(name -> name.contains("varve.write") || name.contains("varve.read"));
    }
}
