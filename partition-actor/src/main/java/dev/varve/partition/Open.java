package dev.varve.partition;

import dev.varve.log.LogDescription;
import dev.varve.log.LogState;
import dev.varve.log.PartitionLog;
import dev.varve.log.SegmentDescription;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.DeleteBefore;
import dev.varve.partition.PartitionActor.DeleteKey;
import dev.varve.partition.PartitionActor.Deleted;
import dev.varve.partition.PartitionActor.Describe;
import dev.varve.partition.PartitionActor.Description;
import dev.varve.partition.PartitionActor.Flush;
import dev.varve.partition.PartitionActor.Flushed;
import dev.varve.partition.PartitionActor.ForgetKey;
import dev.varve.partition.PartitionActor.ListKeys;
import dev.varve.partition.PartitionActor.LocalAppend;
import dev.varve.partition.PartitionActor.LookUpKey;
import dev.varve.partition.PartitionActor.OffsetForTimestamp;
import dev.varve.partition.PartitionActor.Read;
import dev.varve.partition.PartitionActor.ReadKey;
import dev.varve.partition.PartitionActor.Roll;
import dev.varve.partition.PartitionActor.Rolled;
import dev.varve.partition.PartitionActor.Stop;
import dev.varve.partition.PartitionActor.Subscribe;
import dev.varve.partition.PartitionActor.SubscribeToKey;
import dev.varve.partition.PartitionActor.TailReply;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * A partition whose log is open: {@link PartitionState#READY}, {@link PartitionState#READ_ONLY} or {@link PartitionState#FAILED},
 * as the log itself says, and {@link PartitionState#STOPPING} in the end. What changes the log goes through the {@link WriteLane},
 * what only reads it does not.
 */
final class Open extends AbstractBehavior<Command> {

    /** What this behavior tells itself. */
    sealed interface Internal extends PartitionActor.Internal {}

    /** The disk has done what was under way in the lane. */
    private record WriteEnded(Runnable answer) implements Internal {}

    private record ReadEnded(Runnable answer) implements Internal {}

    /** A read has waited long enough for records. */
    record WaitEnded(long id) implements Internal {}

    /** An actor that had subscribed is no more. */
    record SubscriberEnded(ActorRef<TailReply> subscriber) implements Internal {}

    private record Unforeseen(Throwable cause) implements Internal {}

    private enum Housekeep implements Internal {
        INSTANCE
    }

    private enum Maintain implements Internal {
        INSTANCE
    }

    private enum MaintenanceEnded implements Internal {
        INSTANCE
    }

    private enum LogClosed implements Internal {
        INSTANCE
    }

    private final PartitionSettings settings;
    private final IoExecutors executors;
    private final TimerScheduler<Command> timers;
    private final PartitionLog log;
    private final WriteLane lane;
    private final MaintenanceLane maintenance;
    private final ReadLane reads;
    private final Subscribers subscribers;
    private final HousekeepingTimer housekeeping;
    private int knownSegments;
    private long knownEndOffset;
    private boolean stopping;
    private boolean closing;

    static Behavior<Command> create(
            PartitionSettings settings, IoExecutors executors, TimerScheduler<Command> timers, PartitionLog log) {
        return Behaviors.setup(context -> new Open(context, settings, executors, timers, log));
    }

    private Open(
            ActorContext<Command> context,
            PartitionSettings settings,
            IoExecutors executors,
            TimerScheduler<Command> timers,
            PartitionLog log) {
        super(context);
        this.settings = settings;
        this.executors = executors;
        this.timers = timers;
        this.log = log;
        this.maintenance =
                MaintenanceLane.of(settings.maintenance(), settings.log().clock());
        this.knownSegments = log.segmentCount();
        this.reads = new ReadLane(settings, log, timers, look -> run(look, executors.reads(), ReadEnded::new));
        this.subscribers = new Subscribers(context);
        this.lane = new WriteLane(settings, log, subscribers::stored);
        this.housekeeping = new HousekeepingTimer(timers, Housekeep.INSTANCE, settings.log());
        this.knownEndOffset = log.logEndOffset();
        housekeeping.appended();
        maintainAfter(settings.maintenance().interval());
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Append.class, this::onAppend)
                .onMessage(LocalAppend.class, this::onLocalAppend)
                .onMessage(WriteEnded.class, this::onWriteEnded)
                .onMessage(Read.class, this::onRead)
                .onMessage(ReadEnded.class, this::onReadEnded)
                .onMessage(Subscribe.class, this::onSubscribe)
                .onMessage(SubscribeToKey.class, this::onSubscribeToKey)
                .onMessage(OffsetForTimestamp.class, this::onOffsetForTimestamp)
                .onMessage(LookUpKey.class, this::onLookUpKey)
                .onMessage(ReadKey.class, this::onReadKey)
                .onMessage(ListKeys.class, this::onListKeys)
                .onMessage(DeleteKey.class, delete -> unlessStopping(delete, () -> lane.delete(delete)))
                .onMessage(ForgetKey.class, forget -> unlessStopping(forget, () -> lane.forget(forget)))
                .onMessage(Flush.class, this::onFlush)
                .onMessage(Roll.class, this::onRoll)
                .onMessage(DeleteBefore.class, this::onDeleteBefore)
                .onMessage(Describe.class, this::onDescribe)
                .onMessage(WaitEnded.class, this::onWaitEnded)
                .onMessage(SubscriberEnded.class, this::onSubscriberEnded)
                .onMessage(Housekeep.class, this::onHousekeep)
                .onMessage(Maintain.class, maintain -> maintain())
                .onMessage(MaintenanceEnded.class, this::onMaintenanceEnded)
                .onMessage(Stop.class, this::onStop)
                .onMessage(LogClosed.class, closed -> Behaviors.stopped())
                .onMessage(Unforeseen.class, this::onUnforeseen)
                .onSignal(PostStop.class, this::onPostStop)
                .build();
    }

    private Behavior<Command> onAppend(Append append) {
        return unlessStopping(append, () -> lane.append(append));
    }

    private Behavior<Command> onLocalAppend(LocalAppend append) {
        return unlessStopping(append, () -> lane.append(append));
    }

    private Behavior<Command> onFlush(Flush flush) {
        return request(flush, owned -> {
            long durableOffset = owned.flush();
            return () -> flush.replyTo().tell(new Flushed(durableOffset));
        });
    }

    private Behavior<Command> onRoll(Roll roll) {
        return request(roll, owned -> {
            owned.roll();
            List<SegmentDescription> segments = owned.describe().segments();
            long baseOffset = segments.get(segments.size() - 1).baseOffset();
            return () -> roll.replyTo().tell(new Rolled(baseOffset));
        });
    }

    private Behavior<Command> onDeleteBefore(DeleteBefore delete) {
        return request(delete, owned -> {
            long logStartOffset = owned.deleteBefore(delete.offset());
            return () -> delete.replyTo().tell(new Deleted(logStartOffset));
        });
    }

    private Behavior<Command> request(Command command, WriteLane.Job job) {
        return unlessStopping(command, () -> lane.request(command, job));
    }

    private Behavior<Command> unlessStopping(Command command, Runnable admit) {
        if (!isRefusedByStop(command)) {
            admit.run();
        }
        return proceed();
    }

    /** Whether the partition is stopping; the command is refused then. */
    private boolean isRefusedByStop(Command command) {
        if (stopping) {
            Refusal.refuse(command, Stopping.error(settings.directory()));
        }
        return stopping;
    }

    /** Has the disk do what is next, unless it is busy. */
    private Behavior<Command> proceed() {
        WriteLane.Job job = lane.next();
        if (job != null) {
            run(() -> job.run(log), executors.writes(), WriteEnded::new);
        } else if (stopping && !closing && lane.isIdle() && reads.isIdle()) {
            closing = true;
            closeLog();
        }
        return this;
    }

    /** Something that ends as a message to this actor. */
    private interface ToMessage<T> {
        Command of(T result);
    }

    private <T> void run(Supplier<T> work, Executor executor, ToMessage<T> message) {
        getContext()
                .pipeToSelf(
                        CompletableFuture.supplyAsync(work, executor),
                        (result, thrown) -> thrown == null ? message.of(result) : new Unforeseen(thrown));
    }

    private Behavior<Command> onWriteEnded(WriteEnded ended) {
        lane.ended();
        try {
            // The disk goes on before anybody is told, for that takes as long as a sync when many wait.
            proceed();
        } finally {
            ended.answer().run();
        }
        boolean hasGrown = log.logEndOffset() != knownEndOffset;
        if (hasGrown) {
            knownEndOffset = log.logEndOffset();
            housekeeping.appended();
            reads.grown(knownEndOffset);
        }
        // The log may have grown by this commit when the one before was answered; who waits for its keys is due only
        // now.
        if (hasGrown || subscribers.areDue()) {
            subscribers.tell(log);
        }
        if (log.segmentCount() != knownSegments) {
            knownSegments = log.segmentCount();
            maintain();
        }
        return this;
    }

    private Behavior<Command> onRead(Read read) {
        if (!isRefusedByStop(read)) {
            reads.read(read);
        }
        return this;
    }

    private Behavior<Command> onReadEnded(ReadEnded ended) {
        reads.ended();
        ended.answer().run();
        return proceed();
    }

    private Behavior<Command> onWaitEnded(WaitEnded ended) {
        reads.waitEnded(ended.id());
        return this;
    }

    private Behavior<Command> onOffsetForTimestamp(OffsetForTimestamp wanted) {
        return look(wanted, wanted.replyTo(), () -> LogReader.offsetForTimestamp(log, wanted.timestamp()));
    }

    private Behavior<Command> onLookUpKey(LookUpKey wanted) {
        return look(wanted, wanted.replyTo(), () -> LogReader.lookUp(log, wanted.key()));
    }

    private Behavior<Command> onReadKey(ReadKey wanted) {
        int maxBytes = Math.min(wanted.maxBytes(), settings.maxReadBytes());
        return look(wanted, wanted.replyTo(), () -> LogReader.readKey(log, wanted, maxBytes));
    }

    private Behavior<Command> onListKeys(ListKeys wanted) {
        return look(wanted, wanted.replyTo(), () -> LogReader.listKeys(log, wanted));
    }

    private <T> Behavior<Command> look(Command wanted, ActorRef<T> replyTo, Supplier<T> work) {
        if (!isRefusedByStop(wanted)) {
            reads.look(wanted, replyTo, work);
        }
        return this;
    }

    private Behavior<Command> onSubscribe(Subscribe subscribe) {
        if (!isRefusedByStop(subscribe) && !subscribers.add(subscribe, log, settings.maxRequests())) {
            Refusal.refuse(subscribe, tooManySubscribers());
        }
        return this;
    }

    private Behavior<Command> onSubscribeToKey(SubscribeToKey subscribe) {
        if (!isRefusedByStop(subscribe) && !subscribers.add(subscribe, settings.maxRequests())) {
            Refusal.refuse(subscribe, tooManySubscribers());
        }
        return this;
    }

    private PartitionError tooManySubscribers() {
        return new PartitionError.Overloaded(settings.maxRequests() + " actors are subscribed to the log in "
                + settings.directory() + " already (varve.partition.max-requests); try again later");
    }

    private Behavior<Command> onSubscriberEnded(SubscriberEnded ended) {
        subscribers.remove(ended.subscriber());
        return this;
    }

    private Behavior<Command> onDescribe(Describe describe) {
        LogState state = log.state();
        PartitionState answer = stopping
                ? PartitionState.STOPPING
                : switch (state) {
                    case READ_ONLY -> PartitionState.READ_ONLY;
                    case FAILED, CLOSED -> PartitionState.FAILED;
                    default -> PartitionState.READY;
                };
        LogDescription description = log.describe();
        describe.replyTo().tell(new Description(answer, description.problem(), Optional.of(description)));
        return this;
    }

    private Behavior<Command> onHousekeep(Housekeep housekeep) {
        lane.keepHouse(housekeep, owned -> {
            Duration rest = owned.housekeep();
            return () -> housekeeping.startAfter(rest);
        });
        return proceed();
    }

    private void maintainAfter(Duration delay) {
        if (maintenance.isNeeded()) {
            timers.startSingleTimer(Maintain.INSTANCE, delay);
        }
    }

    /** Has the background work done, beside everything else: because it is time, or because a segment was sealed. */
    private Behavior<Command> maintain() {
        if (!stopping && maintenance.begin()) {
            timers.cancel(Maintain.INSTANCE);
            Runnable round = maintenance.round(log);
            run(
                    () -> {
                        round.run();
                        return MaintenanceEnded.INSTANCE;
                    },
                    executors.maintenance(),
                    ended -> ended);
        }
        return this;
    }

    private Behavior<Command> onMaintenanceEnded(MaintenanceEnded ended) {
        knownSegments = log.segmentCount();
        if (maintenance.ended()) {
            return maintain();
        }
        if (!stopping) {
            maintainAfter(settings.maintenance().interval());
        }
        return this;
    }

    private Behavior<Command> onStop(Stop stop) {
        stopping = true;
        housekeeping.cancel();
        timers.cancel(Maintain.INSTANCE);
        PartitionError error = Stopping.error(settings.directory());
        reads.refuseWaiting(error);
        subscribers.refuseAll(error);
        return proceed();
    }

    private void closeLog() {
        run(
                () -> {
                    log.close();
                    return LogClosed.INSTANCE;
                },
                executors.writes(),
                closed -> closed);
    }

    private Behavior<Command> onUnforeseen(Unforeseen unforeseen) {
        throw new IllegalStateException("the log in " + settings.directory(), unforeseen.cause());
    }

    /** Stopped from outside, or by an exception: whoever waits is told, and the log is closed as soon as the disk is done with it. */
    private Behavior<Command> onPostStop(PostStop signal) {
        PartitionError error = Stopping.error(settings.directory());
        lane.abandon(error);
        reads.refuseWaiting(error);
        subscribers.refuseAll(error);
        if (!closing) {
            executors.writes().execute(log::close);
        }
        return this;
    }
}
