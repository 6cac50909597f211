package dev.varve.cluster;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A small file that is replaced as a whole: a crash leaves the old one or the new one, and damage is told from both. The bytes of the file
 * are a CRC-32C of the content, big-endian, and the content.
 */
final class DurableFile {
    private static final int CRC_BYTES = 4;

    private DurableFile() {}

    /** Replaces the content; durable when it returns. */
    static void write(Path path, byte[] content) throws IOException {
        Path temporary = path.resolveSibling(path.getFileName() + ".tmp");
        ByteBuffer bytes = ByteBuffer.wrap(encode(content));
        try (FileChannel file = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        }
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        syncDirectory(path.toAbsolutePath().getParent());
    }

    /** The bytes of a file with this content. */
    static byte[] encode(byte[] content) {
        return ByteBuffer.allocate(CRC_BYTES + content.length)
                .putInt(crc(content))
                .put(content)
                .array();
    }

    /**
     * The content; empty if there is no such file.
     *
     * @throws IOException if it is damaged, too
     */
    static Optional<byte[]> read(Path path) throws IOException {
        if (!Files.exists(path)) {
            return Optional.empty();
        }
        byte[] bytes = Files.readAllBytes(path);
        if (bytes.length >= CRC_BYTES) {
            byte[] content = Arrays.copyOfRange(bytes, CRC_BYTES, bytes.length);
            if (ByteBuffer.wrap(bytes).getInt() == crc(content)) {
                return Optional.of(content);
            }
        }
        throw new IOException(path + " is damaged: its checksum does not fit its " + bytes.length
                + " bytes. Nothing was changed; restore the file from a copy");
    }

    private static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static int crc(byte[] content) {
        CRC32C crc = new CRC32C();
        crc.update(content);
        return (int) crc.getValue();
    }
}
