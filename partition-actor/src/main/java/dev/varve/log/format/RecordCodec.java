package dev.varve.log.format;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The inside of a batch: records, written by hand through Kryo's {@link Output} and read through its {@link Input}, never
 * by reflection, so that every byte is specified (docs/FORMAT.md). Stateless; any thread.
 */
public final class RecordCodec {
    private RecordCodec() {}

    /** How many bytes a record takes. Exact, so that limits are checked before anything is allocated. */
    public static long encodedBytes(NewRecord record, int offsetDelta, long timestampDelta) {
        long bytes = Output.varIntLength(offsetDelta, true)
                + Output.varLongLength(timestampDelta, true)
                + nullableBytes(record.key())
                + (record.key() == null ? 0 : Output.varLongLength(record.keySequence(), true))
                + nullableBytes(record.value())
                + Output.varIntLength(record.headers().size(), true);
        for (int i = 0; i < record.headers().size(); i++) {
            RecordHeader header = record.headers().get(i);
            int name = utf8Bytes(header.key());
            bytes += Output.varIntLength(name, true)
                    + (long) name
                    + Output.varIntLength(header.value().length, true)
                    + header.value().length;
        }
        return bytes;
    }

    public static void encode(Output output, NewRecord record, int offsetDelta, long timestampDelta) {
        output.writeVarInt(offsetDelta, true);
        output.writeVarLong(timestampDelta, true);
        writeNullable(output, record.key());
        if (record.key() != null) {
            output.writeVarLong(record.keySequence(), true);
        }
        writeNullable(output, record.value());
        output.writeVarInt(record.headers().size(), true);
        for (int i = 0; i < record.headers().size(); i++) {
            RecordHeader header = record.headers().get(i);
            byte[] name = header.key().getBytes(StandardCharsets.UTF_8);
            output.writeVarInt(name.length, true);
            output.writeBytes(name);
            output.writeVarInt(header.value().length, true);
            output.writeBytes(header.value());
        }
    }

    /**
     * Decodes all records of a batch.
     *
     * @param input holds the records, uncompressed, and nothing else
     * @throws MalformedBatchException if the bytes are not exactly the records that the header promises
     */
    public static List<LogRecord> decode(FrameHeader header, Input input) throws MalformedBatchException {
        int length = input.limit() - input.position();
        // A record takes five bytes at least: a count that cannot be true allocates nothing.
        if (header.recordCount() > length / 5) {
            throw new MalformedBatchException(header.recordCount() + " records in " + length + " bytes");
        }
        List<LogRecord> records = new ArrayList<>(header.recordCount());
        try {
            int previousDelta = -1;
            for (int i = 0; i < header.recordCount(); i++) {
                int offsetDelta = input.readVarInt(true);
                if (offsetDelta <= previousDelta || offsetDelta > header.lastOffsetDelta()) {
                    throw new MalformedBatchException("offset delta " + offsetDelta + " after " + previousDelta
                            + " in a batch that ends at " + header.lastOffsetDelta());
                }
                previousDelta = offsetDelta;
                records.add(decodeRecord(header, offsetDelta, input));
            }
            boolean isLast = previousDelta == header.lastOffsetDelta() || header.isThinned();
            if (!isLast || input.position() != input.limit()) {
                throw new MalformedBatchException((input.limit() - input.position())
                        + " bytes behind the last record, whose offset delta is " + previousDelta + " of "
                        + header.lastOffsetDelta());
            }
        } catch (KryoException e) {
            throw new MalformedBatchException("the bytes end inside record " + records.size() + ": " + e.getMessage());
        }
        return records;
    }

    private static LogRecord decodeRecord(FrameHeader header, int offsetDelta, Input input)
            throws MalformedBatchException {
        long timestamp = header.minTimestamp() + input.readVarLong(true);
        if (timestamp < header.minTimestamp() || timestamp > header.maxTimestamp()) {
            throw new MalformedBatchException("timestamp " + timestamp + " in a batch from " + header.minTimestamp()
                    + " to " + header.maxTimestamp());
        }
        byte[] key = readNullable(input);
        long keySequence = key == null ? 0 : input.readVarLong(true);
        if (keySequence < 0) {
            throw new MalformedBatchException("key sequence " + keySequence);
        }
        byte[] value = readNullable(input);
        int headerCount = input.readVarInt(true);
        List<RecordHeader> headers = List.of();
        if (headerCount != 0) {
            headers = new ArrayList<>(checkedLength(input, headerCount));
            for (int i = 0; i < headerCount; i++) {
                String name = new String(readBytes(input, input.readVarInt(true)), StandardCharsets.UTF_8);
                headers.add(new RecordHeader(name, readBytes(input, input.readVarInt(true))));
            }
        }
        return new LogRecord(header.baseOffset() + offsetDelta, timestamp, key, keySequence, value, headers);
    }

    private static long nullableBytes(byte[] bytes) {
        return bytes == null ? 1 : Output.varIntLength(bytes.length + 1, true) + (long) bytes.length;
    }

    private static void writeNullable(Output output, byte[] bytes) {
        if (bytes == null) {
            output.writeVarInt(0, true);
        } else {
            output.writeVarInt(bytes.length + 1, true);
            output.writeBytes(bytes);
        }
    }

    private static byte[] readNullable(Input input) throws MalformedBatchException {
        int lengthPlusOne = input.readVarInt(true);
        return lengthPlusOne == 0 ? null : readBytes(input, lengthPlusOne - 1);
    }

    private static byte[] readBytes(Input input, int length) throws MalformedBatchException {
        return input.readBytes(checkedLength(input, length));
    }

    private static int checkedLength(Input input, int length) throws MalformedBatchException {
        if (length < 0 || length > input.limit() - input.position()) {
            throw new MalformedBatchException(
                    "a length of " + length + " with " + (input.limit() - input.position()) + " bytes left");
        }
        return length;
    }

    private static int utf8Bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
