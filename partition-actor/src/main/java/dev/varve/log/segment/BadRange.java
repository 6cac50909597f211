package dev.varve.log.segment;

/**
 * Bytes of a segment that are no frame, met by a reader.
 *
 * @param position where they begin
 * @param firstOffset the least offset that may be lost with them
 * @param lastOffset the greatest offset that may be lost with them; below the first if none is
 * @param reason what is wrong with them
 */
public record BadRange(long position, long firstOffset, long lastOffset, String reason) {}
