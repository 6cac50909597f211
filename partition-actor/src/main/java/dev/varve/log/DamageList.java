package dev.varve.log;

import dev.varve.log.format.Manifest.DamagedRange;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;

/** What is known to be damaged, each place once, and no more than a bounded number of them. Any thread. */
final class DamageList {
    /** Enough to see what is going on; a verification finds all. */
    static final int MAX_RANGES = 1_000;

    private record Place(long segmentId, long position) {}

    private final Map<Place, DamagedRange> ranges = new LinkedHashMap<>();

    DamageList(Collection<DamagedRange> known) {
        for (DamagedRange range : known) {
            ranges.put(new Place(range.segmentId(), range.position()), range);
        }
    }

    synchronized void add(long segmentId, long position, long firstOffset, long lastOffset) {
        Place place = new Place(segmentId, position);
        if (ranges.size() < MAX_RANGES || ranges.containsKey(place)) {
            ranges.put(place, new DamagedRange(segmentId, position, firstOffset, lastOffset));
        }
    }

    /** What is known of these segments. */
    synchronized List<DamagedRange> in(LongPredicate segmentIds) {
        return ranges.values().stream()
                .filter(range -> segmentIds.test(range.segmentId()))
                .toList();
    }

    /** Makes room: the segment is gone. */
    synchronized void forget(long segmentId) {
        ranges.keySet().removeIf(place -> place.segmentId() == segmentId);
    }
}
