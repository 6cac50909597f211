package dev.varve.persistence.query;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.io.NotSerializableException;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * Writes {@link PartitionOffsets}, for whoever stores offsets: the first partition, how many there are, and the offset of each, as variable
 * length integers. Identifier and manifest are so short because the offset stores of Pekko Projections have four characters for both of
 * them and a colon.
 */
public final class PartitionOffsetsSerializer extends SerializerWithStringManifest {
    static final String MANIFEST = "1";

    private static final int MOST_BYTES_OF_AN_OFFSET = 9;

    private final int identifier;

    /** As Pekko calls it. The identifier is what {@code pekko.actor.serialization-identifiers} says. */
    public PartitionOffsetsSerializer(ExtendedActorSystem system) {
        this.identifier = system.settings()
                .config()
                .getConfig("pekko.actor.serialization-identifiers")
                .getInt("\"" + PartitionOffsetsSerializer.class.getName() + "\"");
    }

    @Override
    public int identifier() {
        return identifier;
    }

    @Override
    public String manifest(Object value) {
        return MANIFEST;
    }

    @Override
    public byte[] toBinary(Object value) {
        if (!(value instanceof PartitionOffsets offsets)) {
            throw new IllegalArgumentException("this writes PartitionOffsets, not "
                    + (value == null ? "null" : value.getClass().getName()));
        }
        Output output = new Output(16 + MOST_BYTES_OF_AN_OFFSET * offsets.partitions());
        output.writeVarInt(offsets.firstPartition(), true);
        output.writeVarInt(offsets.partitions(), true);
        for (int i = 0; i < offsets.partitions(); i++) {
            output.writeVarLong(offsets.nextOffset(offsets.firstPartition() + i), true);
        }
        return output.toBytes();
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
        if (!manifest.equals(MANIFEST)) {
            throw new NotSerializableException("an offset with manifest [" + manifest + "], a later version wrote it");
        }
        Input input = new Input(bytes);
        try {
            int first = input.readVarInt(true);
            int count = input.readVarInt(true);
            if (count < 0 || count > bytes.length) {
                throw new NotSerializableException(count + " offsets in " + bytes.length + " bytes");
            }
            long[] next = new long[count];
            for (int i = 0; i < count; i++) {
                next[i] = input.readVarLong(true);
            }
            return PartitionOffsets.of(first, next);
        } catch (KryoException | IllegalArgumentException e) {
            throw (NotSerializableException) new NotSerializableException(
                            "offsets of partitions in " + bytes.length + " bytes: " + e.getMessage())
                    .initCause(e);
        }
    }
}
