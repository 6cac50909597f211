package dev.varve.log.keys;

import java.io.IOException;

/** Where it can be looked up what a segment holds of each key: in memory or on disk. Any thread. */
public interface SegmentKeySource {

    /** What the segment holds of a key; null if nothing. */
    SegmentKeys.Found get(Key key) throws IOException;

    /** All its keys in their order. For one thread. */
    KeyCursor cursor() throws IOException;

    /** How many keys there are. */
    long count();

    /** About how much memory this takes. */
    long memoryBytes();
}
