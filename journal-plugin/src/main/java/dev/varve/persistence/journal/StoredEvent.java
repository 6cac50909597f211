package dev.varve.persistence.journal;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.persistence.storage.Payload;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * An event as a record of a log: the persistence id is the key, the sequence number the key sequence, the timestamp that of the record,
 * and the rest is in the value (docs/FORMAT.md has the bytes). Immutable.
 *
 * @param persistenceId whose event it is
 * @param sequenceNr its sequence number, 1 or more
 * @param timestamp when it was written, in milliseconds since 1970-01-01T00:00:00Z
 * @param writerUuid who wrote it: the incarnation of the persistent actor
 * @param adapterManifest what the event adapter needs to know; empty if nothing
 * @param tags its tags
 * @param metadata what goes along with the event, such as that of a replicated entity
 * @param payload the event
 */
public record StoredEvent(
        String persistenceId,
        long sequenceNr,
        long timestamp,
        String writerUuid,
        String adapterManifest,
        Set<String> tags,
        Optional<Payload> metadata,
        Payload payload) {

    private static final int VERSION = 1;
    private static final int WRITER_IS_UUID = 1;
    private static final int HAS_ADAPTER_MANIFEST = 2;
    private static final int HAS_SERIALIZER_MANIFEST = 4;
    private static final int HAS_TAGS = 8;
    private static final int HAS_METADATA = 16;
    private static final int UUID_TEXT_LENGTH = 36;

    /** A value that is no event of this format. */
    public static final class MalformedEventException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        MalformedEventException(LogRecord record, String problem, Throwable cause) {
            super(
                    "the record at offset " + record.offset() + " is no event that this version knows: " + problem
                            + ". Nothing was changed",
                    cause);
        }
    }

    /** The key under which the events of a persistence id lie. */
    public static byte[] key(String persistenceId) {
        return persistenceId.getBytes(StandardCharsets.UTF_8);
    }

    /** The record to append. */
    public NewRecord toRecord(byte[] key) {
        Output output = new Output(64 + payload.bytes().length, -1);
        UUID uuid = uuid(writerUuid);
        output.writeByte(VERSION);
        output.writeByte((uuid == null ? 0 : WRITER_IS_UUID)
                | (adapterManifest.isEmpty() ? 0 : HAS_ADAPTER_MANIFEST)
                | (payload.manifest().isEmpty() ? 0 : HAS_SERIALIZER_MANIFEST)
                | (tags.isEmpty() ? 0 : HAS_TAGS)
                | (metadata.isEmpty() ? 0 : HAS_METADATA));
        if (uuid == null) {
            Payload.writeText(output, writerUuid);
        } else {
            output.writeLong(uuid.getMostSignificantBits());
            output.writeLong(uuid.getLeastSignificantBits());
        }
        if (!adapterManifest.isEmpty()) {
            Payload.writeText(output, adapterManifest);
        }
        if (!tags.isEmpty()) {
            output.writeVarInt(tags.size(), true);
            tags.forEach(tag -> Payload.writeText(output, tag));
        }
        metadata.ifPresent(present -> present.write(output));
        output.writeVarInt(payload.serializerId(), false);
        if (!payload.manifest().isEmpty()) {
            Payload.writeText(output, payload.manifest());
        }
        output.writeBytes(payload.bytes());
        return new NewRecord(timestamp, key, sequenceNr, output.toBytes(), List.of());
    }

    /** The UUID that a text is the usual form of, else null. */
    private static UUID uuid(String text) {
        if (text.length() != UUID_TEXT_LENGTH) {
            return null;
        }
        try {
            UUID uuid = UUID.fromString(text);
            return uuid.toString().equals(text) ? uuid : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /**
     * The event in a record.
     *
     * @throws MalformedEventException if there is none that this version knows
     */
    public static StoredEvent of(LogRecord record) {
        return read(record, Set.of(), true).event();
    }

    /**
     * The event in a record, if it has a tag; cheaper than looking at the event.
     *
     * @throws MalformedEventException if there is none that this version knows
     */
    public static Optional<StoredEvent> ifTagged(LogRecord record, String tag) {
        return Optional.ofNullable(read(record, Set.of(tag), false).event());
    }

    private record Result(StoredEvent event) {}

    private static Result read(LogRecord record, Set<String> wanted, boolean all) {
        if (record.key() == null || record.value() == null || record.value().length < 2) {
            throw new MalformedEventException(record, "it has no persistence id or no value", null);
        }
        Input input = new Input(record.value());
        int version = input.readByte();
        if (version != VERSION) {
            throw new MalformedEventException(record, "it has version " + version + ", a later one wrote it", null);
        }
        try {
            int flags = input.readByte();
            if (!all && (flags & HAS_TAGS) == 0) {
                return new Result(null);
            }
            String writer = (flags & WRITER_IS_UUID) == 0
                    ? Payload.readText(input)
                    : new UUID(input.readLong(), input.readLong()).toString();
            String adapterManifest = (flags & HAS_ADAPTER_MANIFEST) == 0 ? "" : Payload.readText(input);
            Set<String> tags = (flags & HAS_TAGS) == 0 ? Set.of() : readTags(input);
            if (!all && Collections.disjoint(tags, wanted)) {
                return new Result(null);
            }
            Optional<Payload> metadata =
                    (flags & HAS_METADATA) == 0 ? Optional.empty() : Optional.of(Payload.read(input));
            int serializerId = input.readVarInt(false);
            String manifest = (flags & HAS_SERIALIZER_MANIFEST) == 0 ? "" : Payload.readText(input);
            byte[] bytes = input.readBytes(input.limit() - input.position());
            return new Result(new StoredEvent(
                    new String(record.key(), StandardCharsets.UTF_8),
                    record.keySequence(),
                    record.timestamp(),
                    writer,
                    adapterManifest,
                    tags,
                    metadata,
                    new Payload(serializerId, manifest, bytes)));
        } catch (KryoException | IndexOutOfBoundsException e) {
            throw new MalformedEventException(record, e.getMessage(), e);
        }
    }

    private static Set<String> readTags(Input input) {
        int count = Payload.checked(input, input.readVarInt(true));
        Set<String> tags = new LinkedHashSet<>();
        for (int i = 0; i < count; i++) {
            tags.add(Payload.readText(input));
        }
        return Collections.unmodifiableSet(tags);
    }
}
