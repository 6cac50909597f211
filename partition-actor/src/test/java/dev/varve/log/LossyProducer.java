package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.Commit.Outcome;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.ProducerEntry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A producer that loses answers: it has up to five batches under way, sends again what it was not told the fate of, in order, and
 * knows what it must find in the log in the end: each of its records once, in its order, where it was told that they are.
 */
final class LossyProducer {
    /** A batch, sent once or oftener. */
    private static final class Sent {
        final Producer producer;
        final List<NewRecord> records;
        boolean acknowledged;
        /** As answered, be it that the answer was lost; -1 if nobody knows. */
        long offset = -1;

        Sent(Producer producer, List<NewRecord> records) {
            this.producer = producer;
            this.records = records;
        }
    }

    private final long id;
    private final Random random;
    private final List<Sent> all = new ArrayList<>();
    /** The first batch that was not acknowledged. */
    private int unacknowledged;

    private short epoch;
    private int nextSequence;
    private int nextNumber;

    LossyProducer(long id, Random random) {
        this.id = id;
        this.random = random;
    }

    /** A batch in a commit, and whose. */
    record Staged(LossyProducer by, Object batch, boolean stale) {}

    /** Stages what is to be sent again, in part and perhaps twice, and something new if enough is known. */
    void stage(Commit commit, List<Staged> staged) {
        // Some send behind what they have not sent again: the log must refuse that, not them all.
        int from = unacknowledged + (random.nextInt(8) == 0 ? 1 : 0);
        int to = Math.min(all.size(), from + random.nextInt(ProducerEntry.MAX_BATCHES + 1));
        for (int i = from; i < to; i++) {
            stage(commit, staged, all.get(i), false);
        }
        while (all.size() - unacknowledged < ProducerEntry.MAX_BATCHES && to == all.size() && random.nextBoolean()) {
            all.add(newBatch());
            to++;
            stage(commit, staged, all.get(all.size() - 1), false);
        }
        if (from < to && random.nextInt(4) == 0) {
            stage(commit, staged, all.get(from + random.nextInt(to - from)), false);
        }
        boolean logKnowsEpoch = all.stream().anyMatch(batch -> batch.producer.epoch() == epoch && batch.offset >= 0);
        if (epoch > 0 && logKnowsEpoch && random.nextInt(6) == 0) {
            // Somebody who does not know yet that the epoch is over, as the log does.
            stage(commit, staged, new Sent(new Producer(id, (short) (epoch - 1), nextSequence), records(1)), true);
        }
    }

    private void stage(Commit commit, List<Staged> staged, Sent batch, boolean stale) {
        commit.stage(batch.records, batch.producer);
        staged.add(new Staged(this, batch, stale));
    }

    private Sent newBatch() {
        if (unacknowledged == all.size() && random.nextInt(12) == 0) {
            epoch++;
            nextSequence = 0;
        }
        Producer producer = new Producer(id, epoch, nextSequence);
        List<NewRecord> records = records(1 + random.nextInt(4));
        nextSequence += records.size();
        return new Sent(producer, records);
    }

    private List<NewRecord> records(int count) {
        List<NewRecord> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String value = id + ":" + nextNumber++ + ":" + "x".repeat(random.nextInt(150));
            records.add(NewRecord.of(1_000_000 + random.nextInt(1_000), value.getBytes(StandardCharsets.UTF_8)));
        }
        return records;
    }

    /** Hears what became of a batch, or does not. */
    void hear(Staged staged, Commit commit, int index) {
        Sent batch = (Sent) staged.batch();
        Outcome outcome = commit.outcome(index);
        if (staged.stale()) {
            nextNumber--;
            assertThat(outcome).as("%s, which is over", batch.producer).isIn(Outcome.REFUSED, Outcome.UNSETTLED);
            return;
        }
        switch (outcome) {
            case STORED, DUPLICATE -> {
                long offset = commit.baseOffset(index);
                assertThat(commit.lastOffset(index)).isEqualTo(offset + batch.records.size() - 1);
                if (batch.offset >= 0) {
                    assertThat(outcome).as("%s, stored before", batch.producer).isEqualTo(Outcome.DUPLICATE);
                    assertThat(offset).as("%s, answered again", batch.producer).isEqualTo(batch.offset);
                }
                batch.offset = offset;
                // Some answers are lost.
                batch.acknowledged |= random.nextInt(4) > 0;
                while (unacknowledged < all.size() && all.get(unacknowledged).acknowledged) {
                    unacknowledged++;
                }
            }
            case REFUSED -> {
                assertThat(commit.refusal(index)).isInstanceOf(LogException.OutOfSequence.class);
                int place = all.indexOf(batch);
                assertThat(batch.offset).as("%s is stored", batch.producer).isEqualTo(-1);
                assertThat(place > unacknowledged)
                        .as(
                                "%s is refused, although all before it is acknowledged: %s",
                                batch.producer, commit.refusal(index).getMessage())
                        .isTrue();
            }
            default -> {}
        }
    }

    /** Sends what is not acknowledged, in order, until it is, without losing an answer. */
    void finish(PartitionLog log) {
        for (Sent batch : all.subList(unacknowledged, all.size())) {
            long offset = log.append(batch.records, batch.producer);
            if (batch.offset >= 0) {
                assertThat(offset).as("%s in the end", batch.producer).isEqualTo(batch.offset);
            }
            batch.offset = offset;
            batch.acknowledged = true;
        }
        unacknowledged = all.size();
    }

    /** Each of its records is there once, in order, where it was told. */
    void check(List<LogRecord> log, long logStartOffset) {
        List<String> wanted = new ArrayList<>();
        for (Sent batch : all) {
            for (int i = 0; i < batch.records.size(); i++) {
                if (batch.offset + i >= logStartOffset) {
                    wanted.add(
                            batch.offset + i + "=" + text(batch.records.get(i).value()));
                }
            }
        }
        List<String> found = new ArrayList<>();
        for (LogRecord record : log) {
            String value = text(record.value());
            if (value.startsWith(id + ":")) {
                found.add(record.offset() + "=" + value);
            }
        }
        assertThat(found).as("what producer %d finds", id).isEqualTo(wanted);
    }

    private static String text(byte[] value) {
        return new String(value, StandardCharsets.UTF_8);
    }
}
