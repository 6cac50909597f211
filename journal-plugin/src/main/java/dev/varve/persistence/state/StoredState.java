package dev.varve.persistence.state;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.persistence.storage.Payload;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The state of an entity as a record of a log: the persistence id is the key, the revision the key sequence, the timestamp that of the
 * record, and the rest is in the value (docs/FORMAT.md has the bytes). Immutable.
 *
 * @param persistenceId whose state it is
 * @param revision 1 or more
 * @param timestamp when it was stored, in milliseconds since 1970-01-01T00:00:00Z
 * @param tag its tag; empty if it has none
 * @param payload the state; empty if it was deleted
 */
record StoredState(String persistenceId, long revision, long timestamp, String tag, Optional<Payload> payload) {
    private static final int VERSION = 1;
    private static final int IS_DELETED = 1;
    private static final int HAS_TAG = 2;
    private static final int HAS_SERIALIZER_MANIFEST = 4;

    /** A value that is no state of this format. */
    static final class MalformedStateException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        MalformedStateException(LogRecord record, String problem, Throwable cause) {
            super(
                    "the record at offset " + record.offset() + " is no state that this version knows: " + problem
                            + ". Nothing was changed",
                    cause);
        }
    }

    /** The key under which the states of a persistence id lie. */
    static byte[] key(String persistenceId) {
        return persistenceId.getBytes(StandardCharsets.UTF_8);
    }

    /** The persistence id of a key. */
    static String persistenceId(byte[] key) {
        return new String(key, StandardCharsets.UTF_8);
    }

    /** The record to append. */
    NewRecord toRecord(byte[] key) {
        String manifest = payload.map(Payload::manifest).orElse("");
        Output output =
                new Output(64 + payload.map(state -> state.bytes().length).orElse(0), -1);
        output.writeByte(VERSION);
        output.writeByte((payload.isEmpty() ? IS_DELETED : 0)
                | (tag.isEmpty() ? 0 : HAS_TAG)
                | (manifest.isEmpty() ? 0 : HAS_SERIALIZER_MANIFEST));
        if (!tag.isEmpty()) {
            Payload.writeText(output, tag);
        }
        payload.ifPresent(state -> {
            output.writeVarInt(state.serializerId(), false);
            if (!manifest.isEmpty()) {
                Payload.writeText(output, manifest);
            }
            output.writeBytes(state.bytes());
        });
        return new NewRecord(timestamp, key, revision, output.toBytes(), List.of());
    }

    /**
     * The state in a record.
     *
     * @throws MalformedStateException if there is none that this version knows
     */
    static StoredState of(LogRecord record) {
        if (record.key() == null || record.value() == null || record.value().length < 2) {
            throw new MalformedStateException(record, "it has no persistence id or no value", null);
        }
        Input input = new Input(record.value());
        int version = input.readByte();
        if (version != VERSION) {
            throw new MalformedStateException(record, "it has version " + version + ", a later one wrote it", null);
        }
        try {
            int flags = input.readByte();
            String tag = (flags & HAS_TAG) == 0 ? "" : Payload.readText(input);
            return new StoredState(
                    persistenceId(record.key()),
                    record.keySequence(),
                    record.timestamp(),
                    tag,
                    (flags & IS_DELETED) == 0 ? Optional.of(readPayload(input, flags)) : Optional.empty());
        } catch (KryoException | IndexOutOfBoundsException e) {
            throw new MalformedStateException(record, e.getMessage(), e);
        }
    }

    /** Whether the state in a record has a tag; cheaper than looking at the state. */
    static boolean isTagged(LogRecord record, String tag) {
        if (record.value() == null || record.value().length < 2 || record.value()[0] != VERSION) {
            return of(record).tag().equals(tag);
        }
        return (record.value()[1] & HAS_TAG) == 0 ? tag.isEmpty() : startsWith(record, tag);
    }

    private static boolean startsWith(LogRecord record, String tag) {
        try {
            return Payload.readText(new Input(record.value(), 2, record.value().length - 2))
                    .equals(tag);
        } catch (KryoException | IndexOutOfBoundsException e) {
            throw new MalformedStateException(record, e.getMessage(), e);
        }
    }

    private static Payload readPayload(Input input, int flags) {
        int serializerId = input.readVarInt(false);
        String manifest = (flags & HAS_SERIALIZER_MANIFEST) == 0 ? "" : Payload.readText(input);
        return new Payload(serializerId, manifest, input.readBytes(input.limit() - input.position()));
    }
}
