package dev.varve.cluster.formation;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The last announcement of each other node, while it is fresh. Any thread. */
final class Heard {
    /** Nodes that are tried now and then announce themselves more often than this. */
    private static final long FRESH_NANOS = 6_000_000_000L;

    private final String self;
    private final Map<String, Entry> entries = new ConcurrentHashMap<>();

    private record Entry(Announcement announcement, long atNanos) {}

    Heard(String self) {
        this.self = self;
    }

    void accept(Announcement announcement) {
        if (!announcement.nodeId().equals(self)) {
            entries.put(announcement.nodeId(), new Entry(announcement, System.nanoTime()));
        }
    }

    Collection<Announcement> fresh() {
        long now = System.nanoTime();
        entries.values().removeIf(entry -> now - entry.atNanos() > FRESH_NANOS);
        return entries.values().stream().map(Entry::announcement).toList();
    }
}
