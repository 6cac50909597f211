package dev.varve.log;

import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.Manifest;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import dev.varve.log.segment.ManifestStore;
import dev.varve.log.segment.SegmentFiles;
import dev.varve.log.segment.SegmentScanner;
import dev.varve.log.segment.SegmentScanner.Expectation;
import dev.varve.log.segment.SegmentView;
import dev.varve.log.segment.UnreadableException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;

/**
 * A log seen from outside: takes no lock, writes nothing, and works beside its owner, in this process or another. What
 * it shows is a moment of the log; {@link #refresh()} looks again.
 *
 * <p>Beyond the durable mark it shows the records that are written and whole; an unfinished tail is the end of the log.
 * Any thread may read; {@link #refresh} and {@link #close} are the business of one thread at a time.
 */
public final class ObservedLog implements ReadableLog, Closeable {
    /** How often a look is begun anew because the owner changed the log meanwhile. */
    private static final int MAX_LOOKS = 10;

    private final Path directory;
    private final LogOptions options;
    private final Disk disk;
    private final ManifestStore manifests;
    private LogReads reads;
    private DamageList damage;
    private volatile Observation observation;

    /** Whether the index of the active segment may know of frames that the observation does not show. */
    private boolean indexIsAhead;

    /**
     * What a look found.
     *
     * @param next what must hold of the next frame in the active segment
     * @param last the last frame of the active segment, or null where that is not known or there is none
     */
    private record Observation(
            Manifest manifest,
            LogView view,
            LogState state,
            Expectation next,
            TailScan.LastFrame last,
            List<Damage> findings) {}

    private ObservedLog(Path directory, LogOptions options) {
        this.directory = directory;
        this.options = options;
        this.disk = options.disk();
        this.manifests = new ManifestStore(disk, directory);
    }

    /**
     * Looks at the log in a directory.
     *
     * @throws LogException.Broken if there is no log, or one that cannot be made sense of
     * @throws LogException.IoFailed if the operating system cannot read
     */
    public static ObservedLog open(Path directory, LogOptions options) {
        ObservedLog log = new ObservedLog(directory.toAbsolutePath().normalize(), options);
        log.look(MAX_LOOKS);
        return log;
    }

    /** Looks at everything; begins anew when the owner rolled or deleted between the manifest and the files that it names. */
    private void look(int looksLeft) {
        List<Damage> findings = new ArrayList<>();
        Manifest manifest = readManifest(findings);
        try {
            new DirectoryScan(disk, directory).refuseUnnamedSegments(manifest);
            if (reads == null) {
                damage = new DamageList(manifest.damage());
                int maxFrameBytes = Math.max(manifest.maxFrameBytes(), options.maxBatchBytes());
                reads = new LogReads(options, manifest.logId(), maxFrameBytes, damage);
            }
            observation = observe(manifest, findings);
            indexIsAhead = false;
        } catch (NoSuchFileException | LogException.Broken e) {
            if (looksLeft > 1 && !manifest.equals(readManifest(directory, manifests, new ArrayList<>()))) {
                look(looksLeft - 1);
                return;
            }
            if (e instanceof LogException.Broken broken) {
                throw broken;
            }
            throw new LogException.Broken(
                    SegmentFiles.log(directory, manifest.active().baseOffset()),
                    manifest.active().baseOffset(),
                    "the newest segment is missing; restore the file from a copy, or copy what is good with varve repair");
        } catch (UnreadableException e) {
            throw unreadable(SegmentFiles.log(directory, manifest.active().baseOffset()), e);
        } catch (IOException e) {
            throw new LogException.IoFailed(directory, -1, "looking at the log in", e);
        }
    }

    private static LogException unreadable(Path file, UnreadableException e) {
        long baseOffset = SegmentFiles.baseOffset(file.getFileName().toString()).orElseThrow();
        return new LogException.Broken(file, baseOffset, e.getMessage());
    }

    /** The manifest of the log that was opened. */
    private Manifest readManifest(List<Damage> findings) {
        Manifest manifest = readManifest(directory, manifests, findings);
        if (observation != null && !isSameLog(observation.manifest(), manifest)) {
            throw new LogException.Broken(
                    manifests.file(),
                    0,
                    "the log that was looked at is gone, and another one is in its place; open that one");
        }
        return manifest;
    }

    /** Whether a manifest can be a later one of the same log: no segment takes the place of another one. */
    private static boolean isSameLog(Manifest before, Manifest now) {
        if (now.equals(before)) {
            return true;
        }
        Map<Long, Manifest.Segment> known = new HashMap<>();
        before.segments().forEach(segment -> known.put(segment.segmentId(), segment));
        return now.logId() == before.logId()
                && now.nextSegmentId() >= before.nextSegmentId()
                && now.segments().stream().allMatch(segment -> {
                    Manifest.Segment same = known.getOrDefault(segment.segmentId(), segment);
                    return same.baseOffset() == segment.baseOffset() && same.createdMillis() == segment.createdMillis();
                });
    }

    /** The manifest of a log; what is wrong with one of its copies goes to the findings. */
    static Manifest readManifest(Path directory, ManifestStore manifests, List<Damage> findings) {
        try {
            Optional<Manifest.Decoded> read = manifests.read();
            if (read.isEmpty()) {
                throw missing(directory, manifests, findings);
            }
            Manifest.Decoded decoded = read.get();
            for (int i = 0; i < decoded.problems().size(); i++) {
                findings.add(new Damage(
                        SegmentFiles.MANIFEST,
                        decoded.positions().get(i),
                        -1,
                        -1,
                        Damage.Kind.MANIFEST,
                        decoded.problems().get(i)));
            }
            if (decoded.manifest() == null) {
                throw new LogException.Broken(manifests.file(), 0, decoded.refusal());
            }
            return decoded.manifest();
        } catch (IOException e) {
            throw new LogException.IoFailed(manifests.file(), -1, "reading", e);
        }
    }

    private static LogException.Broken missing(Path directory, ManifestStore manifests, List<Damage> findings)
            throws IOException {
        DirectoryScan scan = new DirectoryScan(manifests.disk(), directory);
        List<String> segments = scan.segmentsOfALog();
        if (segments.isEmpty() || scan.names().contains(LogDeletion.DELETED_MANIFEST)) {
            return new LogException.Broken(manifests.file(), 0, "there is no log in " + directory);
        }
        String problem = "the manifest is missing, but there are segments: " + segments;
        findings.add(new Damage(SegmentFiles.MANIFEST, 0, -1, -1, Damage.Kind.MANIFEST, problem));
        return new LogException.Broken(
                manifests.file(),
                0,
                problem + ". Restore the manifest from a copy, or copy what is good with varve repair");
    }

    private Observation observe(Manifest manifest, List<Damage> findings) throws IOException {
        List<SegmentView> sealed = sealed(manifest);
        Manifest.Segment last = manifest.active();
        Path path = SegmentFiles.log(directory, last.baseOffset());
        try (LogFile file = disk.open(path, Disk.OpenMode.READ)) {
            if (file.size() == last.lengthBytes()) {
                SegmentView active = SegmentView.of(directory, last, false);
                LogView view = new LogView(
                        sealed, active, manifest.logStartOffset(), nextOffset(manifest), nextOffset(manifest));
                Expectation next = new Expectation(nextOffset(manifest), manifest.epoch(), manifest.sequence());
                return new Observation(manifest, view, LogState.CLEAN, next, null, findings);
            }
            TailScan.Result tail = TailScan.scanBesideOwner(
                    file, path, codec(manifest), maxFrameBytes(manifest), last, before(path, last), TailScan.IGNORE);
            for (TailScan.Damaged range : tail.damaged()) {
                damage.add(last.segmentId(), range.position(), range.firstOffset(), range.lastOffset());
            }
            long end = Math.max(tail.next().offset(), manifest.logStartOffset());
            LogView view = new LogView(
                    sealed,
                    tail.view(),
                    manifest.logStartOffset(),
                    end,
                    Math.max(tail.durableOffset(), manifest.logStartOffset()));
            return new Observation(manifest, view, LogState.UNFINISHED, tail.next(), tail.last(), findings);
        }
    }

    private List<SegmentView> sealed(Manifest manifest) {
        List<SegmentView> sealed = new ArrayList<>();
        for (Manifest.Segment segment : manifest.segments()) {
            if (segment != manifest.active()) {
                sealed.add(SegmentView.of(directory, segment, true));
            }
        }
        return sealed;
    }

    private static long nextOffset(Manifest manifest) {
        return Math.max(manifest.durableOffset(), manifest.logStartOffset());
    }

    private int maxFrameBytes(Manifest manifest) {
        return Math.max(manifest.maxFrameBytes(), options.maxBatchBytes());
    }

    private static FrameCodec codec(Manifest manifest) {
        return new FrameCodec(manifest.logId());
    }

    private Expectation before(Path path, Manifest.Segment segment) throws IOException {
        SegmentHeader.Decoded decoded = DirectoryScan.readHeader(disk, path);
        if (decoded instanceof SegmentHeader.Decoded.Unreadable unreadable) {
            throw new UnreadableException(0, unreadable.reason());
        }
        return decoded instanceof SegmentHeader.Decoded.Ok ok
                ? new Expectation(
                        segment.baseOffset(), ok.header().epoch(), ok.header().sequence())
                : new Expectation(segment.baseOffset(), 0, -1);
    }

    /**
     * Looks again: takes in what was appended, rolled and deleted since. Costs the manifest, what was appended, and what the
     * owner has written ahead, which is a megabyte at most.
     *
     * @return whether the log end offset has moved
     * @throws LogException.Broken if the log is gone, even if another one was created in its place, or can no longer be made
     *     sense of
     * @throws LogException.IoFailed if the operating system cannot read
     */
    public boolean refresh() {
        Observation before = observation;
        Manifest manifest = readManifest(new ArrayList<>());
        boolean sameSegment =
                manifest.active().segmentId() == before.manifest().active().segmentId();
        if (!sameSegment || before.view().active().liveIndex() == null || !extend(before, manifest)) {
            look(MAX_LOOKS);
        }
        if (observation.manifest() != before.manifest()) {
            retireGone(before.view(), observation.manifest());
        }
        return observation.view().logEndOffset() != before.view().logEndOffset();
    }

    /** Lets go of the files of segments that the owner deleted, so that it gets their space. */
    private void retireGone(LogView before, Manifest now) {
        Set<Long> ids = new HashSet<>();
        now.segments().forEach(segment -> ids.add(segment.segmentId()));
        for (int i = 0; i < before.segmentCount(); i++) {
            if (!ids.contains(before.segment(i).segmentId())) {
                reads.retire(before.segment(i));
            }
        }
    }

    /**
     * Takes in what was appended to the segment that was active before; false if that is not all that happened, so that
     * everything needs looking at.
     */
    private boolean extend(Observation before, Manifest manifest) {
        SegmentView seen = before.view().active();
        Growth growth = new Growth(seen, before.next(), before.last());
        long fileBytes;
        try (LogFile file = disk.open(seen.file(), Disk.OpenMode.READ)) {
            fileBytes = file.size();
            if (indexIsAhead || fileBytes < seen.lengthBytes() || wasCutBack(before, file)) {
                return false;
            }
            indexIsAhead = true;
            new SegmentScanner(codec(manifest), maxFrameBytes(manifest))
                    .scan(file, seen.segmentId(), seen.lengthBytes(), fileBytes, before.next(), growth);
        } catch (NoSuchFileException e) {
            return false;
        } catch (UnreadableException e) {
            throw unreadable(seen.file(), e);
        } catch (IOException e) {
            throw new LogException.IoFailed(seen.file(), seen.lengthBytes(), "reading", e);
        }
        if (growth.provesDamage() || growth.end() < manifest.active().lengthBytes()) {
            return false;
        }
        boolean clean = fileBytes == manifest.active().lengthBytes() && growth.end() == fileBytes;
        long end = Math.max(growth.next().offset(), manifest.logStartOffset());
        long durable = Math.max(
                Math.max(growth.durableOffset(), before.view().durableOffset()),
                Math.max(manifest.durableOffset(), manifest.logStartOffset()));
        observation = new Observation(
                manifest.equals(before.manifest()) ? before.manifest() : manifest,
                new LogView(
                        manifest.equals(before.manifest()) ? before.view().sealed() : sealed(manifest),
                        growth.view(),
                        manifest.logStartOffset(),
                        end,
                        Math.min(durable, end)),
                clean ? LogState.CLEAN : LogState.UNFINISHED,
                growth.next(),
                growth.last(),
                before.findings());
        indexIsAhead = false;
        return true;
    }

    /** Whether the owner took back what was seen, as it does when the rest of a commit finds no room. */
    private static boolean wasCutBack(Observation before, LogFile file) throws IOException {
        return before.last() != null && !before.last().isStillIn(file);
    }

    @Override
    public ReadResult read(long offset, int maxBytes) {
        return looking(view -> reads.read(view, offset, maxBytes));
    }

    @Override
    public OptionalLong offsetForTimestamp(long timestamp) {
        return looking(view -> reads.offsetForTimestamp(view, timestamp));
    }

    /** Looks at the log; again, if that failed because the owner has deleted or replaced a segment that this look still shows. */
    private <T> T looking(Function<LogView, T> look) {
        LogView view = observation.view();
        while (true) {
            try {
                return look.apply(view);
            } catch (LogException.IoFailed | LogException.Broken e) {
                LogView renewed = renewed(view);
                if (renewed.sealed().equals(view.sealed())) {
                    throw e;
                }
                view = renewed;
            }
        }
    }

    /** The same look, with the sealed segments as they are now. */
    private LogView renewed(LogView view) {
        Manifest now = readManifest(directory, manifests, new ArrayList<>());
        List<SegmentView> sealed = sealed(now).stream()
                .filter(segment -> segment.baseOffset() < view.active().baseOffset())
                .toList();
        long logStartOffset = Math.max(view.logStartOffset(), now.logStartOffset());
        return new LogView(
                sealed,
                view.active(),
                logStartOffset,
                Math.max(view.logEndOffset(), logStartOffset),
                view.durableOffset());
    }

    @Override
    public LogDescription describe() {
        Observation seen = observation;
        return Descriptions.describe(
                seen.view(), seen.manifest().logId(), seen.next().epoch(), seen.state(), "", damage, seen.findings());
    }

    @Override
    public void close() {
        try {
            reads.close();
        } catch (IOException e) {
            throw new LogException.IoFailed(directory, -1, "closing", e);
        }
    }
}
