package dev.varve.log;

import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.Manifest;
import dev.varve.log.io.LogFile;
import dev.varve.log.segment.CompactedFiles;
import dev.varve.log.segment.ForeignSegmentException;
import dev.varve.log.segment.ManifestStore;
import dev.varve.log.segment.SegmentFiles;
import dev.varve.log.segment.UnreadableException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * Looks into the files of a log, damaged or not, beside its owner or without one; takes no lock and writes nothing. Any
 * thread; each call stands alone.
 */
public final class LogInspector {
    private LogInspector() {}

    /** What {@link #verify} walked. */
    public record Verified(int segments, long frames, long records, long bytes, long findings) {}

    /**
     * Walks every byte that a reader could meet: both copies of the manifest, the header and every frame of every
     * segment, the records in them, and the indexes; and looks for segments that the manifest does not name. An unfinished tail past the durable mark is no finding.
     *
     * @param findings told of each finding, in the order of the log
     * @param progress told the number of bytes walked since it was last told
     * @return how much was walked
     * @throws LogException.Broken if there is no log in the directory; a damaged one is not thrown but told
     * @throws LogException.IoFailed if the operating system cannot read
     */
    public static Verified verify(
            Path directory, LogOptions options, Consumer<Damage> findings, LongConsumer progress) {
        LogWalk walk = new LogWalk(directory.toAbsolutePath().normalize(), options, findings);
        boolean isMore = true;
        while (isMore) {
            isMore = walk.walkOn(progress);
        }
        return walk.walked();
    }

    /** The segment that begins at an offset: another one than before, if compaction replaced that; null if there is none. */
    static Manifest.Segment entry(Manifest manifest, long baseOffset) {
        return manifest.segments().stream()
                .filter(segment -> segment.baseOffset() == baseOffset)
                .findFirst()
                .orElse(null);
    }

    /** Takes what {@link #dump} finds, in the order of the log. */
    public interface FrameVisitor {
        /**
         * A frame whose checksums are right.
         *
         * @return whether to go on
         */
        boolean frame(FrameDescription frame);

        /**
         * The same, for those who look at the records too: also those of the log's own frames, see
         * {@link dev.varve.log.format.KeyControl}.
         *
         * @param batch gives the frame's records, copied by each call; only until this returns, and not of a mark
         * @return whether to go on
         */
        default boolean frame(FrameDescription frame, Supplier<StoredBatch> batch) {
            return frame(frame);
        }

        /**
         * Bytes below the durable mark that are no frame; or segments behind the last one that the manifest does not name.
         *
         * @return whether to go on
         */
        boolean damage(Damage damage);
    }

    /**
     * Hands over the frames of the log in order, from the one that holds an offset on; damaged bytes in between are told of
     * as such. An unfinished tail past the durable mark is the end.
     *
     * @param fromOffset the first offset of interest
     * @throws LogException.Broken if there is no log in the directory, or a segment of it is missing or of a later version
     * @throws LogException.IoFailed if the operating system cannot read
     */
    public static void dump(Path directory, LogOptions options, long fromOffset, FrameVisitor visitor) {
        Path absolute = directory.toAbsolutePath().normalize();
        ManifestStore manifests = new ManifestStore(options.disk(), absolute);
        Manifest manifest = ObservedLog.readManifest(absolute, manifests, new ArrayList<>());
        for (Manifest.Segment segment : manifest.segments()) {
            boolean sealed = segment != manifest.active();
            if (sealed && segment.lastOffset() < fromOffset) {
                continue;
            }
            if (!dump(absolute, options, manifests, manifest, segment, fromOffset, visitor)) {
                return;
            }
        }
        Damage stale = LogWalk.staleManifest(absolute, options, manifests);
        if (stale != null) {
            visitor.damage(stale);
        }
    }

    /** Dumps a segment, or what has taken its place since the manifest was read; whether to go on. */
    private static boolean dump(
            Path directory,
            LogOptions options,
            ManifestStore manifests,
            Manifest manifest,
            Manifest.Segment segment,
            long fromOffset,
            FrameVisitor visitor) {
        Path path = SegmentFiles.log(directory, segment.baseOffset());
        try (LogFile file = CompactedFiles.open(options.disk(), manifest.logId(), path, segment.segmentId())) {
            return new SegmentDump(file, path, options, manifest, segment, fromOffset, visitor).run();
        } catch (NoSuchFileException | ForeignSegmentException e) {
            Manifest now = ObservedLog.readManifest(directory, manifests, new ArrayList<>());
            Manifest.Segment other = entry(now, segment.baseOffset());
            if (segment.equals(other)) {
                throw new LogException.Broken(
                        path,
                        segment.baseOffset(),
                        e instanceof ForeignSegmentException ? e.getMessage() : "this segment is missing");
            }
            // The owner has deleted or compacted it since.
            return other == null || dump(directory, options, manifests, now, other, fromOffset, visitor);
        } catch (UnreadableException e) {
            throw new LogException.Broken(path, segment.baseOffset(), e.getMessage());
        } catch (IOException e) {
            throw new LogException.IoFailed(path, -1, "reading", e);
        }
    }

    static FrameDescription describe(Path path, FrameHeader header, long position, int crc) {
        return new FrameDescription(
                path.getFileName().toString(),
                position,
                header.epoch(),
                header.sequence(),
                header.baseOffset(),
                header.lastOffset(),
                header.recordCount(),
                header.frameBytes(),
                header.codecName(),
                header.isControl(),
                header.durableMark(),
                crc);
    }
}
