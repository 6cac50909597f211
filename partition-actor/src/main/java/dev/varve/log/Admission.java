package dev.varve.log;

import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.ProducerEntry;
import dev.varve.log.format.ProducerEntry.Batch;
import dev.varve.log.keys.Key;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Decides which batches of a commit are to be written: not those that repeat a batch which is stored, not those that do not
 * follow the last one of their producer, and not those whose condition is not met. Each batch is judged as if those before it in the commit were stored; a judgement that
 * rests on one of them is void if that one is not. For one commit.
 */
final class Admission {
    private final ProducerTable table;
    private final KeyConditions conditions;
    private final Map<Long, Sender> senders = new HashMap<>();

    private Admission(ProducerTable table, KeyConditions conditions) {
        this.table = table;
        this.conditions = conditions;
    }

    /**
     * The batches to write, in order; what became of the others is noted down in them.
     *
     * @param highestSequence what the log knows of a key
     */
    static List<StagedBatch> admit(
            List<StagedBatch> batches, ProducerTable table, ToLongFunction<Key> highestSequence) {
        boolean anonymous = true;
        boolean conditional = false;
        for (StagedBatch batch : batches) {
            anonymous &= batch.producer() == null;
            conditional |= batch.condition != null;
        }
        if (anonymous && !conditional) {
            return batches;
        }
        Admission admission = new Admission(table, conditional ? new KeyConditions(highestSequence) : null);
        List<StagedBatch> admitted = new ArrayList<>(batches.size());
        for (StagedBatch batch : batches) {
            if (admission.isAdmitted(batch)) {
                admitted.add(batch);
            }
        }
        return admitted;
    }

    private boolean isAdmitted(StagedBatch batch) {
        if (conditions != null && !conditions.isMet(batch)) {
            return false;
        }
        if (batch.producer() != null && !sender(batch.producer().id()).isAdmitted(batch)) {
            return false;
        }
        if (conditions != null) {
            conditions.admitted(batch);
        }
        return true;
    }

    private Sender sender(long id) {
        return senders.computeIfAbsent(id, unknown -> new Sender(table.get(id)));
    }

    /** A producer, with what the log knows of it and what this commit is to add. */
    private static final class Sender {
        private final ProducerEntry known;
        private final List<StagedBatch> pending = new ArrayList<>();

        Sender(ProducerEntry known) {
            this.known = known;
        }

        boolean isAdmitted(StagedBatch batch) {
            // What is given its place is history already.
            if (!batch.placed && (isRepetition(batch) || isRefused(batch))) {
                return false;
            }
            pending.add(batch);
            return true;
        }

        private boolean isRepetition(StagedBatch batch) {
            int left = ProducerEntry.MAX_BATCHES;
            for (int i = pending.size() - 1; i >= 0 && left > 0; i--, left--) {
                StagedBatch earlier = pending.get(i);
                if (earlier.producer().epoch() != batch.producer().epoch()) {
                    return false;
                }
                if (earlier.producer().equals(batch.producer())
                        && earlier.lastOffsetDelta() == batch.lastOffsetDelta()) {
                    batch.repeats(earlier);
                    return true;
                }
            }
            return known != null && known.epoch() == batch.producer().epoch() && isStored(batch, left);
        }

        private boolean isStored(StagedBatch batch, int newest) {
            List<Batch> stored = known.batches();
            for (int i = stored.size() - 1; i >= Math.max(0, stored.size() - newest); i--) {
                Batch earlier = stored.get(i);
                if (earlier.firstSequence() == batch.producer().firstSequence()
                        && earlier.lastOffsetDelta() == batch.lastOffsetDelta()) {
                    batch.repeats(earlier.baseOffset());
                    return true;
                }
            }
            return false;
        }

        private boolean isRefused(StagedBatch batch) {
            LogException refusal = refusal(batch.producer());
            if (refusal != null) {
                batch.refuse(refusal, last());
            }
            return refusal != null;
        }

        private LogException refusal(Producer given) {
            boolean isNew = known == null && pending.isEmpty();
            if (!isNew && given.epoch() < epoch()) {
                return new LogException.StaleProducerEpoch(given.id(), given.epoch(), epoch());
            }
            boolean begins = isNew || given.epoch() > epoch();
            int expected = begins ? 0 : nextSequence();
            return given.firstSequence() == expected ? null : new LogException.OutOfSequence(given, expected, isNew);
        }

        private StagedBatch last() {
            return pending.isEmpty() ? null : pending.get(pending.size() - 1);
        }

        private short epoch() {
            return pending.isEmpty() ? known.epoch() : last().producer().epoch();
        }

        private int nextSequence() {
            return pending.isEmpty() ? known.nextSequence() : last().producer().nextSequence(last().lastOffsetDelta());
        }
    }
}
