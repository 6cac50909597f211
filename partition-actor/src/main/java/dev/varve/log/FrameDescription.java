package dev.varve.log;

/**
 * A frame as {@code dump} shows it.
 *
 * @param file the name of its file
 * @param position where in the file it begins
 * @param epoch the epoch of its writer
 * @param sequence its sequence
 * @param baseOffset the offset of its first record; of a mark, the next offset of the log
 * @param lastOffset the offset of its last record; of a mark, the one below its base offset
 * @param records how many records; 0 for a mark
 * @param bytes its size in the file
 * @param codec none, lz4 or zstd
 * @param control whether it is the log's own, which readers skip
 * @param durableMark the position up to which its segment was known to be synced when it was written
 * @param crc its checksum as stored
 */
public record FrameDescription(
        String file,
        long position,
        long epoch,
        long sequence,
        long baseOffset,
        long lastOffset,
        int records,
        int bytes,
        String codec,
        boolean control,
        long durableMark,
        int crc) {}
