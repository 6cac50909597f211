package dev.varve.log.testkit;

import java.io.IOException;

/** What every operation on a {@link SimDisk} answers between a crash and {@link SimDisk#restart()}. */
public final class SimulatedCrash extends IOException {
    private static final long serialVersionUID = 1L;

    SimulatedCrash(String message) {
        super(message);
    }
}
