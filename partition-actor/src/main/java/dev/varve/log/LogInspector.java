package dev.varve.log;

import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Looks into the files of a log, damaged or not, beside its owner or without one; takes no lock and writes nothing. Any
 * thread; each call stands alone.
 */
public final class LogInspector {
    private LogInspector() {}

    /**
     * Walks every byte that a reader could meet: both copies of the manifest, the header and every frame of every
     * segment, the records in them, and the indexes. An unfinished tail past the durable mark is no finding.
     *
     * @param findings told of each finding, in the order of the log
     * @param progress told the number of bytes walked since it was last told
     * @return how much was walked
     * @throws LogException.Broken if there is no log in the directory
     * @throws LogException.IoFailed if the operating system cannot read
     */
    public static Verified verify(
            Path directory, LogOptions options, Consumer<Damage> findings, LongConsumer progress) {
        throw new UnsupportedOperationException();
    }

    /** What {@link #verify} walked. */
    public record Verified(int segments, long frames, long records, long bytes, long findings) {}

    /**
     * Hands over the frames of the log in order, from the one that holds an offset on; damaged bytes in between are told of
     * as such.
     *
     * @param fromOffset the first offset of interest
     * @throws LogException.Broken if there is no log in the directory
     * @throws LogException.IoFailed if the operating system cannot read
     */
    public static void dump(Path directory, LogOptions options, long fromOffset, FrameVisitor visitor) {
        throw new UnsupportedOperationException();
    }

    /** Takes what {@link #dump} finds. */
    public interface FrameVisitor {
        /** @return whether to go on */
        boolean frame(FrameDescription frame);

        /** @return whether to go on */
        boolean damage(Damage damage);
    }
}
