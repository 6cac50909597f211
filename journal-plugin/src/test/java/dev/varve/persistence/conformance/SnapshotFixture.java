package dev.varve.persistence.conformance;

import java.util.List;
import org.apache.pekko.persistence.SnapshotMetadata;

/** What a case for a snapshot store has at hand. */
public interface SnapshotFixture extends Fixture {
    /** Speaks to the store. */
    SnapshotProbe snapshots();

    /** The metadata of five snapshots of a new persistence id, s-1 to s-5, at the sequence numbers 11 to 15, each with a time of its own. */
    List<SnapshotMetadata> fiveSnapshots();
}
