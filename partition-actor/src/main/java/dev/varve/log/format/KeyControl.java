package dev.varve.log.format;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.util.List;

/**
 * A record of the log's own about a key, carried in a control batch, which readers skip: that its records up to a key sequence are
 * deleted, or that everything about it is forgotten. docs/FORMAT.md has the bytes.
 *
 * @param kind what it says
 * @param key of which key
 * @param toSequence up to and including which key sequence; 0 where all is forgotten
 * @param highestSequence the highest sequence of the key at that time, which outlives its records; 0 where all is forgotten
 */
public record KeyControl(Kind kind, byte[] key, long toSequence, long highestSequence) {
    /** What a control record says. */
    public enum Kind {
        DELETED(1),
        FORGOTTEN(2);

        final int number;

        Kind(int number) {
            this.number = number;
        }
    }

    private static final int MAX_BYTES = 10;

    /** The record to append. */
    public NewRecord toRecord(long timestamp) {
        Output output = new Output(MAX_BYTES);
        output.writeByte(kind.number);
        output.writeVarLong(highestSequence, true);
        return new NewRecord(timestamp, key, toSequence, output.toBytes(), List.of());
    }

    /**
     * What a record of a control batch says.
     *
     * @throws MalformedBatchException if it says nothing that this version knows
     */
    public static KeyControl of(LogRecord record) throws MalformedBatchException {
        if (record.key() == null || record.value() == null || record.value().length == 0) {
            throw new MalformedBatchException("a control record without a key or a kind at offset " + record.offset());
        }
        Input input = new Input(record.value());
        int number = input.readByte();
        for (Kind kind : Kind.values()) {
            if (kind.number == number) {
                return new KeyControl(kind, record.key(), record.keySequence(), highest(record, input));
            }
        }
        throw new MalformedBatchException("a control record of the unknown kind " + number + " at offset "
                + record.offset() + "; a later version of varve wrote it");
    }

    private static long highest(LogRecord record, Input input) throws MalformedBatchException {
        try {
            return input.readVarLong(true);
        } catch (KryoException e) {
            throw new MalformedBatchException("a control record that ends too soon at offset " + record.offset());
        }
    }
}
