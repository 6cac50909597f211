package dev.varve.partition;

import dev.varve.log.LogException;
import dev.varve.log.PartitionLog;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Describe;
import dev.varve.partition.PartitionActor.Description;
import dev.varve.partition.PartitionActor.Stop;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.StashBuffer;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/** A partition while its log is being opened: {@link PartitionState#RECOVERING}. Requests wait, up to a number and an amount. */
final class Opening extends AbstractBehavior<Command> {
    private static final Duration RETRY_DELAY = Duration.ofMillis(50);

    /** What this behavior tells itself. */
    sealed interface Internal extends PartitionActor.Internal {}

    private record Opened(PartitionLog log) implements Internal {}

    private record OpenFailed(LogException error) implements Internal {}

    private record Unforeseen(Throwable cause) implements Internal {}

    private enum TryAgain implements Internal {
        INSTANCE
    }

    private final PartitionSettings settings;
    private final IoExecutors executors;
    private final TimerScheduler<Command> timers;
    private final StashBuffer<Command> waiting;
    private long waitingBytes;
    private final long giveUpNanos;
    private CompletableFuture<PartitionLog> attempt;
    private boolean stopWanted;

    static Behavior<Command> create(PartitionSettings settings, IoExecutors executors) {
        return Behaviors.withStash(
                settings.maxRequests(),
                waiting -> Behaviors.withTimers(timers ->
                        Behaviors.setup(context -> new Opening(context, settings, executors, timers, waiting))));
    }

    private Opening(
            ActorContext<Command> context,
            PartitionSettings settings,
            IoExecutors executors,
            TimerScheduler<Command> timers,
            StashBuffer<Command> waiting) {
        super(context);
        this.settings = settings;
        this.executors = executors;
        this.timers = timers;
        this.waiting = waiting;
        this.giveUpNanos =
                settings.log().clock().monotonicNanos() + settings.lockWait().toNanos();
        open();
    }

    private void open() {
        attempt = CompletableFuture.supplyAsync(
                () -> PartitionLog.open(settings.directory(), settings.log()), executors.writes());
        getContext().pipeToSelf(attempt, (log, thrown) -> {
            if (thrown == null) {
                return new Opened(log);
            }
            Throwable cause = thrown instanceof CompletionException ? thrown.getCause() : thrown;
            return cause instanceof LogException e ? new OpenFailed(e) : new Unforeseen(cause);
        });
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Opened.class, this::onOpened)
                .onMessage(OpenFailed.class, this::onOpenFailed)
                .onMessage(Unforeseen.class, unforeseen -> {
                    throw new IllegalStateException("opening the log in " + settings.directory(), unforeseen.cause());
                })
                .onMessage(TryAgain.class, again -> {
                    open();
                    return this;
                })
                .onMessage(Describe.class, describe -> {
                    describe.replyTo().tell(new Description(PartitionState.RECOVERING, "", Optional.empty()));
                    return this;
                })
                .onMessage(Stop.class, stop -> {
                    // Once it is open it can be closed; what came before is done first.
                    stopWanted = true;
                    return this;
                })
                .onMessage(Command.class, this::keep)
                .onSignal(PostStop.class, signal -> {
                    abandon();
                    return this;
                })
                .build();
    }

    private Behavior<Command> keep(Command command) {
        long bytes = Refusal.bytes(command);
        if (stopWanted) {
            Refusal.refuse(command, Stopping.error(settings.directory()));
        } else if (waiting.isFull() || (waitingBytes > 0 && waitingBytes + bytes > settings.maxWaitingBytes())) {
            Refusal.refuse(
                    command,
                    new PartitionError.Overloaded("the log in " + settings.directory() + " is being opened, and "
                            + waiting.size() + " requests wait for it already; nothing was stored, try again later"));
        } else {
            waiting.stash(command);
            waitingBytes += bytes;
        }
        return this;
    }

    private Behavior<Command> onOpened(Opened opened) {
        if (stopWanted) {
            getContext().getSelf().tell(Stop.INSTANCE);
        }
        return waiting.unstashAll(Open.create(settings, executors, timers, opened.log()));
    }

    private Behavior<Command> onOpenFailed(OpenFailed failed) {
        boolean timeLeft = giveUpNanos - settings.log().clock().monotonicNanos() > 0;
        if (failed.error() instanceof LogException.Locked && timeLeft && !stopWanted) {
            timers.startSingleTimer(TryAgain.INSTANCE, RETRY_DELAY);
            return this;
        }
        getContext()
                .getLog()
                .error("The log could not be opened: {}", failed.error().getMessage());
        return stopWanted ? refuseAllAndStop(failed.error()) : waiting.unstashAll(Unopened.create(failed.error()));
    }

    private Behavior<Command> refuseAllAndStop(LogException error) {
        waiting.forEach(command -> Refusal.refuse(command, PartitionError.of(error)));
        return Behaviors.stopped();
    }

    /** The actor ends while the log is being opened: whoever has it open closes it again. */
    private void abandon() {
        waiting.forEach(command -> Refusal.refuse(command, Stopping.error(settings.directory())));
        attempt.thenAcceptAsync(PartitionLog::close, executors.writes());
    }
}
