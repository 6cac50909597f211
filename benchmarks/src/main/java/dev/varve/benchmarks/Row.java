package dev.varve.benchmarks;

import java.util.List;

/** A row of the table: some work, done by the log and by the raw floor, and what is asked of the log. */
public interface Row {

    /** A short name to choose it by. */
    String name();

    /** The work, in words. */
    String work();

    Unit unit();

    List<Goal> goals();

    /** How many slices of each come before those that are measured: until nothing is compiled any more. */
    default int warmUpRounds() {
        return 3;
    }

    /** How many slices of each are measured, beyond those that warm up. */
    int rounds();

    /** A plain file channel that moves the same bytes, with a checksum where the log checks one. */
    Contender raw(Workplace workplace) throws Exception;

    Contender ours(Workplace workplace) throws Exception;
}
