package dev.varve.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.OutcomeUnknown;
import dev.varve.partition.testkit.InMemoryPartition;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

// begin testkit
class OrdersTest {
    private static final ActorTestKit KIT = ActorTestKit.create();

    @AfterAll
    static void shutDown() {
        KIT.shutdownTestKit();
    }

    private final TestProbe<AppendReply> replies = KIT.createTestProbe();

    private static List<NewRecord> order(String text) {
        return List.of(NewRecord.of(0, text.getBytes()));
    }

    @Test
    void what_was_acknowledged_survives_the_loss_of_power() {
        SimDisk disk = new SimDisk(42);
        ActorRef<Command> orders = KIT.spawn(InMemoryPartition.create(disk).behavior());
        orders.tell(new Append(order("1"), replies.getRef()));
        replies.expectMessage(new Appended(0, 0));

        disk.powerLoss();
        KIT.stop(orders);
        disk.restart();

        ActorRef<Command> again = KIT.spawn(InMemoryPartition.create(disk).behavior());
        again.tell(new Append(order("2"), replies.getRef()));
        replies.expectMessage(new Appended(1, 1));
        KIT.stop(again);
    }

    @Test
    void the_sender_is_told_when_nobody_knows_whether_an_order_is_stored() {
        SimDisk disk = new SimDisk(42);
        ActorRef<Command> orders = KIT.spawn(InMemoryPartition.create(disk).behavior());
        orders.tell(new Append(order("1"), replies.getRef()));
        replies.expectMessageClass(Appended.class);

        disk.inject(Fault.at(1, operation -> operation.kind() == Operation.Kind.SYNC, Fault.Effect.IO_ERROR));
        orders.tell(new Append(order("2"), replies.getRef()));
        assertThat(replies.expectMessageClass(OutcomeUnknown.class).message()).contains("open it again");
        KIT.stop(orders);
    }
}
// end testkit
