package dev.varve.partition;

import dev.varve.log.PartitionLog;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Read;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * What only reads the log, beside what changes it and beside each other: looks that are under way, and reads at the end of the log that wait
 * for records. So many of both at most. For the actor alone.
 */
final class ReadLane {
    private final PartitionSettings settings;
    private final PartitionLog log;
    private final WaitingReads waiting;
    private final Consumer<Supplier<Runnable>> disk;
    private int underWay;

    /**
     * @param disk has a look done on a thread that may block; what it gives back, the answer, is then to be done by the actor, together with
     *     {@link #ended}
     */
    ReadLane(
            PartitionSettings settings,
            PartitionLog log,
            TimerScheduler<Command> timers,
            Consumer<Supplier<Runnable>> disk) {
        this.settings = settings;
        this.log = log;
        this.waiting = new WaitingReads(timers, settings.maxReadWait());
        this.disk = disk;
    }

    /** Has a read answered, now or when there are records for it, or says why not. */
    void read(Read read) {
        if (read.maxBytes() < 0 || read.maxWait().isNegative()) {
            Refusal.refuse(
                    read,
                    new PartitionError.Invalid("a read of " + read.maxBytes() + " bytes that waits for "
                            + read.maxWait() + ": neither may be below zero"));
        } else if (isFull()) {
            Refusal.refuse(read, tooMany());
        } else if (read.offset() == log.logEndOffset() && !read.maxWait().isZero()) {
            waiting.add(read);
        } else {
            start(read);
        }
    }

    /** Has something else looked up, or says why not. */
    <T> void look(Command wanted, ActorRef<T> replyTo, Supplier<T> work) {
        if (isFull()) {
            Refusal.refuse(wanted, tooMany());
        } else {
            start(replyTo, work);
        }
    }

    private boolean isFull() {
        return waiting.size() + underWay >= settings.maxReads();
    }

    private PartitionError tooMany() {
        return new PartitionError.Overloaded(settings.maxReads() + " reads of the log in " + settings.directory()
                + " wait or are under way already (varve.partition.max-reads); try again later");
    }

    private void start(Read read) {
        int maxBytes = Math.min(read.maxBytes(), settings.maxReadBytes());
        start(read.replyTo(), () -> LogReader.read(log, read.offset(), maxBytes, read.withoutDeleted()));
    }

    private <T> void start(ActorRef<? super T> replyTo, Supplier<T> work) {
        underWay++;
        disk.accept(() -> {
            T reply = work.get();
            return () -> replyTo.tell(reply);
        });
    }

    /** A look has ended. */
    void ended() {
        underWay--;
    }

    /** A read has waited long enough. */
    void waitEnded(long id) {
        Read read = waiting.takeEnded(id);
        if (read != null) {
            // Nothing came; the answer says so, with the bounds as they are now.
            start(read);
        }
    }

    /** There are records up to this offset: whoever waits for one of them is answered. */
    void grown(long logEndOffset) {
        waiting.takeBelow(logEndOffset).forEach(this::start);
    }

    /** Says no to all that wait. */
    void refuseWaiting(PartitionError error) {
        waiting.takeAll().forEach(read -> Refusal.refuse(read, error));
    }

    /** Whether nothing is under way. */
    boolean isIdle() {
        return underWay == 0;
    }
}
