package dev.varve.server.history;

import dev.varve.server.history.Event.Acknowledged;
import dev.varve.server.history.Event.Began;
import dev.varve.server.history.Event.Committed;
import dev.varve.server.history.Event.Committing;
import dev.varve.server.history.Event.Ended;
import dev.varve.server.history.Event.Invoked;
import dev.varve.server.history.Event.Joined;
import dev.varve.server.history.Event.OutOfRange;
import dev.varve.server.history.Event.Refused;
import dev.varve.server.history.Event.Resumed;
import dev.varve.server.history.Event.Seen;
import dev.varve.server.history.Event.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Whether what clients were told of a topic fits together: no acknowledged record is lost, none is there twice or out of order, none
 * is made up, and all readers see the same, each record once. Nothing was deleted of the topic.
 *
 * <p>Takes the events in their order, one at a time, and keeps about thirty bytes of each append.
 */
final class HistoryCheck {
    private static final int MOST_TOLD = 20;

    private final Map<Integer, Appends> producers = new HashMap<>();
    private final Map<Integer, Records> partitions = new TreeMap<>();
    private final Map<String, Reading> readings = new HashMap<>();
    private final List<String> violations = new ArrayList<>();
    private long violationCount;
    private long time;

    /** What one producer asked for and was told, by his numbers. */
    private static final class Appends {
        private static final long REFUSED = -2;

        final boolean isOrdered;
        final Longs partition = new Longs();
        final Longs invoked = new Longs();
        /** When it was acknowledged. */
        final Longs acknowledged = new Longs();
        /** The offset that was told, or {@link #REFUSED}. */
        final Longs told = new Longs();
        /** The offset at which it was seen. */
        final Longs found = new Longs();

        Appends(boolean isOrdered) {
            this.isOrdered = isOrdered;
        }
    }

    /** What lies in one partition, as the first who saw it says: producers and numbers by offset. */
    private static final class Records {
        final Longs producers = new Longs();
        final Longs numbers = new Longs();
    }

    /** What one reader does in one partition. */
    private static final class Reading {
        long next;
        long committed;
        final Set<Long> mayBeCommitted = new HashSet<>();
    }

    /** The violations of a whole history; empty if it is a good one. */
    static List<String> violations(Iterable<Event> history) {
        HistoryCheck check = new HistoryCheck();
        history.forEach(check::add);
        return check.end();
    }

    /** Takes the next event. */
    void add(Event event) {
        time++;
        if (event instanceof Joined joined) {
            producers.put(joined.producer(), new Appends(joined.isOrdered()));
        } else if (event instanceof Invoked invoked) {
            Appends appends = producers.get(invoked.value().producer());
            appends.partition.set(invoked.value().number(), invoked.partition());
            appends.invoked.set(invoked.value().number(), time);
        } else if (event instanceof Acknowledged acknowledged) {
            Appends appends = producers.get(acknowledged.value().producer());
            appends.told.set(acknowledged.value().number(), acknowledged.offset());
            appends.acknowledged.set(acknowledged.value().number(), time);
        } else if (event instanceof Refused refused) {
            producers.get(refused.value().producer()).told.set(refused.value().number(), Appends.REFUSED);
        } else if (event instanceof Began began) {
            reading(began.reader(), began.partition()).next = began.offset();
        } else if (event instanceof Resumed resumed) {
            resumed(resumed);
        } else if (event instanceof Seen seen) {
            seen(seen);
        } else if (event instanceof OutOfRange out) {
            violation("%s was told that offset %d of partition %d is out of range, up to which it had read"
                    .formatted(out.reader(), out.offset(), out.partition()));
        } else if (event instanceof Ended ended) {
            long next = reading(ended.reader(), ended.partition()).next;
            if (next != ended.offset()) {
                violation("%s saw partition %d up to offset %d, which ends at %d"
                        .formatted(ended.reader(), ended.partition(), next, ended.offset()));
            }
        } else if (event instanceof Committing committing) {
            reading(committing.reader(), committing.partition()).mayBeCommitted.add(committing.offset());
        } else if (event instanceof Committed committed) {
            Reading reading = reading(committed.reader(), committed.partition());
            reading.committed = committed.offset();
            reading.mayBeCommitted.remove(committed.offset());
        }
    }

    private Reading reading(String reader, int partition) {
        return readings.computeIfAbsent(reader + " " + partition, key -> new Reading());
    }

    private void resumed(Resumed resumed) {
        Reading reading = reading(resumed.reader(), resumed.partition());
        if (resumed.offset() != reading.committed && !reading.mayBeCommitted.contains(resumed.offset())) {
            violation("%s went on in partition %d at offset %d, but had committed %d"
                    .formatted(resumed.reader(), resumed.partition(), resumed.offset(), reading.committed));
        }
        reading.next = resumed.offset();
    }

    private void seen(Seen seen) {
        Reading reading = reading(seen.reader(), seen.partition());
        if (seen.offset() != reading.next) {
            violation("%s saw offset %d of partition %d when %d was next"
                    .formatted(seen.reader(), seen.offset(), seen.partition(), reading.next));
        }
        reading.next = seen.offset() + 1;
        Value value = seen.value();
        Appends appends = producers.get(value.producer());
        if (appends == null || appends.invoked.get(value.number()) == Longs.NONE) {
            violation("%s saw %s at offset %d of partition %d, which nobody had sent"
                    .formatted(seen.reader(), value, seen.offset(), seen.partition()));
            return;
        }
        if (appends.partition.get(value.number()) != seen.partition()) {
            violation("%s saw %s in partition %d, but it was sent to %d"
                    .formatted(seen.reader(), value, seen.partition(), appends.partition.get(value.number())));
            return;
        }
        Records records = partitions.computeIfAbsent(seen.partition(), key -> new Records());
        if (records.producers.get(seen.offset()) == Longs.NONE) {
            records.producers.set(seen.offset(), value.producer());
            records.numbers.set(seen.offset(), value.number());
        } else if (records.producers.get(seen.offset()) != value.producer()
                || records.numbers.get(seen.offset()) != value.number()) {
            violation("%s saw %s at offset %d of partition %d, where others saw %d-%d"
                    .formatted(
                            seen.reader(),
                            value,
                            seen.offset(),
                            seen.partition(),
                            records.producers.get(seen.offset()),
                            records.numbers.get(seen.offset())));
            return;
        }
        long found = appends.found.get(value.number());
        if (found != Longs.NONE && found != seen.offset()) {
            violation("%s is in partition %d twice, at offsets %d and %d"
                    .formatted(value, seen.partition(), found, seen.offset()));
        }
        appends.found.set(value.number(), seen.offset());
    }

    /** No more events come: the violations, if there are any. All partitions must have been read to their end by then. */
    List<String> end() {
        producers.forEach(this::checkAnswers);
        partitions.forEach(this::checkOrder);
        List<String> told = new ArrayList<>(violations);
        if (violationCount > violations.size()) {
            told.add("and " + (violationCount - violations.size()) + " more");
        }
        return told;
    }

    private void checkAnswers(int producer, Appends appends) {
        for (int number = 0; number < appends.told.size(); number++) {
            long told = appends.told.get(number);
            long found = appends.found.get(number);
            Value value = new Value(producer, number);
            if (told == Appends.REFUSED && found != Longs.NONE) {
                violation("%s was refused, but is at offset %d of partition %d"
                        .formatted(value, found, appends.partition.get(number)));
            } else if (told >= 0 && found == Longs.NONE) {
                violation("%s was acknowledged at offset %d of partition %d, and is lost"
                        .formatted(value, told, appends.partition.get(number)));
            } else if (told >= 0 && found != told) {
                violation("%s was acknowledged at offset %d of partition %d, and is at %d"
                        .formatted(value, told, appends.partition.get(number), found));
            }
        }
    }

    private void checkOrder(int partition, Records records) {
        long lastInvoked = -1;
        Value invokedLast = null;
        Map<Integer, Integer> lastNumbers = new HashMap<>();
        for (long offset = 0; offset < records.producers.size(); offset++) {
            if (records.producers.get(offset) == Longs.NONE) {
                violation("nobody saw offset %d of partition %d, but what is behind it".formatted(offset, partition));
                continue;
            }
            int producer = (int) records.producers.get(offset);
            int number = (int) records.numbers.get(offset);
            Appends appends = producers.get(producer);
            long acknowledged = appends.acknowledged.get(number);
            if (acknowledged != Longs.NONE && acknowledged < lastInvoked) {
                violation("%d-%d was acknowledged before %s was sent, but lies behind it, at offset %d of partition %d"
                        .formatted(producer, number, invokedLast, offset, partition));
            }
            if (appends.invoked.get(number) > lastInvoked) {
                lastInvoked = appends.invoked.get(number);
                invokedLast = new Value(producer, number);
            }
            if (appends.isOrdered && acknowledged != Longs.NONE) {
                Integer before = lastNumbers.put(producer, number);
                if (before != null && before > number) {
                    violation("%d-%d lies behind %d-%d, which was handed over later, at offset %d of partition %d"
                            .formatted(producer, number, producer, before, offset, partition));
                }
            }
        }
    }

    private void violation(String what) {
        violationCount++;
        if (violations.size() < MOST_TOLD) {
            violations.add(what);
        }
    }

    /** What became of the appends; for people. */
    String summary() {
        long acknowledged = 0;
        long refused = 0;
        long all = 0;
        long stored = 0;
        for (Appends appends : producers.values()) {
            all += appends.invoked.size();
            for (int number = 0; number < appends.invoked.size(); number++) {
                acknowledged += appends.told.get(number) >= 0 ? 1 : 0;
                refused += appends.told.get(number) == Appends.REFUSED ? 1 : 0;
                stored += appends.found.get(number) != Longs.NONE ? 1 : 0;
            }
        }
        return "%d appends, %d acknowledged, %d refused, %d of unknown outcome; %d stored in %d partitions"
                .formatted(all, acknowledged, refused, all - acknowledged - refused, stored, partitions.size());
    }
}
