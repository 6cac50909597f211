package dev.varve.log.keys;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.log.format.FrameLayout;
import java.util.Arrays;

/**
 * The frames of one segment that hold records of one key: where each is, and the greatest key sequence of the key in it. One thread
 * adds; any thread looks, at the same time.
 */
public final class KeyPostings {
    private long[] positions;
    private long[] sequences;

    /** Written last and read first, so that whoever sees a frame counted sees the frame. */
    private volatile int count;

    KeyPostings() {
        this(new long[1], new long[1], 0);
    }

    private KeyPostings(long[] positions, long[] sequences, int count) {
        this.positions = positions;
        this.sequences = sequences;
        this.count = count;
    }

    void add(long position, long keySequence) {
        int n = count;
        if (n > 0 && positions[n - 1] == position) {
            sequences[n - 1] = Math.max(sequences[n - 1], keySequence);
            return;
        }
        if (n == positions.length) {
            positions = Arrays.copyOf(positions, 2 * n);
            sequences = Arrays.copyOf(sequences, 2 * n);
        }
        positions[n] = position;
        sequences[n] = keySequence;
        count = n + 1;
    }

    public int count() {
        return count;
    }

    /** Where the frame is. Ask {@link #count()} first. */
    public long position(int index) {
        return positions[index];
    }

    /** The greatest key sequence in the frame. Ask {@link #count()} first. */
    public long sequence(int index) {
        return sequences[index];
    }

    long memoryBytes() {
        return 80 + 16L * positions.length;
    }

    void write(Output output) {
        int n = count;
        output.writeVarInt(n, true);
        long position = 0;
        long sequence = 0;
        for (int i = 0; i < n; i++) {
            output.writeVarLong((positions[i] - position) / FrameLayout.ALIGNMENT, true);
            output.writeVarLong(sequences[i] - sequence, false);
            position = positions[i];
            sequence = sequences[i];
        }
    }

    static KeyPostings read(Input input) {
        int n = input.readVarInt(true);
        // Each takes two bytes at least: a count that cannot be true allocates nothing.
        if (n < 0 || n > (input.limit() - input.position()) / 2) {
            throw new KryoException(n + " frames in " + (input.limit() - input.position()) + " bytes");
        }
        long[] positions = new long[Math.max(n, 1)];
        long[] sequences = new long[Math.max(n, 1)];
        long position = 0;
        long sequence = 0;
        for (int i = 0; i < n; i++) {
            position += input.readVarLong(true) * FrameLayout.ALIGNMENT;
            sequence += input.readVarLong(false);
            positions[i] = position;
            sequences[i] = sequence;
        }
        return new KeyPostings(positions, sequences, n);
    }
}
