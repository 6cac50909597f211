package dev.varve.log.keys;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.util.Arrays;

/**
 * What is known of a key over the whole log.
 *
 * @param summary what its records say
 * @param segments the base offsets that the segments had which hold its records or did so once, ascending; not to be changed
 * @param isWhole whether nothing more is known of it elsewhere; not written
 */
public record KeyEntry(KeySummary summary, long[] segments, boolean isWhole) {
    private static final long[] NO_SEGMENTS = {};

    /** Nothing is known of the key. */
    static final KeyEntry NOTHING = new KeyEntry(KeySummary.NOTHING, NO_SEGMENTS, false);

    /** The same, where nothing more is known of it elsewhere. */
    KeyEntry whole() {
        return isWhole ? this : new KeyEntry(summary, segments, true);
    }

    /** With what a segment says, which is the last one so far, or one that was added already. */
    KeyEntry plus(KeySummary later, long baseOffset) {
        KeySummary sum = summary.plus(later);
        boolean forgets = later.forgottenAt() >= 0 && sum.forgottenAt() == later.forgottenAt();
        if (forgets && summary.forgottenAt() != later.forgottenAt()) {
            return new KeyEntry(sum, new long[] {baseOffset}, isWhole);
        }
        return new KeyEntry(sum, with(baseOffset), isWhole);
    }

    /** The same of a later stretch of the log. */
    KeyEntry plus(KeyEntry later) {
        KeyEntry sum = this;
        for (long baseOffset : later.segments) {
            sum = sum.plus(later.summary, baseOffset);
        }
        return sum;
    }

    private long[] with(long baseOffset) {
        int at = Arrays.binarySearch(segments, baseOffset);
        if (at >= 0) {
            return segments;
        }
        long[] more = new long[segments.length + 1];
        int place = -at - 1;
        System.arraycopy(segments, 0, more, 0, place);
        more[place] = baseOffset;
        System.arraycopy(segments, place, more, place + 1, segments.length - place);
        return more;
    }

    long memoryBytes() {
        return 80 + 8L * segments.length;
    }

    byte[] encode(Output scratch) {
        scratch.reset();
        summary.write(scratch);
        scratch.writeVarInt(segments.length, true);
        long before = 0;
        for (long baseOffset : segments) {
            scratch.writeVarLong(baseOffset - before, true);
            before = baseOffset;
        }
        return scratch.toBytes();
    }

    static KeyEntry decode(byte[] value) {
        Input input = new Input(value);
        KeySummary summary = KeySummary.read(input);
        int count = input.readVarInt(true);
        if (count < 0 || count > input.limit() - input.position()) {
            throw new KryoException(count + " segments in " + (input.limit() - input.position()) + " bytes");
        }
        long[] segments = new long[count];
        long before = 0;
        for (int i = 0; i < count; i++) {
            before += input.readVarLong(true);
            segments[i] = before;
        }
        return new KeyEntry(summary, segments, false);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KeyEntry that && summary.equals(that.summary) && Arrays.equals(segments, that.segments);
    }

    @Override
    public int hashCode() {
        return 31 * summary.hashCode() + Arrays.hashCode(segments);
    }

    @Override
    public String toString() {
        return "KeyEntry[" + summary + ", segments " + Arrays.toString(segments) + "]";
    }
}
