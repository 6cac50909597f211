package dev.varve.persistence.storage;

import dev.varve.log.KeyCondition;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.LocalAppend;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionError;
import dev.varve.partition.PartitionSettings;
import dev.varve.partition.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.apache.pekko.Done;
import org.apache.pekko.actor.DeadLetter;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** The local form of the port: each partition is an actor in this JVM that owns a log in a directory of its own. */
public final class LocalPartitions implements Partitions {
    private final ExtendedActorSystem system;
    private final int maxBatchBytes;
    private final List<ActorRef<Command>> partitions;
    /** Whether each has ended, so that nobody would answer. */
    private final AtomicIntegerArray ended;

    private final AtomicInteger open;
    private final CompletableFuture<Done> allClosed = new CompletableFuture<>();

    private LocalPartitions(ExtendedActorSystem system, int maxBatchBytes, List<ActorRef<Command>> partitions) {
        this.system = system;
        this.maxBatchBytes = maxBatchBytes;
        this.partitions = List.copyOf(partitions);
        this.ended = new AtomicIntegerArray(partitions.size());
        this.open = new AtomicInteger(partitions.size());
    }

    /**
     * Begins to open partitions; what is asked of them meanwhile waits.
     *
     * @param name of the store, for the names of the actors; unique in the system
     * @param settings of each partition
     */
    static LocalPartitions open(
            ExtendedActorSystem system, String name, int count, IntFunction<PartitionSettings> settings) {
        List<ActorRef<Command>> opened = new ArrayList<>();
        int maxBatchBytes = 0;
        for (int i = 0; i < count; i++) {
            PartitionSettings one = settings.apply(i);
            maxBatchBytes = one.log().maxBatchBytes();
            opened.add(Adapter.toTyped(system)
                    .systemActorOf(PartitionActor.create(one), "varve-" + name + "-" + i, Props.empty()));
        }
        LocalPartitions partitions = new LocalPartitions(system, maxBatchBytes, opened);
        partitions.watch(name);
        return partitions;
    }

    /** What the actor that watches the partitions is told. */
    private sealed interface Told {}

    private record Ended(int index) implements Told {}

    private record Undelivered(DeadLetter letter) implements Told {}

    /**
     * Watches the partitions as long as the system lives: a command that reaches one that has ended, or that was still in its mailbox then,
     * is refused here, for nobody else would answer it.
     */
    private void watch(String name) {
        Adapter.toTyped(system)
                .systemActorOf(
                        Behaviors.<Told>setup(context -> {
                            for (int i = 0; i < partitions.size(); i++) {
                                context.watchWith(partitions.get(i), new Ended(i));
                            }
                            context.getSystem()
                                    .eventStream()
                                    .tell(new EventStream.Subscribe<>(
                                            DeadLetter.class,
                                            context.messageAdapter(DeadLetter.class, Undelivered::new)));
                            return Behaviors.receiveMessage(told -> {
                                if (told instanceof Ended partition) {
                                    ended(partition.index());
                                } else {
                                    refuse(((Undelivered) told).letter());
                                }
                                return Behaviors.same();
                            });
                        }),
                        "varve-" + name + "-watch",
                        Props.empty());
    }

    private void ended(int index) {
        ended.set(index, 1);
        if (open.decrementAndGet() == 0) {
            allClosed.complete(Done.getInstance());
        }
    }

    private void refuse(DeadLetter letter) {
        if (letter.message() instanceof Command command) {
            for (ActorRef<Command> partition : partitions) {
                if (Adapter.toClassic(partition).equals(letter.recipient())) {
                    Refusal.refuse(command, hasEnded(partition));
                }
            }
        }
    }

    private static PartitionError hasEnded(ActorRef<Command> partition) {
        return new PartitionError.Stopped(
                "the partition " + partition + " has ended; what was acknowledged is kept, this was not carried out");
    }

    @Override
    public int count() {
        return partitions.size();
    }

    @Override
    public int maxBatchBytes() {
        return maxBatchBytes;
    }

    @Override
    public RecipientRef<Command> partition(int index) {
        return partitions.get(index);
    }

    @Override
    public void append(int index, List<NewRecord> records, KeyCondition condition, Consumer<AppendReply> reply) {
        if (ended.get(index) == 0) {
            partitions.get(index).tell(new LocalAppend(records, Objects.requireNonNull(condition), reply));
        } else {
            reply.accept(new NotStored(hasEnded(partitions.get(index))));
        }
    }

    /** Closes the logs cleanly; the stage completes when the last of them is. */
    @Override
    public CompletionStage<Done> close() {
        partitions.forEach(partition -> partition.tell(PartitionActor.Stop.INSTANCE));
        return allClosed;
    }
}
