package dev.varve.log.segment;

import dev.varve.log.format.Manifest;
import dev.varve.log.io.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/** The manifest file of a log. */
public final class ManifestStore {
    /** Room for half a million segments; a larger file is no manifest. */
    private static final int MAX_BYTES = 64 << 20;

    private final Disk disk;
    private final Path file;

    public ManifestStore(Disk disk, Path directory) {
        this.disk = disk;
        this.file = directory.resolve(SegmentFiles.MANIFEST);
    }

    public Path file() {
        return file;
    }

    public Disk disk() {
        return disk;
    }

    /** What the manifest file holds; empty if there is none. */
    public Optional<Manifest.Decoded> read() throws IOException {
        byte[] bytes = SmallFiles.readIfThere(disk, file, MAX_BYTES);
        return bytes == null ? Optional.empty() : Optional.of(Manifest.decode(ByteBuffer.wrap(bytes)));
    }

    /** Sees to it, durably, that nobody takes for a log what is in the directory until {@link #write}. */
    public void writeUnfinished() throws IOException {
        SmallFiles.replace(disk, file, Manifest.unfinished());
        disk.syncDirectory(file.getParent());
    }

    /** Replaces the manifest, durably and all or nothing. */
    public void write(Manifest manifest) throws IOException {
        ByteBuffer bytes = manifest.encode();
        if (bytes.remaining() > MAX_BYTES) {
            throw new IOException("a manifest of " + manifest.segments().size() + " segments is over its limit of "
                    + MAX_BYTES + " bytes; choose larger segments");
        }
        SmallFiles.replace(disk, file, bytes);
        disk.syncDirectory(file.getParent());
    }
}
