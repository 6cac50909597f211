/**
 * Finding records by their keys: which keys a segment holds and where ({@link dev.varve.log.keys.SegmentKeys} while it is active,
 * {@link dev.varve.log.keys.KeyTable} on disk once it is sealed), and over all segments what is known of each key
 * ({@link dev.varve.log.keys.KeyDirectory}). All of it is a hint: it is made anew from the segments when it is missing or wrong.
 */
package dev.varve.log.keys;
