/**
 * A segmented, append-only log in a directory. {@link dev.varve.log.PartitionLog} owns one, {@link dev.varve.log.ObservedLog}
 * and {@link dev.varve.log.LogInspector} look at one from outside. No actor, no thread of its own.
 *
 * <p>Inside an open log {@code LogRecovery} has found out from the files where it goes on, and {@code LogCreation} has made one where there
 * was none. A {@code Commit} holds {@code StagedBatch}es, whose frames lie in its {@code FrameBuffer}; {@code Admission} says which of them are to
 * be written, {@code LogEnd} gives them their places. {@code LogTail} has them written, synced and shown, by way of the {@code LogWriter}, which
 * changes the files. {@code Readiness} says what it means when the disk refuses something, {@code Housekeeping} does what is due by the clock,
 * {@code Upkeep} takes out what is no longer kept. {@code LogReads} and {@code LogKeys} answer readers.
 *
 * <p>Beneath it: {@code segment} (segment files, their indexes, the manifest), {@code io} (the port to the file system) and
 * {@code format} (bytes in, values out).
 *
 * <p>What opening a log after a clean close runs, in any of these, has no lambda in it, joins no strings and makes no logger: for the first
 * of each the platform loads a code generator or a library, and that takes a new process longer than all the rest.
 */
package dev.varve.log;
