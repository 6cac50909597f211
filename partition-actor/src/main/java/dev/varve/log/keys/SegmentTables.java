package dev.varve.log.keys;

import dev.varve.log.io.Disk;
import dev.varve.log.segment.BadRange;
import dev.varve.log.segment.SegmentFiles;
import dev.varve.log.segment.SegmentView;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tables of the keys of sealed segments: opened when they are first asked for, made anew from the segment where they are missing or
 * damaged, and a bounded number of them kept open. Any thread.
 */
public final class SegmentTables implements Closeable {
    private static final Logger LOGGER = LoggerFactory.getLogger(SegmentTables.class);
    private static final int KEPT_OPEN = 64;

    private final Disk disk;
    private final long logId;
    private final int maxFrameBytes;
    private final Map<Long, Table> bySegment = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * The keys of a segment.
     *
     * @param bad what of the segment could not be read when they were found by reading it
     */
    private record Table(SegmentKeySource source, List<BadRange> bad) {}

    public SegmentTables(Disk disk, long logId, int maxFrameBytes) {
        this.disk = disk;
        this.logId = logId;
        this.maxFrameBytes = maxFrameBytes;
    }

    /** The keys of a segment while somebody looks at them. To be closed. */
    public final class Use implements Closeable {
        private final Table table;

        private Use(Table table) {
            this.table = table;
        }

        public SegmentKeySource source() {
            return table.source();
        }

        /** What of the segment could not be read, each with offsets that may hold records of any key. */
        public List<BadRange> bad() {
            return table.bad();
        }

        @Override
        public void close() throws IOException {
            if (table.source() instanceof SegmentKeyTable onDisk) {
                onDisk.release();
            }
        }
    }

    /** The keys of a segment; costs two reads the first time, or the whole segment where it has no table. */
    public Use of(SegmentView segment) throws IOException {
        synchronized (this) {
            Table known = bySegment.get(segment.segmentId());
            if (known != null && acquire(known)) {
                return new Use(known);
            }
        }
        Table table = open(segment);
        synchronized (this) {
            keep(segment.segmentId(), table);
            if (!acquire(table)) {
                throw new IOException("the log is closed");
            }
            return new Use(table);
        }
    }

    private static boolean acquire(Table table) {
        return !(table.source() instanceof SegmentKeyTable onDisk) || onDisk.acquire();
    }

    private Table open(SegmentView segment) throws IOException {
        SegmentKeyTable table = openFile(segment);
        return table == null ? make(segment) : new Table(table, List.of());
    }

    private SegmentKeyTable openFile(SegmentView segment) throws IOException {
        Path path = SegmentFiles.keys(segment.file().getParent(), segment.baseOffset());
        // One that was active when it was seen may have been sealed since: its table knows that much and more.
        return segment.sealed()
                ? SegmentKeyTable.open(disk, path, logId, segment.segmentId(), segment.lengthBytes())
                : SegmentKeyTable.openAtLeast(disk, path, logId, segment.segmentId(), segment.lengthBytes());
    }

    /** Finds the keys of a segment by reading it, and writes them down, unless some of it cannot be read. */
    private Table make(SegmentView segment) throws IOException {
        LOGGER.info("The table of the keys of {} is missing or of no use: it is made anew", segment.file());
        KeyScan.Result found = KeyScan.scan(disk, logId, maxFrameBytes, segment);
        if (found.bad().isEmpty() && write(segment, found.keys())) {
            SegmentKeyTable table = openFile(segment);
            if (table != null) {
                return new Table(table, List.of());
            }
        }
        return new Table(found.keys(), List.copyOf(found.bad()));
    }

    /** Writes the table of a segment; false if that could not be done, which costs whoever asks for it next. */
    public boolean write(SegmentView segment, SegmentKeys keys) {
        try {
            SegmentKeyTable.write(
                    disk,
                    SegmentFiles.keys(segment.file().getParent(), segment.baseOffset()),
                    logId,
                    segment.segmentId(),
                    segment.lengthBytes(),
                    keys);
            return true;
        } catch (IOException e) {
            LOGGER.warn(
                    "The table of the keys of {} could not be written ({}); it will be made anew when it is needed",
                    segment.file(),
                    e.toString());
            return false;
        }
    }

    /** Makes the table of a segment anew although there is one, because that one was found to be wrong. */
    public void remake(SegmentView segment) throws IOException {
        forget(segment.segmentId());
        Table table = make(segment);
        synchronized (this) {
            keep(segment.segmentId(), table);
        }
    }

    private void keep(long segmentId, Table table) throws IOException {
        close(bySegment.put(segmentId, table));
        Iterator<Table> eldestFirst = bySegment.values().iterator();
        while (bySegment.size() > KEPT_OPEN) {
            close(eldestFirst.next());
            eldestFirst.remove();
        }
    }

    /** Lets go of the table of a segment that is gone. */
    public synchronized void forget(long segmentId) throws IOException {
        close(bySegment.remove(segmentId));
    }

    private static void close(Table table) throws IOException {
        if (table != null && table.source() instanceof SegmentKeyTable onDisk) {
            onDisk.close();
        }
    }

    @Override
    public synchronized void close() throws IOException {
        List<Table> all = new ArrayList<>(bySegment.values());
        bySegment.clear();
        for (Table table : all) {
            close(table);
        }
    }
}
