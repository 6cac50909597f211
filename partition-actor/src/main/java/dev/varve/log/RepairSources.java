package dev.varve.log;

import dev.varve.log.format.Manifest;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.segment.CompactedFiles;
import dev.varve.log.segment.ManifestStore;
import dev.varve.log.segment.SegmentFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Which files of a damaged directory are segments of the log, and which log that is: by the manifest if it can be used, else by the
 * headers of the segments, and where a header is damaged by the note of producers or the index beside it. Reads names and small pieces; for one use.
 */
final class RepairSources {
    /**
     * A segment to copy.
     *
     * @param header null if it is damaged
     * @param entry what the manifest says of it; null if that does not name it
     */
    record Source(
            Path file, long sizeBytes, long segmentId, long baseOffset, SegmentHeader header, Manifest.Segment entry) {

        /** The base offset in the name of the file, which may be a wrong one. */
        long nameOffset() {
            String name = file.getFileName().toString();
            CompactedFiles.Waiting waiting = CompactedFiles.parse(name);
            return waiting == null ? RepairSources.nameOffset(name) : waiting.baseOffset();
        }
    }

    /**
     * What there is.
     *
     * @param manifest null if none can be used
     * @param segments in the order of their base offsets
     * @param leastNextOffset the log went at least up to here, as far as the manifest and the names tell
     */
    record Found(
            long logId,
            Manifest manifest,
            List<Source> segments,
            long leastNextOffset,
            long nextSegmentId,
            boolean hasKeyTables) {}

    private final Path directory;
    private final LogOptions options;
    private final Disk disk;
    private final SegmentEvidence evidence;
    private final Consumer<Damage> leftOut;
    private final Consumer<String> notes;
    private final Map<String, Long> sizes = new TreeMap<>();
    private final Map<String, SegmentHeader.Decoded> headers = new TreeMap<>();
    private final Map<Long, Manifest.Segment> entries = new HashMap<>();
    private final Set<String> taken = new HashSet<>();
    private final TreeMap<Long, Source> sources = new TreeMap<>();
    private final Set<Long> segmentIds = new HashSet<>();
    private Manifest manifest;
    private long logId;

    RepairSources(Path directory, LogOptions options, Consumer<Damage> leftOut, Consumer<String> notes) {
        this.directory = directory;
        this.options = options;
        this.disk = options.disk();
        this.leftOut = leftOut;
        this.notes = notes;
        this.evidence = new SegmentEvidence(disk, directory, notes);
    }

    /**
     * Looks.
     *
     * @throws LogException.Broken if there is no log, or nothing tells which one
     */
    Found find() throws IOException {
        for (Disk.Entry entry : disk.list(directory)) {
            sizes.put(entry.name(), entry.sizeBytes());
        }
        readManifest();
        for (String name : sizes.keySet()) {
            if (SegmentFiles.isLog(name)) {
                headers.put(name, evidence.header(directory.resolve(name)));
            }
            if (name.endsWith(SegmentFiles.QUARANTINE)) {
                notes.accept(name + " (" + sizes.get(name)
                        + " bytes) was put aside by an earlier recovery; it is no part of the log and was not copied");
            }
        }
        logId = manifest != null ? manifest.logId() : logIdOfTheFiles();
        // What compaction wrote takes the place of the old file from the moment at which the manifest names it.
        sizes.keySet().forEach(name -> placeCompacted(name, true));
        headers.forEach(this::place);
        // A file under the name of another segment counts only where the right one is not to be had.
        headers.forEach(this::placeMisnamed);
        sizes.keySet().forEach(name -> placeCompacted(name, false));
        if (manifest != null) {
            manifest.segments().forEach(this::tellIfMissing);
        }
        return new Found(
                logId,
                manifest,
                List.copyOf(sources.values()),
                leastNextOffset(),
                nextSegmentId(),
                sizes.keySet().stream()
                        .anyMatch(name -> name.equals(SegmentFiles.KEY_DIRECTORY) || name.endsWith(SegmentFiles.KEYS)));
    }

    private void readManifest() {
        Manifest.Decoded decoded;
        try {
            decoded = new ManifestStore(disk, directory).read().orElse(null);
        } catch (IOException e) {
            decoded = new Manifest.Decoded(null, List.of("the manifest cannot be read: " + e), List.of(0L), false);
        }
        if (decoded == null) {
            refuseIfThereIsNoLog();
            decoded = new Manifest.Decoded(null, List.of("the manifest is missing"), List.of(0L), false);
        }
        if (decoded.unknownFormat()) {
            throw new LogException.Broken(directory.resolve(SegmentFiles.MANIFEST), 0, decoded.refusal());
        }
        manifest = decoded.manifest();
        if (manifest != null) {
            manifest.segments().forEach(segment -> entries.put(segment.baseOffset(), segment));
        }
        if (manifest == null) {
            find(
                    SegmentFiles.MANIFEST,
                    decoded.positions().get(0),
                    -1,
                    -1,
                    Damage.Kind.MANIFEST,
                    String.join("; ", decoded.problems())
                            + "; the log was put together from its segments. What only the manifest knew is not known:"
                            + " whether segments are missing before the first and behind the last that were found, and"
                            + " where the log started");
        } else if (!decoded.problems().isEmpty()) {
            notes.accept(String.join("; ", decoded.problems()) + "; the other copy is whole and was used");
        }
    }

    private void refuseIfThereIsNoLog() {
        boolean hasSegments = sizes.keySet().stream().anyMatch(SegmentFiles::isLog);
        if (sizes.containsKey(LogDeletion.DELETED_MANIFEST)) {
            throw new LogException.Broken(
                    directory.resolve(LogDeletion.DELETED_MANIFEST),
                    0,
                    "the log was deleted, and this is what is left of it; to have it repaired all the same, copy the"
                            + " directory and name this file " + SegmentFiles.MANIFEST + " in the copy");
        }
        if (!hasSegments) {
            throw new LogException.Broken(
                    directory.resolve(SegmentFiles.MANIFEST), 0, "there is no log in " + directory);
        }
    }

    /** The log that most of the bytes belong to. */
    private long logIdOfTheFiles() {
        Map<Long, Long> bytesOf = new TreeMap<>();
        headers.forEach((name, decoded) -> {
            if (decoded instanceof SegmentHeader.Decoded.Ok ok) {
                bytesOf.merge(ok.header().logId(), sizes.get(name), Long::sum);
                return;
            }
            SegmentEvidence.Identity identity = evidence.beside(nameOffset(name));
            if (identity != null) {
                bytesOf.merge(identity.logId(), sizes.get(name), Long::sum);
            }
        });
        return options.logId().orElseGet(() -> bytesOf.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElseThrow(() -> new LogException.Broken(
                        directory.resolve(SegmentFiles.MANIFEST),
                        0,
                        "neither the manifest nor the header of a segment nor a note or an index beside one can be read, so"
                                + " that nothing tells which log this was, and no frame can be told from chance")));
    }

    private static long nameOffset(String name) {
        return SegmentFiles.baseOffset(name).orElseThrow();
    }

    /**
     * Takes a segment file that waits for the name of the one that it replaces.
     *
     * @param byManifest whether because the manifest names it, or because there is no manifest and nothing else at this offset
     */
    private void placeCompacted(String name, boolean byManifest) {
        CompactedFiles.Waiting waiting = CompactedFiles.parse(name);
        if (waiting == null || !SegmentFiles.isLog(waiting.finalName()) || sources.containsKey(waiting.baseOffset())) {
            return;
        }
        Manifest.Segment entry = entries.get(waiting.baseOffset());
        boolean isNamed = entry != null && entry.segmentId() == waiting.segmentId();
        if (byManifest ? !isNamed : manifest != null) {
            return;
        }
        SegmentHeader header = evidence.header(directory.resolve(name)) instanceof SegmentHeader.Decoded.Ok ok
                        && ok.header().logId() == logId
                        && ok.header().segmentId() == waiting.segmentId()
                ? ok.header()
                : null;
        if (header != null || isNamed) {
            add(name, waiting.segmentId(), waiting.baseOffset(), header, entry);
        }
    }

    /** Takes a segment file that lies where it should, and tells of one that is of no use. */
    private void place(String name, SegmentHeader.Decoded decoded) {
        long baseOffset = nameOffset(name);
        Manifest.Segment entry = entries.get(baseOffset);
        if (sources.containsKey(baseOffset) || (entry == null && isGone(baseOffset, decoded))) {
            return;
        }
        if (decoded instanceof SegmentHeader.Decoded.Unreadable unreadable) {
            find(name, entry, Damage.Kind.UNREADABLE, unreadable.reason());
        } else if (decoded instanceof SegmentHeader.Decoded.Ok ok) {
            SegmentHeader header = ok.header();
            boolean isIt = header.logId() == logId
                    && header.baseOffset() == baseOffset
                    && (entry == null || entry.segmentId() == header.segmentId());
            if (isIt) {
                add(name, header.segmentId(), baseOffset, header, entry);
            }
        } else {
            placeWithoutHeader(name, baseOffset, entry, ((SegmentHeader.Decoded.Bad) decoded).reason());
        }
    }

    /**
     * Whether a segment that the manifest does not name was deleted, or replaced by one that compaction wrote, and only its file is left: ids
     * are given in order and never twice, so a manifest that names later ones knew it.
     */
    private boolean isGone(long baseOffset, SegmentHeader.Decoded decoded) {
        return manifest != null
                && (baseOffset < manifest.logStartOffset()
                        || (decoded instanceof SegmentHeader.Decoded.Ok ok
                                && ok.header().logId() == logId
                                && ok.header().baseOffset() == baseOffset
                                && ok.header().segmentId() < manifest.nextSegmentId()));
    }

    private void placeWithoutHeader(String name, long baseOffset, Manifest.Segment entry, String problem) {
        SegmentEvidence.Identity identity = entry == null ? evidence.beside(baseOffset) : null;
        if (entry != null) {
            notes.accept(name + ": " + problem + "; the manifest tells which segment this is");
            add(name, entry.segmentId(), baseOffset, null, entry);
        } else if (identity != null && identity.logId() == logId) {
            notes.accept(name + ": " + problem + "; what lies beside it tells which segment this is");
            add(name, identity.segmentId(), baseOffset, null, null);
        } else if (sizes.get(name) > SegmentHeader.BYTES) {
            find(
                    name,
                    null,
                    Damage.Kind.SEGMENT_HEADER,
                    problem + ", and nothing else tells which segment this is; it was left out");
        }
    }

    private void placeMisnamed(String name, SegmentHeader.Decoded decoded) {
        if (taken.contains(name) || !(decoded instanceof SegmentHeader.Decoded.Ok ok)) {
            return;
        }
        SegmentHeader header = ok.header();
        Manifest.Segment entry = entries.get(nameOffset(name));
        String is = String.format(
                "this is segment %d of log %016x from offset %d on",
                header.segmentId(), header.logId(), header.baseOffset());
        if (header.logId() != logId) {
            find(
                    name,
                    entry,
                    Damage.Kind.SEGMENT_HEADER,
                    is + String.format("; the others are of log %016x; it was left out", logId));
            return;
        }
        Manifest.Segment own = entries.get(header.baseOffset());
        boolean isOld = own != null && header.segmentId() < own.segmentId() && sources.containsKey(own.baseOffset());
        if (isOld || (own == null && isGone(header.baseOffset(), decoded))) {
            return;
        }
        boolean fits = own == null || own.segmentId() == header.segmentId();
        if (fits && !sources.containsKey(header.baseOffset()) && !segmentIds.contains(header.segmentId())) {
            notes.accept(name + ": " + is + ", under a wrong name; it was taken for what it is");
            add(name, header.segmentId(), header.baseOffset(), header, own);
        } else {
            find(
                    name,
                    entry,
                    Damage.Kind.SEGMENT_HEADER,
                    is + ", of which there is another file, or should be; this one was left out");
        }
    }

    private void add(String name, long segmentId, long baseOffset, SegmentHeader header, Manifest.Segment entry) {
        taken.add(name);
        if (!segmentIds.add(segmentId)) {
            find(
                    name,
                    entry,
                    Damage.Kind.SEGMENT_HEADER,
                    "there is another segment with the id " + segmentId + "; this one was left out");
            return;
        }
        sources.put(
                baseOffset, new Source(directory.resolve(name), sizes.get(name), segmentId, baseOffset, header, entry));
    }

    private void tellIfMissing(Manifest.Segment entry) {
        String name = SegmentFiles.log(entry.baseOffset());
        if (!sources.containsKey(entry.baseOffset()) && !sizes.containsKey(name)) {
            find(
                    name,
                    entry,
                    Damage.Kind.MISSING_SEGMENT,
                    "the file is not there, with " + entry.records() + " records");
        }
    }

    private long leastNextOffset() {
        long next = sources.isEmpty() ? 0 : sources.lastKey();
        for (String name : sizes.keySet()) {
            boolean isNote = name.endsWith(SegmentFiles.PRODUCERS)
                    && SegmentFiles.baseOffset(name).isPresent();
            // What is older the manifest knows.
            if (isNote
                    && (manifest == null || nameOffset(name) > manifest.active().baseOffset())) {
                next = Math.max(next, evidence.nextOffset(nameOffset(name), logId));
            }
        }
        if (manifest != null) {
            next = Math.max(next, Math.max(manifest.logStartOffset(), manifest.durableOffset()));
            for (Manifest.DamagedRange range : manifest.damage()) {
                next = Math.max(next, range.lastOffset() + 1);
            }
        }
        return next;
    }

    private long nextSegmentId() {
        long next = manifest == null ? 1 : manifest.nextSegmentId();
        for (long id : segmentIds) {
            next = Math.max(next, id + 1);
        }
        return next;
    }

    /** @param entry what the manifest says of a segment of this name; null if nothing */
    private void find(String file, Manifest.Segment entry, Damage.Kind kind, String detail) {
        find(file, 0, entry == null ? -1 : entry.baseOffset(), entry == null ? -1 : entry.lastOffset(), kind, detail);
    }

    private void find(String file, long position, long first, long last, Damage.Kind kind, String detail) {
        leftOut.accept(new Damage(file, position, first, last, kind, detail));
    }
}
