package dev.varve.log;

import dev.varve.log.format.Manifest;
import dev.varve.log.segment.ManifestStore;
import dev.varve.log.segment.SegmentFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Walks every byte of a log that a reader could meet, a segment at a time, beside its owner or without one. The segments are those that
 * there were when it began; what is deleted meanwhile is passed over, and of one that compaction replaces the new one is walked. For one use by one thread at a time.
 */
final class LogWalk {
    /** How often a segment is looked at again because the owner changed it meanwhile. */
    private static final int MAX_LOOKS = 5;

    private final Path directory;
    private final LogOptions options;
    private final ManifestStore manifests;
    private final Consumer<Damage> findings;
    private Manifest manifest;
    private Iterator<Manifest.Segment> left;
    private LogInspector.Verified walked = new LogInspector.Verified(0, 0, 0, 0, 0);

    /** @param findings told of each finding, in the order of the log */
    LogWalk(Path directory, LogOptions options, Consumer<Damage> findings) {
        this.directory = directory;
        this.options = options;
        this.manifests = new ManifestStore(options.disk(), directory);
        this.findings = findings;
    }

    /**
     * Walks a segment.
     *
     * @param progress told the number of bytes walked since it was last told
     * @return whether there is more to walk
     * @throws LogException.Broken if there is no log in the directory; a damaged one is not thrown but told
     * @throws LogException.IoFailed if the operating system cannot read; the next call goes on behind that
     */
    boolean walkOn(LongConsumer progress) {
        if (left == null && !begin()) {
            return false;
        }
        if (left.hasNext()) {
            SegmentVerifier.Result result =
                    verify(directory, options, manifests, manifest, left.next().baseOffset(), progress);
            result.findings().forEach(findings);
            walked = new LogInspector.Verified(
                    walked.segments() + (result.isThere() ? 1 : 0),
                    walked.frames() + result.frames(),
                    walked.records() + result.records(),
                    walked.bytes() + result.bytes(),
                    walked.findings() + result.findings().size());
        }
        if (left.hasNext()) {
            return true;
        }
        Damage stale = staleManifest(directory, options, manifests);
        if (stale != null) {
            find(stale);
        }
        return false;
    }

    private boolean begin() {
        List<Damage> found = new ArrayList<>();
        try {
            manifest = ObservedLog.readManifest(directory, manifests, found);
        } catch (LogException.Broken e) {
            if (found.isEmpty()) {
                throw e;
            }
            // There is none, or neither copy can be used: that is what there is to tell, and nothing else can be told
            // without one.
            found.forEach(this::find);
            return false;
        }
        found.forEach(this::find);
        left = manifest.segments().iterator();
        return true;
    }

    /** Whether it has begun, and there is more to walk. */
    boolean hasMore() {
        return left != null && left.hasNext();
    }

    /** Notes down a finding. */
    void find(Damage finding) {
        findings.accept(finding);
        walked = new LogInspector.Verified(
                walked.segments(), walked.frames(), walked.records(), walked.bytes(), walked.findings() + 1);
    }

    /** How much was walked so far. */
    LogInspector.Verified walked() {
        return walked;
    }

    /** What shows that the manifest is not the newest that the log had; null if nothing does. */
    static Damage staleManifest(Path directory, LogOptions options, ManifestStore manifests) {
        for (int looks = 1; ; looks++) {
            Manifest manifest = ObservedLog.readManifest(directory, manifests, new ArrayList<>());
            try {
                new DirectoryScan(options.disk(), directory).refuseUnnamedSegments(manifest);
                return null;
            } catch (LogException.Broken e) {
                boolean isStill = manifest.equals(ObservedLog.readManifest(directory, manifests, new ArrayList<>()));
                if (isStill || looks == MAX_LOOKS) {
                    return new Damage(
                            SegmentFiles.MANIFEST, 0, e.offset(), Long.MAX_VALUE, Damage.Kind.MANIFEST, e.getMessage());
                }
            } catch (IOException e) {
                throw new LogException.IoFailed(directory, -1, "looking at", e);
            }
        }
    }

    /** Verifies a segment; again, by a newer manifest, if something was found and the owner has changed the segment meanwhile. */
    private static SegmentVerifier.Result verify(
            Path directory,
            LogOptions options,
            ManifestStore manifests,
            Manifest first,
            long baseOffset,
            LongConsumer progress) {
        Manifest manifest = first;
        for (int looks = 1; ; looks++) {
            Manifest.Segment entry = LogInspector.entry(manifest, baseOffset);
            if (entry == null) {
                return SegmentVerifier.Result.GONE;
            }
            SegmentVerifier.Result result = new SegmentVerifier(directory, options, manifest, entry, progress).run();
            if (result.findings().isEmpty() || looks == MAX_LOOKS) {
                return result;
            }
            Manifest now = ObservedLog.readManifest(directory, manifests, new ArrayList<>());
            boolean sameSegment = entry.equals(LogInspector.entry(now, baseOffset));
            if (sameSegment && (entry == manifest.active()) == (LogInspector.entry(now, baseOffset) == now.active())) {
                return result;
            }
            manifest = now;
        }
    }
}
