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
 * @param maintenance does what nobody waits for: retention, compaction; holds a thread for as long as that takes
 */
public record IoExecutors(Executor writes, Executor reads, Executor maintenance) {
    private static final String WRITE_DISPATCHER = "varve.write-dispatcher";
    private static final String READ_DISPATCHER = "varve.read-dispatcher";
    private static final String MAINTENANCE_DISPATCHER = "varve.maintenance-dispatcher";

    public IoExecutors {
        Objects.requireNonNull(writes, "writes");
        Objects.requireNonNull(reads, "reads");
        Objects.requireNonNull(maintenance, "maintenance");
    }

    /** Maintenance is done by those who read. */
    public IoExecutors(Executor writes, Executor reads) {
        this(writes, reads, reads);
    }

    /**
     * The dispatchers {@code varve.write-dispatcher}, {@code varve.read-dispatcher} and {@code varve.maintenance-dispatcher} of an
     * actor system.
     */
    public static IoExecutors of(ActorSystem<?> system) {
        return new IoExecutors(
                system.dispatchers().lookup(DispatcherSelector.fromConfig(WRITE_DISPATCHER)),
                system.dispatchers().lookup(DispatcherSelector.fromConfig(READ_DISPATCHER)),
                system.dispatchers().lookup(DispatcherSelector.fromConfig(MAINTENANCE_DISPATCHER)));
    }
}
