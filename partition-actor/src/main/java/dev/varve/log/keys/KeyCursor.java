package dev.varve.log.keys;

import java.io.IOException;

/** A place in a run of keys in their order. For one thread. */
public interface KeyCursor {

    /** The key here; null behind the last one. */
    Key key();

    /** What the segment says of the key here. */
    KeySummary summary();

    /** All that the segment holds of the key here. */
    SegmentKeys.Found found();

    void advance() throws IOException;
}
