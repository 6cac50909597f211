package dev.varve.persistence.storage;

import com.typesafe.config.ConfigException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The file {@code partitions} of a store, which says for ever how many partitions it has: another number would look for persistence ids
 * where they are not. Blocks for the disk.
 */
final class PartitionCount {
    static final String NAME = "partitions";
    private static final Pattern PARTITION = Pattern.compile("\\d{4}");
    private static final Pattern CONTENT = Pattern.compile("varve store 1, (\\d{1,4}) partitions?\\R?");

    private PartitionCount() {}

    /**
     * The number of partitions of the store in a directory, which is created with so many if it is not there.
     *
     * @param wanted the number for a new store; an existing one must have it too, unless this is 0
     * @param fallback the number for a new store if {@code wanted} is 0
     * @throws ConfigException if there is a store with another number
     */
    static int of(Path directory, int wanted, int fallback) {
        Path file = directory.resolve(NAME);
        try {
            int found = read(file);
            if (found == 0) {
                refuseIfPartitionsAreThere(file);
                create(file, wanted == 0 ? fallback : wanted);
                return wanted == 0 ? fallback : wanted;
            }
            if (wanted != 0 && wanted != found) {
                throw new ConfigException.Generic("the store in " + directory + " has " + found
                        + " partitions, which never changes, but " + wanted
                        + " are configured. Nothing was changed; set partitions to " + found + " or to 0");
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException("looking for the number of partitions in " + file, e);
        }
    }

    /** The file was lost: with another number than it said most persistence ids would look as if they had never been used. */
    private static void refuseIfPartitionsAreThere(Path file) throws IOException {
        if (!Files.isDirectory(file.getParent())) {
            return;
        }
        try (Stream<Path> entries = Files.list(file.getParent())) {
            long count = entries.filter(entry ->
                            PARTITION.matcher(entry.getFileName().toString()).matches())
                    .count();
            if (count > 0) {
                throw new IOException(file + " is missing, and there are " + count
                        + " partitions beside it. Nothing was changed; restore the file: \"varve store 1, " + count
                        + (count == 1 ? " partition" : " partitions") + "\", if none of them is missing too");
            }
        }
    }

    /** The number that the file says; 0 if it is not there. */
    static int read(Path file) throws IOException {
        String content;
        try {
            content = Files.readString(file, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return 0;
        }
        Matcher matcher = CONTENT.matcher(content);
        if (!matcher.matches()) {
            throw new IOException(file + " should say how many partitions the store has, and says \"" + content.strip()
                    + "\". Nothing was changed; restore the file: \"varve store 1, N partitions\", where N is the number of"
                    + " directories beside it");
        }
        return Integer.parseInt(matcher.group(1));
    }

    private static void create(Path file, int count) throws IOException {
        Files.createDirectories(file.getParent());
        Path temporary = file.resolveSibling(NAME + ".tmp");
        try (FileChannel channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            byte[] content = ("varve store 1, " + count + (count == 1 ? " partition\n" : " partitions\n"))
                    .getBytes(StandardCharsets.UTF_8);
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        syncDirectory(file.getParent());
        if (file.getParent().getParent() != null) {
            syncDirectory(file.getParent().getParent());
        }
    }

    private static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
