package dev.varve.partition;

import dev.varve.log.Commit;
import dev.varve.log.KeyCondition;
import dev.varve.log.LogException;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.DeleteKey;
import dev.varve.partition.PartitionActor.ForgetKey;
import dev.varve.partition.PartitionActor.LocalAppend;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionActor.OutcomeUnknown;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Batches that will share one commit, and who waits for each. For the actor alone, but for the commit while it is written. */
final class PendingCommit {
    private final Commit commit;
    private final List<Consumer<AppendReply>> waiting = new ArrayList<>();

    PendingCommit(Commit commit) {
        this.commit = commit;
    }

    Commit commit() {
        return commit;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    long bytes() {
        return commit.bytes();
    }

    /** Encodes a batch into the commit. Throws what {@link Commit#stage} throws and is as before then. */
    void stage(Append append) {
        if (append.producer().isPresent()) {
            commit.stage(append.records(), append.producer().get());
        } else {
            stage(append.records(), append.condition().orElse(null));
        }
        waiting.add(append.replyTo()::tell);
    }

    /** As {@link #stage(Append)}. */
    void stage(LocalAppend append) {
        stage(append.records(), append.condition());
        waiting.add(append.reply());
    }

    private void stage(List<NewRecord> records, KeyCondition condition) {
        if (condition == null) {
            commit.stage(records);
        } else {
            commit.stageIf(records, condition);
        }
    }

    /** Encodes a deletion into the commit. */
    void stage(DeleteKey delete, long timestamp) {
        commit.stageDeletion(delete.key(), delete.toSequence(), delete.highestSequence(), timestamp);
        waiting.add(delete.replyTo()::tell);
    }

    /** Encodes the forgetting of a key into the commit. */
    void stage(ForgetKey forget, long timestamp) {
        commit.stageForgetting(forget.key(), timestamp);
        waiting.add(forget.replyTo()::tell);
    }

    /**
     * Tells all who wait what became of their batches and begins anew.
     *
     * @param failure what the commit threw, or null
     */
    void answer(LogException failure) {
        for (int i = 0; i < waiting.size(); i++) {
            waiting.get(i).accept(reply(i, failure));
        }
        clear();
    }

    private AppendReply reply(int batch, LogException failure) {
        return switch (commit.outcome(batch)) {
            case STORED -> new Appended(commit.baseOffset(batch), commit.lastOffset(batch));
            case DUPLICATE -> new Appended(commit.baseOffset(batch), commit.lastOffset(batch), true);
            case REFUSED -> new NotStored(PartitionError.of(commit.refusal(batch)));
            case UNSETTLED ->
                failure instanceof LogException.OutcomeUnknown
                        ? new OutcomeUnknown(failure.getMessage())
                        : new NotStored(PartitionError.of(failure));
        };
    }

    /** Tells all who wait one and the same, without having written anything, and begins anew. */
    void answerAll(AppendReply reply) {
        tellAll(reply);
        clear();
    }

    /** Tells all who wait that nobody knows, while the commit is still being written: it is not touched. */
    void abandon(OutcomeUnknown reply) {
        tellAll(reply);
        waiting.clear();
    }

    private void tellAll(AppendReply reply) {
        waiting.forEach(each -> each.accept(reply));
    }

    private void clear() {
        waiting.clear();
        commit.clear();
    }
}
