package dev.varve.benchmarks.journal;

import dev.varve.benchmarks.Latencies;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;

/** An actor that persists as it is told to, one write at a time, and tells how long each took. */
final class Persister extends EventSourcedBehavior<Persister.Command, byte[], Integer> {
    static final int EVENT_BYTES = 200;
    static final String TAG = "green";

    /** Events are pieces of it, no two alike: a journal that compresses gains nothing. */
    private static final byte[] NOISE = new byte[1 << 20];

    static {
        new Random(7).nextBytes(NOISE);
    }

    sealed interface Command {}

    /**
     * Persists, again and again.
     *
     * @param writes how many times
     * @param events how many events each time
     */
    record Write(int writes, int events) implements Command {}

    /** The write that began then is stored. */
    private record Again(int writesLeft, int events) implements Command {}

    enum Stop implements Command {
        INSTANCE
    }

    /** Has done what it was told, or has recovered. */
    record Done(int number, Latencies latencies) {}

    private final ActorContext<Command> context;
    private final int number;
    private final boolean tagged;
    private final ActorRef<Done> listener;
    private Latencies latencies = Latencies.NONE;
    private long began;

    /** @param listener is told when it has recovered and whenever it has done what it was told */
    static Behavior<Command> create(String prefix, int number, boolean tagged, ActorRef<Done> listener) {
        return Behaviors.setup(context -> new Persister(context, prefix, number, tagged, listener));
    }

    private Persister(
            ActorContext<Command> context, String prefix, int number, boolean tagged, ActorRef<Done> listener) {
        super(PersistenceId.ofUniqueId(prefix + "-" + number));
        this.context = context;
        this.number = number;
        this.tagged = tagged;
        this.listener = listener;
    }

    @Override
    public Integer emptyState() {
        return 0;
    }

    @Override
    public CommandHandler<Command, byte[], Integer> commandHandler() {
        return newCommandHandlerBuilder()
                .forAnyState()
                .onCommand(Write.class, write -> {
                    latencies = new Latencies(write.writes());
                    return persist(write.writes(), write.events());
                })
                .onCommand(Again.class, again -> persist(again.writesLeft(), again.events()))
                .onCommand(Stop.class, stop -> Effect().stop())
                .build();
    }

    private Effect<byte[], Integer> persist(int writes, int events) {
        began = System.nanoTime();
        var effect = events == 1 ? Effect().persist(event()) : Effect().persist(batch(events));
        return effect.thenRun(state -> {
            latencies.add(System.nanoTime() - began);
            if (writes == 1) {
                listener.tell(new Done(number, latencies));
            } else {
                context.getSelf().tell(new Again(writes - 1, events));
            }
        });
    }

    private static byte[] event() {
        int from = ThreadLocalRandom.current().nextInt(NOISE.length - EVENT_BYTES);
        return Arrays.copyOfRange(NOISE, from, from + EVENT_BYTES);
    }

    private static List<byte[]> batch(int events) {
        List<byte[]> batch = new ArrayList<>(events);
        for (int i = 0; i < events; i++) {
            batch.add(event());
        }
        return batch;
    }

    @Override
    public EventHandler<Integer, byte[]> eventHandler() {
        return (count, event) -> count + 1;
    }

    @Override
    public SignalHandler<Integer> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.instance(), count -> listener.tell(new Done(number, Latencies.NONE)))
                .build();
    }

    @Override
    public Set<String> tagsFor(byte[] event) {
        return tagged ? Set.of(TAG) : Set.of();
    }
}
