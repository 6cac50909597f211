/**
 * Writing a sealed segment anew without its dead records: what is dead ({@link dev.varve.log.compaction.CompactionPolicy},
 * {@link dev.varve.log.compaction.KeyFacts}), and how the new segment is made ({@link dev.varve.log.compaction.SegmentRewrite}). Knows
 * segments, keys and the disk; which segments are worth it, and how one takes the place of another in the log, is the log's business.
 */
package dev.varve.log.compaction;
