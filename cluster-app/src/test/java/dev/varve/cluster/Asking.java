package dev.varve.cluster;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Read;
import dev.varve.partition.PartitionActor.ReadReply;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** Asks partitions, and waits for answers. */
final class Asking {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private final ActorSystem<?> system;

    Asking(ActorSystem<?> system) {
        this.system = system;
    }

    static NewRecord record(String value) {
        return NewRecord.of(1_000, value.getBytes(StandardCharsets.UTF_8));
    }

    static String text(LogRecord record) {
        return new String(record.value(), StandardCharsets.UTF_8);
    }

    <R> CompletionStage<R> ask(RecipientRef<Command> partition, Function<ActorRef<R>, Command> command) {
        return AskPattern.ask(partition, command::apply, PATIENCE, system.scheduler());
    }

    CompletionStage<AppendReply> append(RecipientRef<Command> partition, String... values) {
        List<NewRecord> records = new ArrayList<>();
        for (String value : values) {
            records.add(record(value));
        }
        return ask(partition, replyTo -> new Append(records, replyTo));
    }

    ReadReply read(RecipientRef<Command> partition, long offset, Duration wait) {
        return await(ask(partition, (ActorRef<ReadReply> replyTo) -> new Read(offset, 1 << 20, wait, replyTo)));
    }

    /** All records from the log start on. */
    List<LogRecord> readAll(RecipientRef<Command> partition) {
        List<LogRecord> all = new ArrayList<>();
        long next = 0;
        while (true) {
            ReadReply reply = read(partition, next, Duration.ZERO);
            if (reply instanceof PartitionActor.ReadFailed failed) {
                throw new AssertionError("reading from " + next + ": " + failed.error());
            }
            PartitionActor.Records records = (PartitionActor.Records) reply;
            all.addAll(records.records());
            if (records.records().isEmpty()) {
                return all;
            }
            next = records.nextOffset();
        }
    }

    List<String> texts(RecipientRef<Command> partition) {
        return readAll(partition).stream().map(Asking::text).toList();
    }

    /** Waits until a node is ready. On a busy machine the nodes need longer to find a leader than a request waits for one. */
    static void awaitReady(ClusterNode node) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                await(node.ready());
                return;
            } catch (ClusterException e) {
                boolean isForNow = e.error() instanceof ClusterError.NotEnoughReplicas
                        || e.error() instanceof ClusterError.NotLeader;
                if (!isForNow || System.nanoTime() - deadline > 0) {
                    throw e;
                }
            }
        }
    }

    static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
            throw new AssertionError("no answer", e);
        } catch (java.util.concurrent.ExecutionException e) {
            if (e.getCause() instanceof RuntimeException known) {
                throw known;
            }
            throw new AssertionError(e.getCause());
        }
    }
}
