package dev.varve.persistence.snapshot;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.persistence.storage.Payload;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a record of a log of snapshots says: the persistence id is the key, and the records of a key are numbered 1, 2, 3. The rest is in
 * the value (docs/FORMAT.md has the bytes). Immutable.
 */
sealed interface SnapshotRecord {
    /** The place among the records of its persistence id. */
    long number();

    /** The greatest sequence number of all snapshots of the persistence id that were saved before; 0 if there were none. */
    long maxSequenceNrBefore();

    /**
     * A snapshot. It takes the place of those with the same sequence number that were saved before.
     *
     * @param timestamp when it was saved, in milliseconds since 1970-01-01T00:00:00Z: that of the record
     */
    record Saved(
            long number,
            long maxSequenceNrBefore,
            long sequenceNr,
            long timestamp,
            Optional<Payload> metadata,
            Payload payload)
            implements SnapshotRecord {}

    /** Snapshots, by their numbers, that were deleted while older ones stay. */
    record Deletion(long number, long maxSequenceNrBefore, long timestamp, List<Long> numbers)
            implements SnapshotRecord {
        public Deletion {
            numbers = List.copyOf(numbers);
        }
    }

    /** A value that is no record of this format. */
    final class MalformedSnapshotException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        MalformedSnapshotException(LogRecord record, String problem, Throwable cause) {
            super(
                    "the record at offset " + record.offset() + " is no snapshot that this version knows: " + problem,
                    cause);
        }
    }

    /** The key under which the snapshots of a persistence id lie. */
    static byte[] key(String persistenceId) {
        return persistenceId.getBytes(StandardCharsets.UTF_8);
    }

    /** The record to append. */
    default NewRecord toRecord(byte[] key) {
        if (this instanceof Saved saved) {
            return Format.record(saved, key);
        }
        return Format.record((Deletion) this, key);
    }

    /**
     * What a record says.
     *
     * @throws MalformedSnapshotException if it is none that this version knows
     */
    static SnapshotRecord of(LogRecord record) {
        return Format.read(record);
    }

    /** The bytes. */
    final class Format {
        private static final int VERSION = 1;
        private static final int SNAPSHOT = 1;
        private static final int DELETION = 2;
        private static final int HAS_METADATA = 1;
        private static final int HAS_SERIALIZER_MANIFEST = 2;

        private Format() {}

        private static NewRecord record(Saved saved, byte[] key) {
            Payload payload = saved.payload();
            Output output = new Output(64 + payload.bytes().length, -1);
            begin(output, SNAPSHOT, saved);
            output.writeByte((saved.metadata().isEmpty() ? 0 : HAS_METADATA)
                    | (payload.manifest().isEmpty() ? 0 : HAS_SERIALIZER_MANIFEST));
            output.writeVarLong(saved.sequenceNr(), true);
            saved.metadata().ifPresent(metadata -> metadata.write(output));
            output.writeVarInt(payload.serializerId(), false);
            if (!payload.manifest().isEmpty()) {
                Payload.writeText(output, payload.manifest());
            }
            output.writeBytes(payload.bytes());
            return new NewRecord(saved.timestamp(), key, saved.number(), output.toBytes(), List.of());
        }

        private static NewRecord record(Deletion deletion, byte[] key) {
            Output output = new Output(64, -1);
            begin(output, DELETION, deletion);
            output.writeVarInt(deletion.numbers().size(), true);
            deletion.numbers().forEach(number -> output.writeVarLong(number, true));
            return new NewRecord(deletion.timestamp(), key, deletion.number(), output.toBytes(), List.of());
        }

        private static void begin(Output output, int kind, SnapshotRecord record) {
            output.writeByte(VERSION);
            output.writeByte(kind);
            output.writeVarLong(record.maxSequenceNrBefore(), true);
        }

        private static SnapshotRecord read(LogRecord record) {
            if (record.value() == null || record.value().length < 3) {
                throw new MalformedSnapshotException(record, "it has no value, or one that is too short", null);
            }
            Input input = new Input(record.value());
            int version = input.readByte();
            if (version != VERSION) {
                throw new MalformedSnapshotException(
                        record, "it has version " + version + ", a later one wrote it", null);
            }
            try {
                int kind = input.readByte();
                long maxBefore = input.readVarLong(true);
                return switch (kind) {
                    case SNAPSHOT -> readSaved(record, input, maxBefore);
                    case DELETION -> readDeletion(record, input, maxBefore);
                    default -> throw new MalformedSnapshotException(record, "its kind is " + kind, null);
                };
            } catch (KryoException | IndexOutOfBoundsException e) {
                throw new MalformedSnapshotException(record, e.getMessage(), e);
            }
        }

        private static Saved readSaved(LogRecord record, Input input, long maxBefore) {
            int flags = input.readByte();
            long sequenceNr = input.readVarLong(true);
            Optional<Payload> metadata =
                    (flags & HAS_METADATA) == 0 ? Optional.empty() : Optional.of(Payload.read(input));
            int serializerId = input.readVarInt(false);
            String manifest = (flags & HAS_SERIALIZER_MANIFEST) == 0 ? "" : Payload.readText(input);
            byte[] bytes = input.readBytes(input.limit() - input.position());
            return new Saved(
                    record.keySequence(),
                    maxBefore,
                    sequenceNr,
                    record.timestamp(),
                    metadata,
                    new Payload(serializerId, manifest, bytes));
        }

        private static Deletion readDeletion(LogRecord record, Input input, long maxBefore) {
            int count = Payload.checked(input, input.readVarInt(true));
            List<Long> numbers = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                numbers.add(input.readVarLong(true));
            }
            return new Deletion(record.keySequence(), maxBefore, record.timestamp(), numbers);
        }
    }
}
