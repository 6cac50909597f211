package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicReference;

/**
 * What was found wrong with what a cluster stored, in this build. Tests of the cluster are run again when they fail, for on a busy machine a node
 * may need longer than anybody's patience; but records that were lost or doubled once are not made good by a run in which they are not.
 */
public final class Verdict {
    private static final AtomicReference<String> BAD = new AtomicReference<>();

    private Verdict() {}

    /** Something is wrong with what was stored. */
    public static void bad(String what) {
        BAD.compareAndSet(null, what);
    }

    /** Fails if something was wrong before. */
    public static void requireNoneBad() {
        assertThat(BAD.get()).as("what an earlier run found wrong").isNull();
    }
}
