package dev.varve.log;

import java.util.OptionalLong;

/**
 * The last walk over a log that looked for damage, while the log was at work.
 *
 * @param begunMillis when it began, milliseconds since 1970-01-01T00:00:00Z
 * @param endedMillis when it ended; empty while it is under way
 * @param bytes how much it has walked
 * @param findings how many findings it has; what they are is among the damage
 */
public record ScrubDescription(long begunMillis, OptionalLong endedMillis, long bytes, long findings) {}
