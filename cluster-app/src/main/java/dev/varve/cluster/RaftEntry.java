package dev.varve.cluster;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.util.List;
import java.util.UUID;

/**
 * What {@link RaftWriter} puts into a Raft log: commands, who wrote them, and the how manieth entry of that writer it is. On disk and on the
 * wire: a byte for the version, the 16 bytes of the writer, the sequence as one of Kryo's variable-length numbers, and the commands as a
 * {@link Parcel}.
 *
 * @param sequence rises with each entry of a writer; an entry that is sent again keeps its own
 */
record RaftEntry(UUID writer, long sequence, List<byte[]> commands) {
    private static final int VERSION = 2;

    byte[] encode() {
        Output output = new Output(1 + 2 * Long.BYTES + Output.varLongLength(sequence, true) + Parcel.bytes(commands));
        output.writeByte(VERSION);
        output.writeLong(writer.getMostSignificantBits());
        output.writeLong(writer.getLeastSignificantBits());
        output.writeVarLong(sequence, true);
        Parcel.write(output, commands);
        return output.getBuffer();
    }

    /**
     * The entry of these bytes.
     *
     * @throws UnreadableEntryException if they are none
     */
    static RaftEntry decode(byte[] bytes) {
        Input input = new Input(bytes);
        try {
            int version = input.readByte();
            if (version != VERSION) {
                throw new UnreadableEntryException("an entry of version " + version
                        + ", which another version of this program wrote; this one knows " + VERSION);
            }
            UUID writer = new UUID(input.readLong(), input.readLong());
            return new RaftEntry(writer, input.readVarLong(true), Parcel.read(input));
        } catch (KryoException e) {
            throw new UnreadableEntryException("an entry that ends too early: " + e.getMessage());
        }
    }
}
