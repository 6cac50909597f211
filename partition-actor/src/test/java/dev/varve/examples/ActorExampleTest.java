package dev.varve.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.LogOptions;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionActor.OutcomeUnknown;
import dev.varve.partition.PartitionActor.Stop;
import dev.varve.partition.PartitionSettings;
import dev.varve.partition.PartitionSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The actor and its stream, as the README shows them. */
class ActorExampleTest {
    private static final ActorTestKit KIT = ActorTestKit.create();

    @AfterAll
    static void shutDown() {
        KIT.shutdownTestKit();
    }

    private static ActorRef<Command> spawn(org.apache.pekko.actor.typed.Behavior<Command> behavior, String name) {
        return KIT.spawn(behavior, name);
    }

    @Test
    void the_example_of_the_readme_does_what_it_says(@TempDir Path directory) throws Exception {
        ActorSystem<?> system = KIT.system();
        List<NewRecord> records = List.of(NewRecord.of(1, new byte[] {1}), NewRecord.of(2, new byte[] {2}));
        long producerId = 7;
        short epoch = 0;
        int firstSequence = 0;
        // begin actor
        ActorRef<Command> orders = spawn(
                PartitionActor.create(PartitionSettings.of(directory.resolve("orders"), LogOptions.defaults())),
                "orders");

        CompletionStage<AppendReply> reply = AskPattern.ask(
                orders, replyTo -> new Append(records, replyTo), Duration.ofSeconds(5), system.scheduler());
        CompletionStage<String> outcome = reply.thenApply(answer -> {
            if (answer instanceof Appended appended) {
                return "stored, offsets " + appended.baseOffset() + " to " + appended.lastOffset();
            } else if (answer instanceof NotStored refused) {
                return "certainly not stored: " + refused.error().message();
            }
            return "stored or not: " + ((OutcomeUnknown) answer).message();
        });
        // end actor
        assertThat(outcome.toCompletableFuture().get(10, TimeUnit.SECONDS)).isEqualTo("stored, offsets 0 to 1");
        // begin stream
        // From an offset on and into the tail; holds no more than one read, asks only when downstream wants more.
        Source<LogRecord, NotUsed> tail = PartitionSource.follow(orders, 0);
        CompletionStage<Done> done =
                tail.take(2).runWith(Sink.foreach(record -> System.out.println(record.offset())), system);
        // end stream
        done.toCompletableFuture().get(10, TimeUnit.SECONDS);
        // begin producer
        // Who numbers its records may send a batch again when no answer comes: it is stored once.
        Producer batch = new Producer(producerId, epoch, firstSequence);
        CompletionStage<AppendReply> again = AskPattern.ask(
                orders, replyTo -> new Append(records, batch, replyTo), Duration.ofSeconds(5), system.scheduler());
        // end producer
        assertThat(again.toCompletableFuture().get(10, TimeUnit.SECONDS)).isEqualTo(new Appended(2, 3));
        CompletionStage<AppendReply> third = AskPattern.ask(
                orders, replyTo -> new Append(records, batch, replyTo), Duration.ofSeconds(5), system.scheduler());
        assertThat(third.toCompletableFuture().get(10, TimeUnit.SECONDS)).isEqualTo(new Appended(2, 3, true));
        orders.tell(Stop.INSTANCE);
        KIT.createTestProbe().expectTerminated(orders, Duration.ofSeconds(10));
    }
}
