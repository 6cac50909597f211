package dev.varve.cluster.copying;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.io.IOException;
import java.util.zip.CRC32C;

/** What the two sides of a copy say to each other. The numbers of the kinds, in the first byte, never change. */
final class Exchange {
    /** The greatest piece. */
    static final int MAX_PIECE_BYTES = 1 << 20;

    /** The number of the plan among the files of an image; the files that it names follow from 0 on. */
    static final int PLAN = -1;

    private Exchange() {}

    sealed interface Request {}

    /** Makes an image and keeps it for the node that asks, which gives back the one that it had. */
    record Begin(String node) implements Request {}

    /** A piece of a file of an image. */
    record Piece(long image, int file, long position, int bytes) implements Request {}

    /** The image is not needed any more. */
    record End(long image) implements Request {}

    sealed interface Reply {}

    /** There is an image, of the state up to an entry. */
    record Begun(long image, long term, long index, long planBytes) implements Reply {}

    /** The bytes that were asked for. */
    record Bytes(byte[] bytes) implements Reply {}

    /** The image is given back. */
    enum Ended implements Reply {
        INSTANCE
    }

    /** There is no such image, any more: begin anew. */
    record Gone(String message) implements Reply {}

    /** It could not be done. */
    record Failed(String message) implements Reply {}

    static byte[] encode(Request request) {
        Output output = new Output(64, -1);
        if (request instanceof Begin begin) {
            output.writeByte(1);
            output.writeString(begin.node());
        } else if (request instanceof Piece piece) {
            output.writeByte(2);
            output.writeLong(piece.image());
            output.writeInt(piece.file());
            output.writeLong(piece.position());
            output.writeInt(piece.bytes());
        } else if (request instanceof End end) {
            output.writeByte(3);
            output.writeLong(end.image());
        }
        return output.toBytes();
    }

    static Request decodeRequest(byte[] bytes) throws IOException {
        try (Input input = new Input(bytes)) {
            int kind = input.readByte();
            return switch (kind) {
                case 1 -> new Begin(input.readString());
                case 2 -> new Piece(input.readLong(), input.readInt(), input.readLong(), input.readInt());
                case 3 -> new End(input.readLong());
                default -> throw new IOException("a request of the unknown kind " + kind);
            };
        } catch (KryoException e) {
            throw new IOException("a request that is not whole: " + e.getMessage(), e);
        }
    }

    static byte[] encode(Reply reply) {
        Output output = new Output(64, -1);
        if (reply instanceof Begun begun) {
            output.writeByte(1);
            output.writeLong(begun.image());
            output.writeLong(begun.term());
            output.writeLong(begun.index());
            output.writeLong(begun.planBytes());
        } else if (reply instanceof Bytes piece) {
            output = new Output(1 + 2 * Integer.BYTES + piece.bytes().length);
            output.writeByte(2);
            output.writeInt(crc(piece.bytes()));
            output.writeInt(piece.bytes().length);
            output.writeBytes(piece.bytes());
        } else if (reply instanceof Ended) {
            output.writeByte(3);
        } else if (reply instanceof Gone gone) {
            output.writeByte(4);
            output.writeString(gone.message());
        } else if (reply instanceof Failed failed) {
            output.writeByte(5);
            output.writeString(failed.message());
        }
        return output.toBytes();
    }

    /**
     * The reply of these bytes.
     *
     * @throws IOException if they are none, or a piece fails its checksum
     */
    static Reply decodeReply(byte[] bytes) throws IOException {
        try (Input input = new Input(bytes)) {
            int kind = input.readByte();
            return switch (kind) {
                case 1 -> new Begun(input.readLong(), input.readLong(), input.readLong(), input.readLong());
                case 2 -> piece(input.readInt(), input.readBytes(input.readInt()));
                case 3 -> Ended.INSTANCE;
                case 4 -> new Gone(input.readString());
                case 5 -> new Failed(input.readString());
                default -> throw new IOException("a reply of the unknown kind " + kind);
            };
        } catch (KryoException | NegativeArraySizeException e) {
            throw new IOException("a reply that is not whole: " + e.getMessage(), e);
        }
    }

    private static Bytes piece(int crc, byte[] bytes) throws IOException {
        if (crc != crc(bytes)) {
            throw new IOException("a piece of " + bytes.length + " bytes fails its checksum");
        }
        return new Bytes(bytes);
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
