package dev.varve.server.journal;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Which events have which tags. Takes a long for each event and tag. To be filled by one thread at a time, then any may look. */
final class TagIndex {
    private final Map<String, Map<String, Numbers>> numbersByTagById = new HashMap<>();

    /** Ascending. */
    private static final class Numbers {
        private long[] values = new long[4];
        private int count;

        void add(long value) {
            if (count == values.length) {
                values = Arrays.copyOf(values, 2 * count);
            }
            values[count++] = value;
        }

        boolean has(long value) {
            return Arrays.binarySearch(values, 0, count, value) >= 0;
        }
    }

    /** The events of a persistence id come in their order. */
    void add(String persistenceId, long sequenceNr, String tag) {
        numbersByTagById
                .computeIfAbsent(persistenceId, id -> new HashMap<>(2))
                .computeIfAbsent(tag, each -> new Numbers())
                .add(sequenceNr);
    }

    Set<String> tags(String persistenceId, long sequenceNr) {
        Map<String, Numbers> numbersByTag = numbersByTagById.get(persistenceId);
        if (numbersByTag == null) {
            return Set.of();
        }
        Set<String> tags = new HashSet<>();
        numbersByTag.forEach((tag, numbers) -> {
            if (numbers.has(sequenceNr)) {
                tags.add(tag);
            }
        });
        return tags;
    }
}
