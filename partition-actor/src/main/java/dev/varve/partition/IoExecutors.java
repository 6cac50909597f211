package dev.varve.partition;

import java.util.Objects;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;

/**
 * Where the disk's work is done: threads that may block. Writes and syncs have threads of their own, so that a slow disk does
 * not keep reads from the page cache waiting. The threads must not be interrupted while they write.
 *
 * @param writes opens and closes logs, writes, syncs
 * @param reads reads
 */
public record IoExecutors(Executor writes, Executor reads) {
    private static final String WRITE_DISPATCHER = "varve.write-dispatcher";
    private static final String READ_DISPATCHER = "varve.read-dispatcher";

    public IoExecutors {
        Objects.requireNonNull(writes, "writes");
        Objects.requireNonNull(reads, "reads");
    }

    /** The dispatchers {@code varve.write-dispatcher} and {@code varve.read-dispatcher} of an actor system. */
    public static IoExecutors of(ActorSystem<?> system) {
        return new IoExecutors(
                system.dispatchers().lookup(DispatcherSelector.fromConfig(WRITE_DISPATCHER)),
                system.dispatchers().lookup(DispatcherSelector.fromConfig(READ_DISPATCHER)));
    }
}
