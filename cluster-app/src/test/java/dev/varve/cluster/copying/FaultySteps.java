package dev.varve.cluster.copying;

import java.io.IOException;
import java.nio.file.Path;

/** Steps of a switch of which one is never begun, as if the process had ended just before. */
public final class FaultySteps implements Staging.Steps {
    private int left;
    private final boolean isForGood;

    public FaultySteps(int stepsThatAreDone) {
        this(stepsThatAreDone, false);
    }

    /** @param isForGood whether no step is begun behind that one either, though the process goes on */
    public FaultySteps(int stepsThatAreDone, boolean isForGood) {
        this.left = stepsThatAreDone;
        this.isForGood = isForGood;
    }

    public static final class Crash extends IOException {
        private static final long serialVersionUID = 1L;

        Crash(String step) {
            super(step);
        }
    }

    @Override
    public void before(String step) throws IOException {
        if (left == 0) {
            left = isForGood ? 0 : Integer.MAX_VALUE;
            throw new Crash(step);
        }
        left--;
    }

    public Staging staging(Path directory, Path state, Path partitions) {
        return new Staging(directory, state, partitions, this);
    }
}
