package dev.varve.log;

import dev.varve.log.format.LogRecord;
import dev.varve.log.io.LateLogger;
import dev.varve.log.io.NoSpaceException;
import dev.varve.log.keys.Key;
import dev.varve.log.keys.KeyCursor;
import dev.varve.log.keys.KeyDirectory;
import dev.varve.log.keys.KeyEntry;
import dev.varve.log.keys.KeyScan;
import dev.varve.log.keys.KeySummary;
import dev.varve.log.keys.KeyTable;
import dev.varve.log.keys.SegmentKeySource;
import dev.varve.log.keys.SegmentKeyTable;
import dev.varve.log.keys.SegmentKeys;
import dev.varve.log.keys.SegmentTables;
import dev.varve.log.segment.SegmentFiles;
import dev.varve.log.segment.SegmentReader;
import dev.varve.log.segment.SegmentView;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The keys of a log that is asked for them: those of the active segment in memory, those of the sealed ones in tables, and the
 * directory over all. What changes them is for the thread that changes the log; any thread may look. Nothing here is needed for the log
 * to be whole, so what cannot be written is made anew when it is needed.
 */
final class LogKeys implements Closeable {
    private static final LateLogger LOGGER = new LateLogger(LogKeys.class);

    /** A checkpoint costs as much as all keys, so it waits until a good part of them has changed. */
    private static final int CHECKPOINT_FRACTION = 4;

    private final LogOptions options;
    private final long logId;
    private final int maxFrameBytes;
    private final SegmentReader reader;
    private final SegmentTables tables;
    private final KeyDirectory directory;
    private volatile Active active;
    /** How often the directory began to be made anew, and how often it was done: odd while it is not whole. */
    private volatile long makings;

    /** The segment that takes appends, and its keys so far. */
    private record Active(long segmentId, long baseOffset, SegmentKeys keys) {}

    private LogKeys(LogOptions options, long logId, int maxFrameBytes, SegmentReader reader, KeyDirectory directory) {
        this.options = options;
        this.logId = logId;
        this.maxFrameBytes = maxFrameBytes;
        this.reader = reader;
        this.tables = new SegmentTables(options.disk(), logId, maxFrameBytes);
        this.directory = directory;
    }

    /**
     * Opens what is known of the keys of a log, and learns what is not: from the tables of the segments that came after the last
     * checkpoint, and from the active segment where its table is missing.
     */
    static LogKeys open(
            Path path, LogOptions options, long logId, int maxFrameBytes, SegmentReader reader, LogView view)
            throws IOException {
        KeyDirectory directory = KeyDirectory.open(options.disk(), path.resolve(SegmentFiles.KEY_DIRECTORY), logId);
        LogKeys keys = new LogKeys(options, logId, maxFrameBytes, reader, directory);
        try {
            keys.learn(view);
            return keys;
        } catch (IOException | RuntimeException | Error e) {
            keys.close();
            throw e;
        }
    }

    private void learn(LogView view) throws IOException {
        long covered = directory.coveredOffset();
        // A checkpoint that knows more than the log is one of a log that lost its tail, or was restored from a copy.
        boolean dropOld = covered > view.logEndOffset();
        try {
            learnSealed(view, dropOld ? 0 : covered, dropOld);
        } catch (KeyTable.DamagedTableException e) {
            LOGGER.warn("The directory of keys is made anew from all tables: {}", e.getMessage());
            remakeDamaged(view);
            learnSealed(view, 0, true);
        }
        SegmentView segment = view.active();
        active = new Active(segment.segmentId(), segment.baseOffset(), keysOf(segment));
        if (segment.lastOffset() >= directory.coveredOffset()) {
            addToDirectory(active.keys().cursor(), segment.baseOffset());
        }
    }

    /**
     * Learns all anew, because the directory was found to be damaged. Who looks meanwhile may find too little, and sees by {@link #makings}
     * that he has to look again.
     */
    void learnAnew(LogView view) throws IOException {
        makings |= 1;
        remakeDamaged(view);
        learnSealed(view, 0, true);
        addToDirectory(active.keys().cursor(), active.baseOffset());
        makings++;
    }

    /** A number that changes when the directory is made anew, and when that is done. */
    long makings() {
        return makings;
    }

    /** Whether nobody makes the directory anew, or has failed to, when {@link #makings} gives this. */
    static boolean isWhole(long makings) {
        return (makings & 1) == 0;
    }

    private void addToDirectory(KeyCursor cursor, long baseOffset) throws IOException {
        for (; cursor.key() != null; cursor.advance()) {
            directory.add(cursor.key(), cursor.summary(), baseOffset);
        }
    }

    private void remakeDamaged(LogView view) throws IOException {
        for (SegmentView segment : view.sealed()) {
            try (SegmentTables.Use use = tables.of(segment)) {
                KeyCursor cursor = use.source().cursor();
                while (cursor.key() != null) {
                    cursor.advance();
                }
            } catch (KeyTable.DamagedTableException e) {
                tables.remake(segment);
            }
        }
    }

    private SegmentKeys keysOf(SegmentView segment) throws IOException {
        try (SegmentKeyTable table = SegmentKeyTable.open(
                options.disk(),
                SegmentFiles.keys(segment.file().getParent(), segment.baseOffset()),
                logId,
                segment.segmentId(),
                segment.lengthBytes())) {
            if (table != null) {
                return table.load();
            }
        } catch (KeyTable.DamagedTableException e) {
            LOGGER.warn("The keys of {} are found by reading it: {}", segment.file(), e.getMessage());
        }
        return KeyScan.scan(options.disk(), logId, maxFrameBytes, segment).keys();
    }

    /** Makes the directory know all sealed segments that reach up to an offset or beyond. */
    private void learnSealed(LogView view, long covered, boolean dropOld) throws IOException {
        List<SegmentTables.Use> uses = new ArrayList<>();
        try {
            List<SegmentKeySource> sources = new ArrayList<>();
            List<Long> baseOffsets = new ArrayList<>();
            for (SegmentView segment : view.sealed()) {
                if (segment.lastOffset() >= covered) {
                    uses.add(tables.of(segment));
                    sources.add(uses.get(uses.size() - 1).source());
                    baseOffsets.add(segment.baseOffset());
                }
            }
            if (!uses.isEmpty() || dropOld) {
                learn(view, sources, baseOffsets, dropOld);
            }
        } finally {
            for (SegmentTables.Use use : uses) {
                use.close();
            }
        }
    }

    private void learn(LogView view, List<SegmentKeySource> sources, List<Long> baseOffsets, boolean dropOld)
            throws IOException {
        try {
            directory.rebuild(
                    sources,
                    baseOffsets.stream().mapToLong(Long::longValue).toArray(),
                    dropOld,
                    view.active().segmentId(),
                    view.active().baseOffset());
        } catch (NoSpaceException e) {
            // Then it is kept in memory, until there is room.
            if (dropOld) {
                directory.forgetAll();
            }
            for (int i = 0; i < sources.size(); i++) {
                addToDirectory(sources.get(i).cursor(), baseOffsets.get(i));
            }
        }
    }

    /** Takes in batches that were written into the active segment. */
    void wrote(List<StagedBatch> batches) {
        Active target = active;
        for (StagedBatch batch : batches) {
            if (batch.keys != null) {
                batch.keys.addTo(target.keys(), directory, target.baseOffset(), batch);
            }
        }
    }

    /** Whether what has changed in the directory takes so much memory that it should be written. */
    boolean wantsCheckpoint() {
        return directory.changedBytes() > options.keyMemoryBytes();
    }

    /** Writes the directory. All up to the log end must be durable: what the directory says of a record that is lost would stay. */
    void checkpoint(long logEndOffset) {
        checkpoint(active.segmentId(), logEndOffset);
    }

    /** Whether the keys of the active segment take so much memory that it should be sealed. */
    boolean isFull() {
        return active.keys().memoryBytes() > options.keyMemoryBytes();
    }

    /** Goes along with the log, which may have sealed its active segment and begun another one. */
    void follow(LogView now) {
        Active before = active;
        SegmentView begun = now.active();
        if (begun.segmentId() == before.segmentId()) {
            return;
        }
        for (SegmentView sealed : now.sealed()) {
            if (sealed.segmentId() == before.segmentId()) {
                tables.write(sealed, before.keys());
            }
        }
        active = new Active(begun.segmentId(), begun.baseOffset(), new SegmentKeys());
        if ((long) directory.changedKeys() * CHECKPOINT_FRACTION >= directory.checkpointKeys()) {
            checkpoint(begun.segmentId(), now.logEndOffset());
        }
    }

    /** The log is about to be closed cleanly, all of it durable. */
    void closing(LogView last) {
        tables.write(last.active(), active.keys());
        if (directory.changedKeys() > 0) {
            checkpoint(last.active().segmentId(), last.logEndOffset());
        }
    }

    private void checkpoint(long segmentId, long logEndOffset) {
        try {
            directory.checkpoint(segmentId, logEndOffset);
        } catch (IOException e) {
            LOGGER.warn(
                    "The directory of keys could not be written ({}); it is made anew when it is needed", e.toString());
        }
    }

    /** A segment is gone. */
    void retire(SegmentView segment) throws IOException {
        tables.forget(segment.segmentId());
    }

    /** What is known of a key. Reads the disk once at most, whether the key is known or not. */
    KeyState state(byte[] key) throws IOException {
        KeyEntry entry = directory.get(new Key(key));
        if (entry == null) {
            return KeyState.UNKNOWN;
        }
        KeySummary summary = entry.summary();
        return new KeyState(summary.highestSequence(), summary.deletedTo(), summary.lastOffset());
    }

    long highestSequenceBeforeAdding(Key key) throws IOException {
        return directory.highestSequenceBeforeAdding(key);
    }

    List<byte[]> keysAfter(byte[] after, int limit) throws IOException {
        return directory.keysAfter(after == null ? null : new Key(after), limit).stream()
                .map(Key::bytes)
                .toList();
    }

    /** See {@link KeyedRecords#withoutDeleted}. Looks each key up once. */
    List<LogRecord> withoutDeleted(List<LogRecord> records) throws IOException {
        Map<Key, KeyEntry> entries = new HashMap<>();
        List<LogRecord> kept = new ArrayList<>(records.size());
        for (LogRecord record : records) {
            if (record.key() == null || !isDeleted(record, entry(new Key(record.key()), entries))) {
                kept.add(record);
            }
        }
        return kept;
    }

    private KeyEntry entry(Key key, Map<Key, KeyEntry> known) throws IOException {
        if (!known.containsKey(key)) {
            known.put(key, directory.get(key));
        }
        return known.get(key);
    }

    private static boolean isDeleted(LogRecord record, KeyEntry entry) {
        // Every record that can be read is in the directory, unless its key was forgotten since, and maybe used again.
        if (entry == null || record.offset() < entry.segments()[0]) {
            return true;
        }
        KeySummary summary = entry.summary();
        return record.offset() <= summary.forgottenAt()
                || (summary.deletedTo() > 0 && record.keySequence() <= summary.deletedTo());
    }

    /** Reads records of one key; see {@link KeyedRecords#read}. */
    KeyedRead read(LogView view, byte[] keyBytes, long fromSequence, long fromOffset, int maxBytes) throws IOException {
        Key key = new Key(keyBytes);
        KeyEntry entry = directory.get(key);
        if (entry == null) {
            return new KeyedRead(List.of(), view.logEndOffset(), true);
        }
        long from = Math.max(fromSequence, entry.summary().deletedTo() + 1);
        KeyReader read = new KeyReader(
                reader,
                view,
                key,
                entry.summary().deletedTo() == 0 ? fromSequence : from,
                Math.max(
                        fromOffset,
                        Math.max(view.logStartOffset(), entry.summary().forgottenAt() + 1)),
                maxBytes);
        int previous = -1;
        for (long baseOffset : entry.segments()) {
            if (baseOffset < view.segment(0).baseOffset()) {
                // The segment is gone.
                continue;
            }
            int index = view.segmentIndexFor(baseOffset);
            if (index != previous && !read.segment(view.segment(index), sourceOf(view.segment(index)))) {
                break;
            }
            previous = index;
        }
        return read.result();
    }

    /** What the directory says of a key, which is a hint; null if nothing. */
    KeyEntry entry(Key key) throws IOException {
        return directory.get(key);
    }

    /** The keys of a segment of the log as it is. */
    KeySourceUse sourceOf(SegmentView segment) {
        Active current = active;
        return segment.segmentId() == current.segmentId()
                ? KeySourceUse.of(current.keys())
                : KeySourceUse.of(tables, segment);
    }

    @Override
    public void close() throws IOException {
        tables.close();
        directory.close();
    }
}
