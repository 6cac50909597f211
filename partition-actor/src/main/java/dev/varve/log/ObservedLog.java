package dev.varve.log;

import java.io.Closeable;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * A log seen from outside: takes no lock, writes nothing, and works beside its owner, in this process or another. What
 * it shows is a moment of the log; {@link #refresh()} looks again.
 *
 * <p>Beyond the durable mark it shows the records that are written and whole; an unfinished tail is the end of the log.
 * Any thread may read; {@link #refresh} and {@link #close} are the business of one thread at a time.
 */
public final class ObservedLog implements ReadableLog, Closeable {
    private ObservedLog() {}

    /**
     * Looks at the log in a directory.
     *
     * @throws LogException.Broken if there is no log, or one that cannot be made sense of
     * @throws LogException.IoFailed if the operating system cannot read
     */
    public static ObservedLog open(Path directory, LogOptions options) {
        throw new UnsupportedOperationException();
    }

    /**
     * Looks again: takes in what was appended, rolled and deleted since.
     *
     * @return whether the log end offset has moved
     */
    public boolean refresh() {
        throw new UnsupportedOperationException();
    }

    @Override
    public ReadResult read(long offset, int maxBytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public OptionalLong offsetForTimestamp(long timestamp) {
        throw new UnsupportedOperationException();
    }

    @Override
    public LogDescription describe() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
