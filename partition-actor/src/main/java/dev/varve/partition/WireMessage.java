package dev.varve.partition;

/**
 * Something that may travel between nodes. The serializer of {@code dev.varve.partition.wire} is bound to this type by the
 * reference configuration; a class that it has no number for is refused.
 */
public interface WireMessage {}
