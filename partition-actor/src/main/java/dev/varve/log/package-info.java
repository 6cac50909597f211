/**
 * A segmented, append-only log in a directory. {@link dev.varve.log.PartitionLog} owns one, {@link dev.varve.log.ObservedLog}
 * and {@link dev.varve.log.LogInspector} look at one from outside. No actor, no thread of its own.
 *
 * <p>Beneath it: {@code segment} (segment files, their indexes, the manifest), {@code io} (the port to the file system) and
 * {@code format} (bytes in, values out).
 *
 * <p>What opening a log after a clean close runs, in any of these, has no lambda in it, joins no strings and makes no logger: for the first
 * of each the platform loads a code generator or a library, and that takes a new process longer than all the rest.
 */
package dev.varve.log;
