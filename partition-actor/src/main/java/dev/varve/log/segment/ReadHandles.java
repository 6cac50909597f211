package dev.varve.log.segment;

import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import java.io.Closeable;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The files that readers hold open, at most so many beyond those in use. A segment that is deleted while somebody reads it
 * stays readable for that reader: its file is closed when the last one gives it back. Any thread.
 */
public final class ReadHandles implements Closeable {
    private static final int KEPT_OPEN = 64;

    private final Disk disk;
    private final long logId;
    private final Map<Long, Handle> bySegment = new LinkedHashMap<>(16, 0.75f, true);
    private long retirements;
    private boolean closed;

    public ReadHandles(Disk disk, long logId) {
        this.disk = disk;
        this.logId = logId;
    }

    /** An open segment file, in use until it is closed. */
    public final class Handle implements Closeable {
        private final LogFile file;
        private int users;
        private boolean retired;

        private Handle(LogFile file) {
            this.file = file;
        }

        public LogFile file() {
            return file;
        }

        /** Gives it back. */
        @Override
        public void close() throws IOException {
            synchronized (ReadHandles.this) {
                users--;
                if (retired && users == 0) {
                    file.close();
                }
            }
        }
    }

    /**
     * Opens a segment for reading, or takes the file that is open already. Nobody waits while somebody else opens one.
     *
     * @throws ForeignSegmentException if the file is a whole segment file, but of another segment
     * @throws UnreadableException if a later version of varve wrote it
     */
    public Handle acquire(SegmentView segment) throws IOException {
        long retirementsBefore;
        synchronized (this) {
            requireOpen();
            Handle handle = bySegment.get(segment.segmentId());
            if (handle != null) {
                handle.users++;
                return handle;
            }
            retirementsBefore = retirements;
        }
        LogFile file = CompactedFiles.open(disk, logId, segment.file(), segment.segmentId());
        try {
            return keep(segment.segmentId(), file, retirementsBefore);
        } catch (IOException | RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    private synchronized Handle keep(long segmentId, LogFile file, long retirementsBefore) throws IOException {
        requireOpen();
        Handle other = bySegment.get(segmentId);
        if (other != null) {
            file.close();
            other.users++;
            return other;
        }
        Handle handle = new Handle(file);
        handle.users++;
        if (retirements == retirementsBefore) {
            makeRoom();
            bySegment.put(segmentId, handle);
        } else {
            // It may be this one that was deleted while it was opened: nobody would close it then.
            handle.retired = true;
        }
        return handle;
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException("the log is closed");
        }
    }

    private void makeRoom() throws IOException {
        Iterator<Handle> eldestFirst = bySegment.values().iterator();
        while (bySegment.size() >= KEPT_OPEN && eldestFirst.hasNext()) {
            Handle handle = eldestFirst.next();
            if (handle.users == 0) {
                eldestFirst.remove();
                handle.file.close();
            }
        }
    }

    /** Closes the file of a segment that is gone, now or when its last reader gives it back. */
    public synchronized void retire(long segmentId) throws IOException {
        retirements++;
        Handle handle = bySegment.remove(segmentId);
        if (handle != null) {
            retire(handle);
        }
    }

    private static void retire(Handle handle) throws IOException {
        handle.retired = true;
        if (handle.users == 0) {
            handle.file.close();
        }
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        for (Handle handle : bySegment.values()) {
            retire(handle);
        }
        bySegment.clear();
    }
}
