package dev.varve.benchmarks.rows;

import dev.varve.log.format.FrameLayout;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** The records that are moved: values of 1 KiB, random by a fixed seed, timestamps a millisecond apart. */
final class Values {
    static final long SEED = 20260131;
    static final int VALUE_BYTES = 1024;
    static final int BATCH = 100;
    static final long FIRST_TIMESTAMP = 1_767_225_600_000L;
    private static final int DIFFERENT_VALUES = 512;

    private final byte[][] values = new byte[DIFFERENT_VALUES][VALUE_BYTES];
    private int next;
    private long timestamp = FIRST_TIMESTAMP;

    Values() {
        SplittableRandom random = new SplittableRandom(SEED);
        for (byte[] value : values) {
            random.nextBytes(value);
        }
    }

    byte[] value() {
        next = (next + 1) % DIFFERENT_VALUES;
        return values[next];
    }

    NewRecord record() {
        return NewRecord.of(timestamp++, value());
    }

    List<NewRecord> batch() {
        List<NewRecord> records = new ArrayList<>(BATCH);
        for (int i = 0; i < BATCH; i++) {
            records.add(record());
        }
        return records;
    }

    /** How many bytes a batch of so many records takes in the log. */
    static int frameBytes(int records) {
        long bytes = 0;
        NewRecord record = NewRecord.of(0, new byte[VALUE_BYTES]);
        for (int i = 0; i < records; i++) {
            bytes += RecordCodec.encodedBytes(record, i, i);
        }
        return (int) FrameLayout.frameBytes(FrameLayout.HEADER_BYTES, bytes);
    }
}
