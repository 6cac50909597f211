/** Pekko's snapshots on partitions: how they are stored, chosen and deleted, and the snapshot store plugin itself. */
package dev.varve.persistence.snapshot;
