/** Pekko's durable state on partitions: how it is stored, its changes as streams, and the plugin itself. */
package dev.varve.persistence.state;
