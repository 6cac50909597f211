package dev.varve.log;

/**
 * What retention did.
 *
 * @param segments how many segments went
 * @param bytes how many bytes came back; those of indexes are not counted
 * @param logStartOffset the log start offset now
 */
public record RetentionResult(int segments, long bytes, long logStartOffset) {}
