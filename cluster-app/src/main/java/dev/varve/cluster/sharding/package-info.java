/**
 * Partitions of a cluster as sharded entities of a Pekko cluster: {@link dev.varve.cluster.sharding.PartitionSharding}. Stands on what
 * {@code dev.varve.cluster} says to everybody, and knows nothing of how partitions are replicated.
 */
package dev.varve.cluster.sharding;
