/**
 * A segmented, append-only log in a directory. {@link dev.varve.log.PartitionLog} owns one, {@link dev.varve.log.ObservedLog}
 * and {@link dev.varve.log.LogInspector} look at one from outside. No actor, no thread of its own.
 *
 * <p>Beneath it: {@code segment} (segment files, their indexes, the manifest), {@code io} (the port to the file system) and
 * {@code format} (bytes in, values out).
 */
package dev.varve.log;
