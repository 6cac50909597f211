package dev.varve.server.history;

import java.util.Arrays;

/** Numbers by index; what was not set is {@link #NONE}. Histories have millions of them. */
final class Longs {
    static final long NONE = -1;

    private long[] values = new long[64];
    private int size;

    Longs() {
        Arrays.fill(values, NONE);
    }

    long get(long index) {
        return index < 0 || index >= size ? NONE : values[(int) index];
    }

    void set(long index, long value) {
        int at = Math.toIntExact(index);
        if (at >= values.length) {
            int before = values.length;
            values = Arrays.copyOf(values, Math.max(at + 1, before + before / 2));
            Arrays.fill(values, before, values.length, NONE);
        }
        values[at] = value;
        size = Math.max(size, at + 1);
    }

    int size() {
        return size;
    }
}
