package dev.varve.log.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The real file system. */
public final class NioDisk implements Disk {
    private static final NioDisk INSTANCE = new NioDisk();

    private NioDisk() {}

    public static NioDisk instance() {
        return INSTANCE;
    }

    @Override
    public LogFile open(Path file, OpenMode mode) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<Entry> list(Path directory) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean delete(Path file) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<DirectoryLock> tryLock(Path lockFile) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        throw new UnsupportedOperationException();
    }
}
