/**
 * The actor that owns one log, {@link dev.varve.partition.PartitionActor}, its protocol, and a stream out of it,
 * {@link dev.varve.partition.PartitionSource}. The log itself is {@code dev.varve.log}, which knows nothing of actors.
 */
package dev.varve.partition;
