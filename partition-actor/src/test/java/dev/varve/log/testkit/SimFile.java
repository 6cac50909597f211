package dev.varve.log.testkit;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntPredicate;

/**
 * The bytes of a simulated file, as programs see them and as they are on the platter. Both are shared between copies of a
 * disk until somebody writes.
 */
final class SimFile {
    static final int SECTOR_BYTES = 512;

    private byte[] visible = {};
    private int visibleSize;
    private boolean visibleIsShared;
    private byte[] durable = {};
    private int durableSize;
    private boolean durableIsShared;
    /** Sectors that a sync would write. */
    private BitSet dirty = new BitSet();

    private boolean sizeIsDirty;

    SimFile copy() {
        SimFile copy = new SimFile();
        copy.visible = visible;
        copy.visibleSize = visibleSize;
        copy.visibleIsShared = true;
        visibleIsShared = true;
        copy.durable = durable;
        copy.durableSize = durableSize;
        copy.durableIsShared = true;
        durableIsShared = true;
        copy.dirty = (BitSet) dirty.clone();
        copy.sizeIsDirty = sizeIsDirty;
        return copy;
    }

    int size() {
        return visibleSize;
    }

    int read(byte[] target, int at, int length, long position) {
        int count = (int) Math.max(0, Math.min(length, visibleSize - position));
        if (count > 0) {
            System.arraycopy(visible, (int) position, target, at, count);
        }
        return count;
    }

    void write(byte[] bytes, int from, int length, long position) {
        if (length == 0) {
            return;
        }
        int start = Math.toIntExact(position);
        int end = Math.addExact(start, length);
        ownVisible(Math.max(end, visibleSize));
        System.arraycopy(bytes, from, visible, start, length);
        if (end > visibleSize) {
            // A hole between the old end and here reads as zeros, and is written as such.
            dirty.set(visibleSize / SECTOR_BYTES, sectors(end));
            visibleSize = end;
        }
        // Also when an earlier sync failed to make the length known: whoever syncs this makes it readable.
        sizeIsDirty |= end > durableSize;
        dirty.set(start / SECTOR_BYTES, sectors(end));
    }

    void truncate(int size) {
        if (size >= visibleSize) {
            return;
        }
        ownVisible(visibleSize);
        Arrays.fill(visible, size, visibleSize, (byte) 0);
        dirty.set(size / SECTOR_BYTES, sectors(visibleSize));
        visibleSize = size;
        sizeIsDirty = true;
    }

    void sync() {
        keep(sector -> true, true);
    }

    /**
     * What Linux does when the disk refuses: the pages count as written from now on, although they are not. The length is the
     * journal's business, which writes it later or gives the whole file system up.
     */
    void failSync() {
        dirty.clear();
    }

    int unsyncedSectors() {
        return dirty.cardinality();
    }

    /**
     * The power went: of what was not synced only these sectors reached the platter.
     *
     * @param kept asked for each unsynced sector, numbered from 0 in the order of the file
     * @param sizeKept whether a change of the length did
     */
    void crash(IntPredicate kept, boolean sizeKept) {
        int[] number = {0};
        keep(sector -> kept.test(number[0]++), sizeKept);
        visible = durable;
        visibleSize = durableSize;
        visibleIsShared = true;
        durableIsShared = true;
        dirty.clear();
        sizeIsDirty = false;
    }

    private void keep(IntPredicate sectorKept, boolean sizeKept) {
        if (dirty.isEmpty() && !sizeIsDirty) {
            return;
        }
        int newSize = sizeIsDirty && sizeKept ? visibleSize : durableSize;
        ownDurable(Math.max(newSize, durableSize));
        for (int sector = dirty.nextSetBit(0); sector >= 0; sector = dirty.nextSetBit(sector + 1)) {
            if (sectorKept.test(sector)) {
                int start = sector * SECTOR_BYTES;
                int end = Math.min(start + SECTOR_BYTES, Math.max(newSize, durableSize));
                for (int i = start; i < end; i++) {
                    durable[i] = i < visible.length ? visible[i] : 0;
                }
            }
        }
        if (newSize < durableSize) {
            Arrays.fill(durable, newSize, durableSize, (byte) 0);
        }
        durableSize = newSize;
        dirty.clear();
        sizeIsDirty = false;
    }

    /** Changes bytes behind everybody's back, on the platter and in the page cache. */
    void damage(long position, byte[] bytes) {
        int end = Math.toIntExact(position + bytes.length);
        ownVisible(Math.max(visibleSize, end));
        ownDurable(Math.max(durableSize, end));
        System.arraycopy(bytes, 0, visible, (int) position, bytes.length);
        System.arraycopy(bytes, 0, durable, (int) position, bytes.length);
        visibleSize = Math.max(visibleSize, end);
        durableSize = Math.max(durableSize, end);
    }

    void cutTo(int size) {
        ownVisible(visibleSize);
        ownDurable(durableSize);
        if (size < visibleSize) {
            Arrays.fill(visible, size, visibleSize, (byte) 0);
        }
        if (size < durableSize) {
            Arrays.fill(durable, size, durableSize, (byte) 0);
        }
        visibleSize = Math.min(visibleSize, size);
        durableSize = Math.min(durableSize, size);
    }

    private void ownVisible(int capacity) {
        if (visibleIsShared || visible.length < capacity) {
            visible = Arrays.copyOf(visible, Math.max(visible.length, grown(visible.length, capacity)));
            visibleIsShared = false;
        }
    }

    private void ownDurable(int capacity) {
        if (durableIsShared || durable.length < capacity) {
            durable = Arrays.copyOf(durable, Math.max(durable.length, grown(durable.length, capacity)));
            durableIsShared = false;
        }
    }

    private static int grown(int capacity, int needed) {
        return needed <= capacity ? capacity : Math.max(needed, capacity + capacity / 2);
    }

    private static int sectors(int bytes) {
        return (bytes + SECTOR_BYTES - 1) / SECTOR_BYTES;
    }
}
