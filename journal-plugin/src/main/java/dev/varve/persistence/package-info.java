/** Pekko Persistence on partitions: journal, snapshots, queries and durable state. */
package dev.varve.persistence;
