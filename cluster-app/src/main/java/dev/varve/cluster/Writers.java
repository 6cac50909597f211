package dev.varve.cluster;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * What became of the last entry of each writer: part of the state of a group, so that an entry which comes a second time changes nothing,
 * whoever leads by then and however often nodes were started anew. A writer has one entry under way at a time, so the last one is all that
 * can come again.
 *
 * <p>Bounded: over {@link #MAX_WRITERS} the writer goes that has been silent for longest, by the index of its last entry, the same one on all
 * replicas. Results take {@link #MAX_RESULT_BYTES} at most: those of the longest silent go first, and their sequences stay. For the one thread
 * that applies entries.
 */
final class Writers {
    /** Each start of a node makes one for each group. */
    static final int MAX_WRITERS = 1_024;

    static final int MAX_RESULT_BYTES = 8 << 20;

    /**
     * What is known of a writer.
     *
     * @param sequence of its last entry
     * @param index where that was applied
     * @param results what it gave; empty if that is not kept any more
     */
    record Settled(long sequence, long index, byte[] results) {}

    private static final byte[] NOT_KEPT = {};

    /** In the order of their indexes. */
    private final Map<UUID, Settled> all = new LinkedHashMap<>();

    private long resultBytes;

    /** The last entry of a writer; null if it is not known. */
    Settled last(UUID writer) {
        return all.get(writer);
    }

    int size() {
        return all.size();
    }

    long resultBytes() {
        return resultBytes;
    }

    /** Notes down what an entry gave, which is the last one of its writer now. */
    void settle(UUID writer, Settled settled) {
        remove(all.remove(writer));
        all.put(writer, settled);
        resultBytes += settled.results().length;
        if (all.size() > MAX_WRITERS) {
            Iterator<Settled> eldest = all.values().iterator();
            remove(eldest.next());
            eldest.remove();
        }
        if (resultBytes > MAX_RESULT_BYTES) {
            forgetResults();
        }
    }

    private void remove(Settled gone) {
        resultBytes -= gone == null ? 0 : gone.results().length;
    }

    private void forgetResults() {
        for (Map.Entry<UUID, Settled> each : all.entrySet()) {
            if (resultBytes <= MAX_RESULT_BYTES) {
                return;
            }
            Settled known = each.getValue();
            remove(known);
            each.setValue(new Settled(known.sequence(), known.index(), NOT_KEPT));
        }
    }

    void save(Output output) {
        output.writeVarInt(all.size(), true);
        all.forEach((writer, settled) -> {
            output.writeLong(writer.getMostSignificantBits());
            output.writeLong(writer.getLeastSignificantBits());
            output.writeVarLong(settled.sequence(), true);
            output.writeVarLong(settled.index(), true);
            output.writeVarInt(settled.results().length, true);
            output.writeBytes(settled.results());
        });
    }

    /** Begins anew with what was saved. */
    void load(Input input) {
        all.clear();
        resultBytes = 0;
        int count = input.readVarInt(true);
        for (int i = 0; i < count; i++) {
            UUID writer = new UUID(input.readLong(), input.readLong());
            settle(
                    writer,
                    new Settled(
                            input.readVarLong(true), input.readVarLong(true), input.readBytes(input.readVarInt(true))));
        }
    }
}
