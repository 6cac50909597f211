package dev.varve.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.NewRecord;
import dev.varve.partition.IoExecutors;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.testkit.InMemoryPartition;
import dev.varve.partition.testkit.ManualExecutor;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.BehaviorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

class StepByStepTest {
    // begin steps
    @Test
    void an_append_is_answered_when_the_disk_is_done_with_it() {
        ManualExecutor disk = new ManualExecutor();
        BehaviorTestKit<Command> orders = BehaviorTestKit.create(InMemoryPartition.create()
                .withExecutors(new IoExecutors(disk, disk))
                .behavior());
        disk.runOne(); // opens the log
        orders.runOne(); // hears of it

        TestInbox<AppendReply> replies = TestInbox.create();
        orders.run(new Append(List.of(NewRecord.of(0, new byte[] {1})), replies.getRef()));
        assertThat(replies.hasMessages()).isFalse();

        disk.runOne(); // writes and syncs
        orders.runOne();
        replies.expectMessage(new Appended(0, 0));
    }
    // end steps
}
