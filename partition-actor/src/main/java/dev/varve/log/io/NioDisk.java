package dev.varve.log.io;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The file system of the machine. An interrupt that is pending when a method is called is put off until it is done; one that
 * comes while a file is written or synced closes that file, and the call throws. One that comes while it is read does no
 * harm, neither to this reader nor to others.
 */
public final class NioDisk implements Disk {
    private static final NioDisk INSTANCE = new NioDisk();

    private NioDisk() {}

    public static NioDisk instance() {
        return INSTANCE;
    }

    @Override
    public LogFile open(Path file, OpenMode mode) throws IOException {
        try {
            return NioLogFile.open(file, mode);
        } catch (IOException e) {
            throw mode == OpenMode.CREATE_NEW ? NoSpace.translated(e, file, 0) : e;
        }
    }

    @Override
    public List<Entry> list(Path directory) throws IOException {
        return list(directory, "");
    }

    @Override
    public List<Entry> list(Path directory, String suffix) throws IOException {
        List<Entry> entries = new ArrayList<>();
        // All paths begin alike, and to look for the name in each of thousands takes longer than to list them.
        int nameStart = -1;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                String path = file.toString();
                if (nameStart < 0) {
                    nameStart = path.length() - file.getFileName().toString().length();
                }
                String name = path.substring(nameStart);
                if (name.endsWith(suffix)) {
                    addIfPlain(file, name, entries);
                } else {
                    entries.add(new Entry(name, Entry.NOT_ASKED));
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            // An iterator cannot throw an error of the disk as it is.
            throw e.getCause();
        }
        return entries;
    }

    private static void addIfPlain(Path file, String name, List<Entry> entries) throws IOException {
        // The old way asks for two numbers and makes no objects, which counts for thousands; it hides errors, so no is
        // no answer.
        File asked = file.toFile();
        long sizeBytes = asked.isFile() ? asked.length() : 0;
        if (sizeBytes > 0) {
            entries.add(new Entry(name, sizeBytes));
            return;
        }
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            if (attributes.isRegularFile()) {
                entries.add(new Entry(name, attributes.size()));
            }
        } catch (NoSuchFileException e) {
            // Deleted since the directory was listed, so it is not there.
        }
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        Deque<Path> missing = new ArrayDeque<>();
        Path path = directory.toAbsolutePath().normalize();
        while (path != null && !Files.isDirectory(path)) {
            missing.push(path);
            path = path.getParent();
        }
        if (path != null && path.getParent() != null) {
            syncNameOfExisting(path);
        }
        for (Path next : missing) {
            // Tolerates that somebody else creates it at the same time.
            Files.createDirectories(next);
            syncDirectory(next.getParent());
        }
    }

    /** Whoever created the directory may have died before it synced the name. */
    private void syncNameOfExisting(Path directory) throws IOException {
        try {
            syncDirectory(directory.getParent());
        } catch (AccessDeniedException e) {
            // Who may not read the parent did not create anything in it.
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw NoSpace.translated(e, to, 0);
        }
    }

    @Override
    public boolean delete(Path file) throws IOException {
        return Files.deleteIfExists(file);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        boolean interrupted = Interrupts.putOff();
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } finally {
            Interrupts.restore(interrupted);
        }
    }

    @Override
    public Optional<DirectoryLock> tryLock(Path lockFile) throws IOException {
        return NioDirectoryLock.tryLock(lockFile);
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        // What is reserved for root counts, for the log may run as root, which fills that too: what the platform calls
        // usable
        // would stay zero then until more than all of the reserve is free again.
        return Files.getFileStore(directory).getUnallocatedSpace();
    }
}
