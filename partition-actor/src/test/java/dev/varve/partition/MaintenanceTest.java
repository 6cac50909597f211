package dev.varve.partition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.LogOptions;
import dev.varve.log.RetentionPolicy;
import dev.varve.log.RollPolicy;
import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.log.compaction.CompactionPolicy.Keep;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.Stop;
import dev.varve.partition.testkit.InMemoryPartition;
import dev.varve.partition.testkit.ManualExecutor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.BehaviorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

/** Retention and compaction in the background of a partition. */
class MaintenanceTest {
    private final SimDisk disk = new SimDisk(1);
    private final ManualExecutor maintenance = new ManualExecutor();

    private static PartitionSettings configured(PartitionSettings settings) {
        return settings.withLog(settings.log()
                        .withClock(new ManualClock())
                        .withKeyMemoryBytes(1 << 20)
                        .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048)))
                .withMaintenance(MaintenanceSettings.DEFAULT
                        .withRetention(RetentionPolicy.KEEP_ALL.withMaxBytes(1 << 20))
                        .withCompaction(CompactionPolicy.of(Keep.LATEST_OF_KEY)));
    }

    private BehaviorTestKit<PartitionActor.Command> actor() {
        BehaviorTestKit<PartitionActor.Command> actor = BehaviorTestKit.create(InMemoryPartition.create(disk)
                .withSettings(MaintenanceTest::configured)
                .withExecutors(new IoExecutors(Runnable::run, Runnable::run, maintenance))
                .behavior());
        hear(actor);
        return actor;
    }

    private static void hear(BehaviorTestKit<PartitionActor.Command> actor) {
        while (actor.selfInbox().hasMessages()) {
            actor.runOne();
        }
    }

    private static NewRecord record(int number) {
        return NewRecord.of(
                7, ("key-" + number % 3).getBytes(StandardCharsets.UTF_8), new byte[] {(byte) number, 1, 2, 3});
    }

    private void append(BehaviorTestKit<PartitionActor.Command> actor, int number) {
        TestInbox<AppendReply> inbox = TestInbox.create();
        actor.run(new PartitionActor.Append(List.of(record(number)), inbox.getRef()));
        hear(actor);
        assertThat(inbox.receiveMessage()).isInstanceOf(Appended.class);
    }

    private long segments() {
        return disk.names(InMemoryPartition.create(disk).settings().directory()).stream()
                .filter(name -> name.endsWith(".log"))
                .count();
    }

    @Test
    void a_round_begins_when_a_segment_is_sealed_and_appends_go_on_before_it_is_done() {
        BehaviorTestKit<PartitionActor.Command> actor = actor();
        int number = 0;
        while (segments() < 4) {
            append(actor, number++);
        }
        assertThat(maintenance.waiting()).isEqualTo(1);
        maintenance.runOne();
        hear(actor);
        assertThat(segments())
                .as("segments, where all but the newest records are dead")
                .isLessThanOrEqualTo(2);
        append(actor, number);
    }

    @Test
    void there_is_one_round_at_a_time_and_another_one_if_a_segment_was_sealed_meanwhile() {
        BehaviorTestKit<PartitionActor.Command> actor = actor();
        int number = 0;
        while (segments() < 5) {
            append(actor, number++);
        }
        assertThat(maintenance.waiting()).isEqualTo(1);
        maintenance.runOne();
        hear(actor);
        assertThat(maintenance.waiting()).isEqualTo(1);
        maintenance.runOne();
        hear(actor);
        assertThat(maintenance.waiting()).isZero();
    }

    @Test
    void a_round_that_fails_harms_nothing_and_the_next_one_does_its_work() {
        BehaviorTestKit<PartitionActor.Command> actor = actor();
        int number = 0;
        while (segments() < 4) {
            append(actor, number++);
        }
        disk.inject(Fault.at(1, operation -> operation.on(".compacted.tmp"), Fault.Effect.NO_SPACE));
        maintenance.runOne();
        hear(actor);
        long before = segments();
        while (segments() == before) {
            append(actor, number++);
        }
        maintenance.runOne();
        hear(actor);
        assertThat(segments()).isLessThanOrEqualTo(2);
    }

    @Test
    void a_partition_that_stops_does_not_wait_for_a_round_that_has_not_begun() {
        BehaviorTestKit<PartitionActor.Command> actor = actor();
        int number = 0;
        while (segments() < 3) {
            append(actor, number++);
        }
        actor.run(Stop.INSTANCE);
        hear(actor);
        assertThat(actor.isAlive()).isFalse();
        // It finds the log closed.
        maintenance.runAll();
    }

    @Test
    void the_dispatchers_of_the_reference_configuration_do_it_all() throws Exception {
        ActorTestKit kit = ActorTestKit.create();
        try {
            CountDownLatch compacted = new CountDownLatch(1);
            AtomicInteger onMaintenance = new AtomicInteger();
            disk.onOperation(operation -> {
                if (operation.on(".compacted") && operation.kind() == dev.varve.log.testkit.Operation.Kind.RENAME) {
                    onMaintenance.addAndGet(Thread.currentThread().getName().contains("maintenance") ? 1 : 1000);
                    compacted.countDown();
                }
            });
            ActorRef<PartitionActor.Command> actor = kit.spawn(PartitionActor.create(configured(PartitionSettings.of(
                    InMemoryPartition.create(disk).settings().directory(),
                    LogOptions.defaults().withDisk(disk)))));
            TestProbe<AppendReply> probe = kit.createTestProbe();
            for (int i = 0; i < 60; i++) {
                actor.tell(new PartitionActor.Append(List.of(record(i)), probe.getRef()));
                probe.expectMessageClass(Appended.class, Duration.ofSeconds(10));
            }
            assertThat(compacted.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(onMaintenance.get()).isLessThan(1000);
        } finally {
            kit.shutdownTestKit();
        }
    }
}
