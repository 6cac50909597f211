package dev.varve.log;

import dev.varve.log.format.FrameCodec;
import dev.varve.log.format.Manifest;
import dev.varve.log.format.SegmentHeader;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import dev.varve.log.io.NoSpaceException;
import dev.varve.log.segment.ActiveSegment;
import dev.varve.log.segment.CompactedFiles;
import dev.varve.log.segment.IndexStore;
import dev.varve.log.segment.ManifestStore;
import dev.varve.log.segment.SegmentFiles;
import dev.varve.log.segment.SegmentIndex;
import dev.varve.log.segment.SegmentScanner.Expectation;
import dev.varve.log.segment.SegmentView;
import dev.varve.log.segment.UnreadableException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * From the files of a directory to a log that is ready. First everything is looked at and nothing changed, so that a log
 * which refuses to open is as it was; then what {@link RecoveryDecision} asks for is done, in {@link #complete}, which can be
 * called again if the disk had no room the first time. The directory is locked already.
 */
final class LogRecovery {
    private final Path directory;
    private final LogOptions options;
    private final Disk disk;
    private final ManifestStore manifests;
    private final List<Damage> findings = new ArrayList<>();
    private final List<String> removedFiles = new ArrayList<>();

    private boolean created;
    private boolean clean;
    private long bytesScanned;
    private long bytesRewritten;
    private long quarantinedBytes;
    private String quarantineFile = "";

    private List<String> names = List.of();
    private DamageList damage;
    private LogWriter writer;
    private DirectoryScan.LeftOvers leftOvers = DirectoryScan.LeftOvers.NONE;
    private TailScan.Result tail;
    private ProducerTable producers;
    private boolean manifestIsStale;
    private boolean producersAreStale;

    LogRecovery(Path directory, LogOptions options) {
        this.directory = directory;
        this.options = options;
        this.disk = options.disk();
        this.manifests = new ManifestStore(disk, directory);
    }

    /** Looks at everything and prepares a writer. Changes nothing, but for creating a log where there is none. */
    void look() throws IOException {
        // An owner that died may have replaced the manifest, or created a file, without coming to sync the name: what
        // is seen here must be there after a loss of power, or what is built on it is lost with it.
        disk.syncDirectory(directory);
        DirectoryScan scan = new DirectoryScan(disk, directory);
        names = scan.names();
        Optional<Manifest.Decoded> decoded = manifests.read();
        if (decoded.isEmpty()) {
            created = true;
            clean = true;
            damage = new DamageList(List.of());
            writer = new LogCreation(directory, options).begin(scan, damage);
            writer.checkpoint();
            return;
        }
        Manifest manifest = usable(decoded.get());
        findings.addAll(scan.checkSegments(manifest));
        leftOvers = scan.leftOvers(manifest);
        damage = new DamageList(manifest.damage());
        int maxFrameBytes = Math.max(manifest.maxFrameBytes(), options.maxBatchBytes());
        manifestIsStale |= maxFrameBytes != manifest.maxFrameBytes();
        Manifest.Segment last = manifest.active();
        clean = scan.sizeOf(last) == last.lengthBytes();
        try {
            Expectation before = before(manifest, SegmentFiles.log(directory, last.baseOffset()));
            if (clean) {
                recoverProducers(manifest, maxFrameBytes);
                resume(
                        manifest,
                        maxFrameBytes,
                        SegmentView.of(directory, last, false),
                        last.lengthBytes(),
                        manifest.durableOffset());
            } else {
                recoverTail(manifest, maxFrameBytes, before);
            }
        } catch (UnreadableException e) {
            throw new LogException.Broken(
                    SegmentFiles.log(directory, last.baseOffset()), last.baseOffset(), e.getMessage());
        }
    }

    private Manifest usable(Manifest.Decoded decoded) {
        if (decoded.manifest() == null) {
            throw new LogException.Broken(manifests.file(), 0, decoded.refusal());
        }
        for (int i = 0; i < decoded.problems().size(); i++) {
            findings.add(new Damage(
                    SegmentFiles.MANIFEST,
                    decoded.positions().get(i),
                    -1,
                    -1,
                    Damage.Kind.MANIFEST,
                    decoded.problems().get(i) + "; the other copy is whole and was used"));
            manifestIsStale = true;
        }
        Manifest manifest = decoded.manifest();
        if (manifest.replicated() && !options.replicated()) {
            throw new LogException.Replicated(directory);
        }
        manifestIsStale |= manifest.replicated() != options.replicated();
        if (options.logId().isPresent() && options.logId().getAsLong() != manifest.logId()) {
            throw new LogException.Broken(
                    manifests.file(),
                    0,
                    String.format(
                            "this is log %016x, not %016x as asked for",
                            manifest.logId(), options.logId().getAsLong()));
        }
        return manifest;
    }

    private void resume(Manifest manifest, int maxFrameBytes, SegmentView last, long synced, long durableOffset)
            throws IOException {
        SegmentIndex index = last.liveIndex();
        if (index == null) {
            index = resumedIndex(manifest, maxFrameBytes, last);
        }
        ActiveSegment active = ActiveSegment.open(disk, last.withLiveIndex(index), synced);
        List<SegmentView> sealed = new ArrayList<>();
        for (Manifest.Segment segment : manifest.segments()) {
            if (segment != manifest.active()) {
                sealed.add(SegmentView.of(directory, segment, true));
            }
        }
        writer = new LogWriter(
                directory,
                options,
                new LogWriter.Start(
                        manifest.logId(),
                        maxFrameBytes,
                        sealed,
                        active,
                        manifest.logStartOffset(),
                        logEnd(manifest, last),
                        durableOffset,
                        manifest.nextSegmentId(),
                        producers),
                damage);
    }

    private LogEnd logEnd(Manifest manifest, SegmentView last) {
        return new LogEnd(
                Math.max(last.lastOffset() + 1, manifest.logStartOffset()),
                tail == null
                        ? manifest.epoch()
                        : Math.max(manifest.epoch(), tail.next().epoch()),
                tail == null
                        ? manifest.sequence()
                        : Math.max(manifest.sequence(), tail.next().sequence()));
    }

    private SegmentIndex resumedIndex(Manifest manifest, int maxFrameBytes, SegmentView last) throws IOException {
        IndexStore indexes = new IndexStore(disk, manifest.logId(), maxFrameBytes, 0);
        SegmentIndex index = indexes.load(last);
        if (index != null) {
            return index;
        }
        try (LogFile file = disk.open(last.file(), Disk.OpenMode.READ)) {
            bytesScanned = Math.max(bytesScanned, last.lengthBytes() - SegmentHeader.BYTES);
            return indexes.rebuild(last, file);
        }
    }

    private void recoverProducers(Manifest manifest, int maxFrameBytes) throws IOException {
        ProducerRecovery recovery = new ProducerRecovery(directory, options, manifest, maxFrameBytes);
        producers = recovery.afterCleanClose();
        producersAreStale = recovery.isStale();
        bytesScanned = recovery.activeBytesRead();
    }

    private void recoverTail(Manifest manifest, int maxFrameBytes, Expectation before) throws IOException {
        Manifest.Segment last = manifest.active();
        ProducerRecovery recovery = new ProducerRecovery(directory, options, manifest, maxFrameBytes);
        ProducerReplay replay = recovery.beforeScan(before);
        Path path = SegmentFiles.log(directory, last.baseOffset());
        FrameCodec codec = new FrameCodec(manifest.logId());
        try (LogFile file = disk.open(path, Disk.OpenMode.READ)) {
            tail = TailScan.scan(file, path, codec, maxFrameBytes, last, before, file.size(), replay);
        }
        bytesScanned = tail.bytesScanned();
        if (tail.decision() == RecoveryDecision.REFUSE_TAIL_LOST) {
            throw new LogException.TailLost(path, tail.foundEnd(), tail.next().offset());
        }
        for (TailScan.Damaged range : tail.damaged()) {
            damage.add(last.segmentId(), range.position(), range.firstOffset(), range.lastOffset());
            findings.add(new Damage(
                    path.getFileName().toString(),
                    range.position(),
                    range.firstOffset(),
                    range.lastOffset(),
                    Damage.Kind.FRAME,
                    range.reason()));
        }
        producers = recovery.afterScan(replay, tail);
        producersAreStale = recovery.isStale();
        resume(
                manifest,
                maxFrameBytes,
                tail.view(),
                Math.min(tail.durableMark(), tail.view().lengthBytes()),
                tail.durableOffset());
    }

    /**
     * Looks at the header of the active segment, before anything is written behind it: what must hold of the first frame.
     *
     * @throws LogException.Broken if the file is another segment
     */
    private Expectation before(Manifest manifest, Path path) throws IOException {
        SegmentHeader.Decoded decoded = DirectoryScan.readHeader(disk, path);
        Manifest.Segment last = manifest.active();
        if (decoded instanceof SegmentHeader.Decoded.Ok ok) {
            SegmentHeader header = ok.header();
            if (header.logId() != manifest.logId() || header.segmentId() != last.segmentId()) {
                throw new LogException.Broken(
                        path,
                        last.baseOffset(),
                        String.format(
                                "this is segment %d of log %016x, where segment %d of log %016x should be;"
                                        + " restore the right file",
                                header.segmentId(), header.logId(), last.segmentId(), manifest.logId()));
            }
            return new Expectation(last.baseOffset(), header.epoch(), header.sequence());
        }
        if (decoded instanceof SegmentHeader.Decoded.Unreadable unreadable) {
            throw new UnreadableException(0, unreadable.reason());
        }
        // Each frame says on its own where it belongs, so a damaged header hides none.
        findings.add(new Damage(
                path.getFileName().toString(),
                0,
                -1,
                -1,
                Damage.Kind.SEGMENT_HEADER,
                ((SegmentHeader.Decoded.Bad) decoded).reason()));
        return new Expectation(last.baseOffset(), 0, -1);
    }

    /**
     * Does what looking showed to be needed. Safe to be called again after it found no room: each step leaves the log as it
     * was or as it should be.
     *
     * @throws NoSpaceException if there is no room for it yet
     */
    void complete() throws IOException {
        removeLeftOvers();
        if (tail != null) {
            completeTail();
        }
        if (manifestIsStale) {
            writer.checkpoint();
            manifestIsStale = false;
        }
        if (producersAreStale) {
            writer.noteProducers();
            producersAreStale = false;
        }
    }

    private void removeLeftOvers() throws IOException {
        for (String name : leftOvers.toDelete()) {
            if (disk.delete(directory.resolve(name))) {
                removedFiles.add(name);
            }
        }
        for (String name : leftOvers.toQuarantine()) {
            disk.rename(directory.resolve(name), directory.resolve(freeName(name + SegmentFiles.QUARANTINE)));
            removedFiles.add(name);
        }
        for (CompactedFiles.Waiting waiting : leftOvers.toSettle()) {
            CompactedFiles.settle(disk, directory, waiting.baseOffset(), waiting.segmentId());
        }
        if (!removedFiles.isEmpty() || !leftOvers.toSettle().isEmpty()) {
            disk.syncDirectory(directory);
        }
        leftOvers = DirectoryScan.LeftOvers.NONE;
    }

    private void completeTail() throws IOException {
        long end = tail.view().lengthBytes();
        // First of all, for whatever is synced afterwards counts as durable.
        if (tail.durableMark() < end && bytesRewritten == 0) {
            writer.rewrite(tail.durableMark());
            bytesRewritten = end - tail.durableMark();
            manifestIsStale = true;
        }
        if (tail.decision().cutsTornCommit() && quarantineFile.isEmpty()) {
            String name = freeName(SegmentFiles.quarantine(tail.view().baseOffset(), end));
            writer.quarantine(directory.resolve(name), tail.tornEnd());
            quarantineFile = name;
            quarantinedBytes = tail.tornEnd() - end;
            manifestIsStale = true;
        }
        if (tail.decision().keepsDamage() && writer.isActiveEmpty()) {
            // A mark is damaged, and no record with it: there is nothing to seal.
            manifestIsStale = true;
        } else if (tail.decision().keepsDamage()) {
            writer.roll(writer.nextOffset());
            manifestIsStale = false;
        }
        tail = null;
    }

    /** A name that is not taken, so that nothing put aside is ever overwritten. */
    private String freeName(String wanted) {
        String name = wanted;
        String stem = wanted.substring(0, wanted.length() - SegmentFiles.QUARANTINE.length());
        for (int i = 1; names.contains(name); i++) {
            name = stem + "." + i + SegmentFiles.QUARANTINE;
        }
        return name;
    }

    LogWriter writer() {
        return writer;
    }

    DamageList damage() {
        return damage;
    }

    RecoveryReport report() {
        return new RecoveryReport(
                created, clean, bytesScanned, bytesRewritten, quarantinedBytes, quarantineFile, findings, removedFiles);
    }
}
