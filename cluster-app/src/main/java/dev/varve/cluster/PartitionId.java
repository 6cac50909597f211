package dev.varve.cluster;

/** A partition of a topic, by the id of the topic: the next topic of the same name has another one. */
record PartitionId(long topicId, int partition) {}
