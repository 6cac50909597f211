package dev.varve.log.machine;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system of a test's own, mounted until it is closed. Needs root; where that is not there the test is skipped. */
public final class Mount implements Closeable {
    private final Path directory;
    /** What it lies on; null if that is no file. */
    private final Path image;

    private boolean mounted;

    private Mount(Path directory, Path image) {
        this.directory = directory;
        this.image = image;
    }

    /** A file system in memory with this size, in the words of mount. */
    public static Mount tmpfs(Path directory, String size) throws IOException {
        Machine.needs("mount", "umount");
        Files.createDirectories(directory);
        Machine.needsToBeAllowed(
                "mounting a tmpfs", "mount", "-t", "tmpfs", "-o", "size=" + size, "varve-test", directory.toString());
        Mount mount = new Mount(directory, null);
        mount.mounted = true;
        return mount;
    }

    /**
     * A file system on an image in a file, which lies in memory where that is possible: then a sync costs no real disk its time.
     *
     * @param type ext4 or xfs
     */
    public static Mount image(String type, long bytes, Path directory) throws IOException {
        Machine.needs("mount", "umount", "losetup", "mkfs." + type);
        Path memory = Path.of("/dev/shm");
        Path image = Files.isWritable(memory)
                ? Files.createTempFile(memory, "varve-test", "." + type)
                : Files.createTempFile("varve-test", "." + type);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(bytes);
        }
        Machine.mustRun("mkfs." + type, "-q", type.equals("ext4") ? "-F" : "-f", image.toString());
        Files.createDirectories(directory);
        Mount mount = new Mount(directory, image);
        Machine.needsToBeAllowed(
                "mounting " + type + " on a loop device",
                "mount",
                "-o",
                "loop",
                image.toString(),
                directory.toString());
        mount.mounted = true;
        return mount;
    }

    /** The directory that shows another one under a second name. */
    public static Mount bind(Path original, Path directory) throws IOException {
        Machine.needs("mount", "umount");
        Files.createDirectories(directory);
        Machine.needsToBeAllowed("a bind mount", "mount", "--bind", original.toString(), directory.toString());
        Mount mount = new Mount(directory, null);
        mount.mounted = true;
        return mount;
    }

    public Path directory() {
        return directory;
    }

    /** Takes it away and mounts it again: what the file system makes of its journal is what is there then. */
    public void again() throws IOException {
        takeAway();
        Machine.mustRun("mount", "-o", "loop", image.toString(), directory.toString());
        mounted = true;
    }

    @Override
    public void close() throws IOException {
        takeAway();
        if (image != null) {
            Files.delete(image);
        }
    }

    private void takeAway() throws IOException {
        if (mounted) {
            Machine.mustRun("umount", directory.toString());
            mounted = false;
        }
    }
}
