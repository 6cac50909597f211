package dev.varve.partition;

import dev.varve.log.Commit;
import dev.varve.log.LogException;
import dev.varve.log.PartitionLog;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.DeleteKey;
import dev.varve.partition.PartitionActor.ForgetKey;
import dev.varve.partition.PartitionActor.LocalAppend;
import dev.varve.partition.PartitionActor.OutcomeUnknown;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * What is to be written to the log, one thing at a time: a commit, then the other requests that came before it began, then the
 * next commit, which has filled meanwhile. So requests find everything done that came before them, and neither kind keeps the
 * other waiting. For the actor alone.
 */
final class WriteLane {

    /** Work for the disk. */
    interface Job {
        /** Does it, on a thread that may block, and gives back what is then to be done by the actor: the answer. */
        Runnable run(PartitionLog log);
    }

    private record Request(Command command, Job job) {}

    private final PartitionSettings settings;
    private final PartitionLog log;
    private final Consumer<Commit> written;
    private PendingCommit filling;
    private PendingCommit idle;
    /** The commit that is being written, or null. */
    private PendingCommit underWay;

    private Request requestUnderWay;
    private boolean busy;
    /** Requests that came before the last commit began, and those that came later. */
    private final Deque<Request> due = new ArrayDeque<>();

    private final Deque<Request> later = new ArrayDeque<>();

    /** @param written is given each commit when it is written, before it is answered */
    WriteLane(PartitionSettings settings, PartitionLog log, Consumer<Commit> written) {
        this.settings = settings;
        this.log = log;
        this.written = written;
        this.filling = new PendingCommit(log.newCommit());
        this.idle = new PendingCommit(log.newCommit());
    }

    /** Something that is staged in a commit. */
    private interface Staging {
        void into(PendingCommit commit);
    }

    /** Takes a batch into the next commit, or says why not. */
    void append(Append append) {
        if (append.expectedEpoch().isPresent() && append.expectedEpoch().getAsLong() != log.epoch()) {
            Refusal.refuse(
                    append,
                    PartitionError.of(
                            new LogException.StaleEpoch(append.expectedEpoch().getAsLong(), log.epoch())));
        } else if (append.condition().isPresent() && (append.producer().isPresent() || !indexesKeys())) {
            refuseConditional(append);
        } else {
            stage(append, commit -> commit.stage(append));
        }
    }

    /** Likewise. */
    void append(LocalAppend append) {
        if (append.condition() != null && !indexesKeys()) {
            refuseConditional(append);
        } else {
            stage(append, commit -> commit.stage(append));
        }
    }

    private void refuseConditional(Command command) {
        Refusal.refuse(
                command,
                new PartitionError.Invalid(
                        "an append under a condition needs a log that finds records by key, and cannot"
                                + " have a producer; it was not stored"));
    }

    /** Likewise for a deletion. */
    void delete(DeleteKey delete) {
        if (!indexesKeys() || delete.toSequence() < 1 || delete.toSequence() > delete.highestSequence()) {
            Refusal.refuse(
                    delete,
                    new PartitionError.Invalid("a deletion up to " + delete.toSequence() + " of a key whose highest"
                            + " sequence is " + delete.highestSequence() + ", in a log that "
                            + (indexesKeys() ? "finds" : "does not find") + " records by key; nothing was deleted"));
        } else {
            stage(delete, commit -> commit.stage(delete, settings.log().clock().wallMillis()));
        }
    }

    /** Likewise for the forgetting of a key. */
    void forget(ForgetKey forget) {
        if (indexesKeys()) {
            stage(forget, commit -> commit.stage(forget, settings.log().clock().wallMillis()));
        } else {
            Refusal.refuse(forget, new PartitionError.Invalid("the log does not find records by key"));
        }
    }

    private boolean indexesKeys() {
        return settings.log().indexesKeys();
    }

    private void stage(Command command, Staging staging) {
        PartitionError error = overload();
        if (error == null) {
            try {
                staging.into(filling);
                return;
            } catch (LogException e) {
                error = PartitionError.of(e);
            }
        }
        Refusal.refuse(command, error);
    }

    private PartitionError overload() {
        long waitingBytes = waitingBytes();
        if (waitingBytes >= settings.maxWaitingBytes()) {
            return new PartitionError.Overloaded(waitingBytes + " bytes wait to be written to the log in "
                    + settings.directory() + ", and no more than " + settings.maxWaitingBytes()
                    + " may (varve.partition.max-waiting-bytes); the batch was not stored, try again later");
        }
        return null;
    }

    private long waitingBytes() {
        return filling.bytes() + (underWay == null ? 0 : underWay.bytes());
    }

    /** Takes a request to be carried out after all appends that came before it, or says why not. */
    void request(Command command, Job job) {
        if (due.size() + later.size() >= settings.maxRequests()) {
            Refusal.refuse(
                    command,
                    new PartitionError.Overloaded(settings.maxRequests() + " requests wait for the log in "
                            + settings.directory() + " already; this one was not carried out, try again later"));
        } else {
            add(command, job);
        }
    }

    /** As {@link #request}, for the actor itself, which has one such request at most. */
    void keepHouse(Command command, Job job) {
        add(command, job);
    }

    private void add(Command command, Job job) {
        later.add(new Request(command, log -> {
            try {
                return job.run(log);
            } catch (LogException e) {
                return () -> Refusal.refuse(command, PartitionError.of(e));
            }
        }));
    }

    /** The next thing to do, which is then under way until {@link #ended()}; null if there is none, or something is. */
    Job next() {
        if (busy) {
            return null;
        }
        if (due.isEmpty() && filling.isEmpty()) {
            makeRequestsDue();
        }
        requestUnderWay = due.poll();
        if (requestUnderWay != null) {
            busy = true;
            return requestUnderWay.job();
        }
        if (filling.isEmpty()) {
            return null;
        }
        busy = true;
        makeRequestsDue();
        underWay = filling;
        filling = idle;
        idle = null;
        return write(underWay);
    }

    private void makeRequestsDue() {
        due.addAll(later);
        later.clear();
    }

    private Job write(PendingCommit pending) {
        return log -> {
            try {
                log.commit(pending.commit());
                return () -> answer(pending, null);
            } catch (LogException e) {
                return () -> answer(pending, e);
            }
        };
    }

    private void answer(PendingCommit pending, LogException failure) {
        written.accept(pending.commit());
        pending.answer(failure);
    }

    /** What was under way is done and answered. */
    void ended() {
        busy = false;
        requestUnderWay = null;
        if (underWay != null) {
            idle = underWay;
            underWay = null;
        }
    }

    boolean isIdle() {
        return !busy && filling.isEmpty() && due.isEmpty() && later.isEmpty();
    }

    /** The actor ends at once: everybody who waits is told what is known, which of a commit under way is nothing. */
    void abandon(PartitionError stopped) {
        if (underWay != null) {
            underWay.abandon(new OutcomeUnknown(stopped.message() + "; the batch was being written"));
        }
        filling.answerAll(new PartitionActor.NotStored(stopped));
        if (requestUnderWay != null) {
            Refusal.refuse(
                    requestUnderWay.command(),
                    new PartitionError.OutcomeUnknown(stopped.message() + "; the request was being carried out"));
        }
        due.forEach(request -> Refusal.refuse(request.command(), stopped));
        later.forEach(request -> Refusal.refuse(request.command(), stopped));
    }
}
