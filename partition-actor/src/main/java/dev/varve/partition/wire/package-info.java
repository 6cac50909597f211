/**
 * How the messages of partitions travel between nodes: Kryo, with a number for every class that may, and nothing else. Loaded by
 * {@code reference.conf}; nobody calls it by name.
 */
package dev.varve.partition.wire;
