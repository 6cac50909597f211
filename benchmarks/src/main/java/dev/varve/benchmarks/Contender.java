package dev.varve.benchmarks;

import java.io.Closeable;
import java.io.IOException;

/** Something whose speed is measured, a slice of work at a time, so that two of them can take turns. */
public interface Contender extends Closeable {

    /** Does the next slice of work and tells how long it took; what it does before and after is not counted. */
    Slice slice() throws Exception;

    @Override
    default void close() throws IOException {}
}
