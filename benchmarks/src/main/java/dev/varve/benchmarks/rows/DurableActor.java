package dev.varve.benchmarks.rows;

import dev.varve.benchmarks.Contender;
import dev.varve.benchmarks.Goal;
import dev.varve.benchmarks.Latencies;
import dev.varve.benchmarks.Row;
import dev.varve.benchmarks.Slice;
import dev.varve.benchmarks.Unit;
import dev.varve.benchmarks.Workplace;
import dev.varve.log.LogOptions;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionSettings;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Many durable appends in flight through the partition actor, each answered by a new one. */
final class DurableActor implements Row {
    private static final int IN_FLIGHT = 64;
    private static final int APPENDS = 300 * IN_FLIGHT;
    private static final long PREALLOCATED_BYTES = 128 << 20;

    @Override
    public String name() {
        return "durable-actor";
    }

    @Override
    public String work() {
        return "64 durable appends in flight through the partition actor; raw: through a queue to a thread that writes and syncs what waits, preallocated";
    }

    @Override
    public Unit unit() {
        return Unit.THOUSANDS_PER_SECOND;
    }

    @Override
    public List<Goal> goals() {
        return List.of(Goal.figure(Unit.THOUSANDS_PER_SECOND, 80), Goal.shareOfRaw(0.8), Goal.p99UnderMillis(2));
    }

    @Override
    public int warmUpRounds() {
        return 20;
    }

    @Override
    public int rounds() {
        return 25;
    }

    @Override
    public Contender raw(Workplace workplace) throws IOException {
        return new RawGroupCommit(workplace.fresh("raw"), IN_FLIGHT, APPENDS, PREALLOCATED_BYTES);
    }

    @Override
    public Contender ours(Workplace workplace) {
        Values values = new Values();
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "benchmark");
        ActorRef<PartitionActor.Command> partition = system.systemActorOf(
                PartitionActor.create(PartitionSettings.of(workplace.fresh("ours"), LogOptions.defaults())),
                "partition",
                Props.empty());
        return new Contender() {
            private int drivers;

            @Override
            public Slice slice() throws Exception {
                CompletableFuture<Slice> done = new CompletableFuture<>();
                system.systemActorOf(driver(partition, values, done), "driver-" + drivers++, Props.empty());
                return done.get(5, TimeUnit.MINUTES);
            }

            @Override
            public void close() {
                partition.tell(PartitionActor.Stop.INSTANCE);
                system.terminate();
                system.getWhenTerminated().toCompletableFuture().join();
            }
        };
    }

    /** Keeps so many appends in flight until all are answered. Answers come in the order of the appends. */
    private static Behavior<AppendReply> driver(
            ActorRef<PartitionActor.Command> partition, Values values, CompletableFuture<Slice> done) {
        return Behaviors.setup(context -> {
            long[] sentNanos = new long[IN_FLIGHT];
            int[] counts = {0, 0};
            Latencies latencies = new Latencies(APPENDS);
            Runnable send = () -> {
                sentNanos[counts[0]++ % IN_FLIGHT] = System.nanoTime();
                partition.tell(new PartitionActor.Append(List.of(values.record()), context.getSelf()));
            };
            long start = System.nanoTime();
            for (int i = 0; i < IN_FLIGHT; i++) {
                send.run();
            }
            return Behaviors.receiveMessage(reply -> {
                long now = System.nanoTime();
                if (!(reply instanceof PartitionActor.Appended)) {
                    done.completeExceptionally(new IOException("answered " + reply));
                    return Behaviors.stopped();
                }
                latencies.add(now - sentNanos[counts[1]++ % IN_FLIGHT]);
                if (counts[0] < APPENDS) {
                    send.run();
                } else if (counts[1] == APPENDS) {
                    done.complete(Slice.of(APPENDS, now - start, latencies));
                    return Behaviors.stopped();
                }
                return Behaviors.same();
            });
        });
    }
}
