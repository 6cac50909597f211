package dev.varve.log;

/**
 * Hears what goes away. Called on the thread that had it removed, after that is durable, while nothing else changes the log; so it must
 * not block, nor call what changes the log. What it throws is logged and harms nothing.
 */
@FunctionalInterface
public interface LogListener {
    void removed(Removal removal);
}
