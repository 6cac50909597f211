package dev.varve.log;

import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.FrameHeader;
import dev.varve.log.format.Manifest;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import dev.varve.log.segment.CompactedFiles;
import dev.varve.log.segment.SegmentFiles;
import dev.varve.log.segment.SegmentScanner;
import dev.varve.log.segment.SegmentScanner.Expectation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The files of a log's directory held against its manifest: what is missing, what is too short or too long, and what is there
 * that should not be. Reads names and lengths, and the headers of segment files that the manifest does not name; nothing of
 * those that it does.
 */
final class DirectoryScan {
    private final Disk disk;
    private final Path directory;
    private final Map<String, Long> sizes = new HashMap<>();

    DirectoryScan(Disk disk, Path directory) throws IOException {
        this.disk = disk;
        this.directory = directory;
        for (Disk.Entry entry : disk.list(directory)) {
            sizes.put(entry.name(), entry.sizeBytes());
        }
    }

    Set<String> names() {
        return Set.copyOf(sizes.keySet());
    }

    /** The length of a segment's file. */
    long sizeOf(Manifest.Segment segment) {
        return sizes.get(nameOf(segment));
    }

    /** The name of a segment's file: its own, or the one under which it waits to replace another. */
    private String nameOf(Manifest.Segment segment) {
        Path named = SegmentFiles.log(directory, segment.baseOffset());
        String waiting = CompactedFiles.name(named, segment.segmentId());
        return sizes.containsKey(waiting) ? waiting : named.getFileName().toString();
    }

    /**
     * Segment files that show that there was a log, although there is no manifest: an interrupted creation leaves one at
     * offset 0 without frames at most.
     */
    List<String> segmentsOfALog() {
        List<String> found = new ArrayList<>();
        sizes.forEach((name, size) -> {
            if (SegmentFiles.isLog(name)
                    && (size > SegmentHeader.BYTES
                            || SegmentFiles.baseOffset(name).orElseThrow() > 0)) {
                found.add(name);
            }
        });
        Collections.sort(found);
        return found;
    }

    /**
     * Sees to it that every segment is there, and every sealed one long enough.
     *
     * @return sealed segments whose files are longer than they should be; harmless, but worth telling
     * @throws LogException.Broken if one is missing or too short
     */
    List<Damage> checkSegments(Manifest manifest) {
        List<Damage> tooLong = new ArrayList<>();
        for (Manifest.Segment segment : manifest.segments()) {
            String name = nameOf(segment);
            Long size = sizes.get(name);
            if (size == null) {
                throw new LogException.Broken(
                        directory.resolve(name),
                        segment.baseOffset(),
                        "this segment is missing, with offsets " + segment.baseOffset() + " to " + segment.lastOffset()
                                + "; restore the file from a copy");
            }
            boolean sealed = segment != manifest.active();
            if (sealed && size < segment.lengthBytes()) {
                throw new LogException.Broken(
                        directory.resolve(name),
                        segment.baseOffset(),
                        "this sealed segment has " + size + " bytes instead of " + segment.lengthBytes()
                                + "; restore the file from a copy");
            }
            if (sealed && size > segment.lengthBytes()) {
                tooLong.add(new Damage(
                        name,
                        segment.lengthBytes(),
                        -1,
                        -1,
                        Damage.Kind.SEGMENT_LENGTH,
                        "the file has " + size + " bytes, the segment " + segment.lengthBytes()
                                + "; what lies behind is not read"));
            }
        }
        return tooLong;
    }

    /**
     * What is to be done with files that the manifest does not account for.
     *
     * @param toSettle segments that are to replace others, which the manifest does name
     */
    record LeftOvers(List<String> toDelete, List<String> toQuarantine, List<CompactedFiles.Waiting> toSettle) {
        static final LeftOvers NONE = new LeftOvers(List.of(), List.of(), List.of());
    }

    /**
     * Sorts out the files that the manifest does not account for: left-overs of what a crash interrupted may go; segment
     * files of other logs are put aside.
     *
     * @throws LogException.Broken if there is a segment of this log with records above the log start: then the manifest is
     *     not the one that belongs to these files; or a segment of a later version
     */
    LeftOvers leftOvers(Manifest manifest) throws IOException {
        Set<Long> named = named(manifest);
        List<String> toDelete = new ArrayList<>();
        List<String> toQuarantine = new ArrayList<>();
        List<CompactedFiles.Waiting> toSettle = new ArrayList<>();
        for (Map.Entry<String, Long> file : sizes.entrySet()) {
            String name = file.getKey();
            OptionalLong baseOffset = SegmentFiles.baseOffset(name);
            if (name.endsWith(SegmentFiles.TEMPORARY) || name.endsWith(SegmentFiles.DELETED)) {
                toDelete.add(name);
            } else if (CompactedFiles.parse(name) != null) {
                CompactedFiles.Waiting waiting = CompactedFiles.parse(name);
                if (isNamed(manifest, waiting)) {
                    toSettle.add(waiting);
                } else {
                    toDelete.add(name);
                }
            } else if (baseOffset.isPresent() && !named.contains(baseOffset.getAsLong())) {
                boolean isOurs = !SegmentFiles.isLog(name)
                        || file.getValue() <= SegmentHeader.BYTES
                        || isLeftOver(manifest, name, baseOffset.getAsLong());
                (isOurs ? toDelete : toQuarantine).add(name);
            }
        }
        return new LeftOvers(toDelete, toQuarantine, toSettle);
    }

    /**
     * Sees to it, for somebody who looks on, that there is no segment of this log with records above the log start that the
     * manifest does not name. Files that go while they are looked at are no matter.
     *
     * @throws LogException.Broken if there is one: the manifest is not the one that belongs to these files, or no longer
     */
    void refuseUnnamedSegments(Manifest manifest) throws IOException {
        Set<Long> named = named(manifest);
        for (Map.Entry<String, Long> file : sizes.entrySet()) {
            OptionalLong baseOffset = SegmentFiles.baseOffset(file.getKey());
            if (SegmentFiles.isLog(file.getKey())
                    && file.getValue() > SegmentHeader.BYTES
                    && baseOffset.getAsLong() >= manifest.logStartOffset()
                    && !named.contains(baseOffset.getAsLong())) {
                try {
                    isLeftOver(manifest, file.getKey(), baseOffset.getAsLong());
                } catch (NoSuchFileException e) {
                    // Then it is in nobody's way.
                }
            }
        }
    }

    private static boolean isNamed(Manifest manifest, CompactedFiles.Waiting waiting) {
        return manifest.segments().stream()
                .anyMatch(segment ->
                        segment.segmentId() == waiting.segmentId() && segment.baseOffset() == waiting.baseOffset());
    }

    private static Set<Long> named(Manifest manifest) {
        Set<Long> named = new HashSet<>();
        manifest.segments().forEach(segment -> named.add(segment.baseOffset()));
        return named;
    }

    /** Whether a segment file with more than a header is one of this log that was deleted, or never came to hold records. */
    private boolean isLeftOver(Manifest manifest, String name, long baseOffset) throws IOException {
        Path path = directory.resolve(name);
        SegmentHeader.Decoded decoded = readHeader(disk, path);
        if (decoded instanceof SegmentHeader.Decoded.Unreadable unreadable) {
            throw new LogException.Broken(path, baseOffset, unreadable.reason());
        }
        if (!(decoded instanceof SegmentHeader.Decoded.Ok ok)
                || ok.header().logId() != manifest.logId()
                || ok.header().baseOffset() != baseOffset) {
            return false;
        }
        // Ids are given in order and never twice: the manifest that names later ones knew this one, and that it went.
        if (baseOffset < manifest.logStartOffset()
                || ok.header().segmentId() < manifest.nextSegmentId()
                || !mayHoldRecords(manifest, path, ok.header())) {
            return true;
        }
        throw new LogException.Broken(
                path,
                baseOffset,
                "this segment of the log holds records, but the manifest does not name it: the manifest is older than the"
                        + " segments. Restore the manifest that belongs to them");
    }

    /** False only if all there is are whole marks and zeros. */
    private boolean mayHoldRecords(Manifest manifest, Path path, SegmentHeader header) throws IOException {
        boolean[] met = {false};
        try (LogFile file = disk.open(path, Disk.OpenMode.READ)) {
            new SegmentScanner(new FrameCodec(manifest.logId()), manifest.maxFrameBytes())
                    .scan(
                            file,
                            header.segmentId(),
                            SegmentHeader.BYTES,
                            file.size(),
                            Expectation.NONE,
                            new SegmentScanner.Visitor() {
                                @Override
                                public boolean frame(FrameHeader frame, long position, ByteBuffer buffer, int at) {
                                    met[0] = !frame.isMark();
                                    return !met[0];
                                }

                                @Override
                                public boolean bad(long position, long end, FrameHeader frame, String reason) {
                                    met[0] = true;
                                    return false;
                                }
                            });
        }
        return met[0];
    }

    static SegmentHeader.Decoded readHeader(Disk disk, Path path) throws IOException {
        try (LogFile file = disk.open(path, Disk.OpenMode.READ)) {
            ByteBuffer bytes = ByteBuffer.allocate(SegmentHeader.BYTES);
            file.read(bytes, 0);
            return SegmentHeader.decode(bytes.flip());
        }
    }
}
