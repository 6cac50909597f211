package dev.varve.benchmarks.journal;

import com.typesafe.config.ConfigFactory;
import dev.varve.benchmarks.Latencies;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.persistence.DeleteMessagesSuccess;
import org.apache.pekko.persistence.JournalProtocol;
import org.apache.pekko.persistence.Persistence;

/** An actor system with a journal in a directory, and actors that persist. */
final class JournalUnderTest implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 300;
    private static final double SLICE_SECONDS = 1.5;

    private final Peer peer;
    private final ActorSystem<Void> system;
    private final BlockingQueue<Persister.Done> done = new LinkedBlockingQueue<>();
    private final ActorRef<Persister.Done> listener;
    private int names;
    private double writesPerSecond;

    JournalUnderTest(Peer peer, Path directory) {
        this.peer = peer;
        system = ActorSystem.create(Behaviors.empty(), "benchmark", peer.config(directory));
        listener = system.systemActorOf(
                Behaviors.receiveMessage(message -> {
                    done.add(message);
                    return Behaviors.same();
                }),
                "listener",
                Props.empty());
    }

    Peer peer() {
        return peer;
    }

    ActorSystem<Void> system() {
        return system;
    }

    /** Starts actors and waits until all of them have recovered. */
    List<ActorRef<Persister.Command>> start(String prefix, int count, boolean tagged) throws InterruptedException {
        List<ActorRef<Persister.Command>> actors = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            actors.add(system.systemActorOf(
                    Persister.create(prefix, i, tagged, listener), "persister-" + names++, Props.empty()));
        }
        await(count);
        return actors;
    }

    /** How often each actor is to write, by what the last slice took: so that slices of all journals take about as long. */
    int writesForASlice(int least) {
        return (int) Math.max(least, SLICE_SECONDS * writesPerSecond);
    }

    void took(int writes, long nanos) {
        expect(writes * 1e9 / nanos);
    }

    double writesPerSecond() {
        return writesPerSecond;
    }

    void expect(double newWritesPerSecond) {
        writesPerSecond = newWritesPerSecond;
    }

    /** Has each of them persist, and waits until all have done so. */
    Latencies write(List<ActorRef<Persister.Command>> actors, int writes, int events) throws InterruptedException {
        actors.forEach(actor -> actor.tell(new Persister.Write(writes, events)));
        return await(actors.size());
    }

    private Latencies await(int count) throws InterruptedException {
        Latencies all = new Latencies(count);
        for (int i = 0; i < count; i++) {
            Persister.Done one = done.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (one == null) {
                throw new IllegalStateException(
                        (count - i) + " of " + count + " actors were not done after " + PATIENCE_SECONDS + " s");
            }
            all.addAll(one.latencies());
        }
        return all;
    }

    /** Stops actors and waits until they are gone, so that others may have their persistence ids. */
    void stop(List<ActorRef<Persister.Command>> actors) throws InterruptedException {
        CountDownLatch alive = new CountDownLatch(actors.size());
        system.systemActorOf(
                Behaviors.<Integer>setup(context -> {
                    actors.forEach(actor -> {
                        context.watchWith(actor, 0);
                        actor.tell(Persister.Stop.INSTANCE);
                    });
                    return Behaviors.receiveMessage(gone -> {
                        alive.countDown();
                        return alive.getCount() == 0 ? Behaviors.stopped() : Behaviors.same();
                    });
                }),
                "stopper-" + names++,
                Props.empty());
        if (!alive.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException(alive.getCount() + " actors did not stop");
        }
    }

    /** Deletes events of persistence ids, all at once, and waits until that is durable. */
    void delete(String prefix, int count, long toSequenceNr) {
        Persistence persistence = Persistence.get(system);
        var journal = persistence.journalFor("", ConfigFactory.empty());
        List<CompletableFuture<Object>> answers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String persistenceId = prefix + "-" + i;
            answers.add(Patterns.askWithReplyTo(
                            journal,
                            replyTo -> new JournalProtocol.DeleteMessagesTo(persistenceId, toSequenceNr, replyTo),
                            Duration.ofSeconds(PATIENCE_SECONDS))
                    .toCompletableFuture());
        }
        for (CompletableFuture<Object> answer : answers) {
            if (!(answer.join() instanceof DeleteMessagesSuccess)) {
                throw new IllegalStateException("answered " + answer.join());
            }
        }
    }

    @Override
    public void close() {
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().join();
    }
}
