/** Pekko's events on partitions: how they are stored, who may write them, and the journal plugin itself. */
package dev.varve.persistence.journal;
