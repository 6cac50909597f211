package dev.varve.log.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;

/**
 * A file behind a {@link FileChannel}. The Java platform closes a channel when a thread that uses it is interrupted, for
 * every thread. Readers therefore open the file anew when that happens, unless it is another one by now; the interrupt is
 * handed on to its thread afterwards. A write that an interrupt hits fails, for nobody knows what of it was done; one that
 * was pending before is put off until the work is done.
 */
final class NioLogFile implements LogFile {
    private final Path path;
    private final Disk.OpenMode mode;
    private final Object fileKey;
    private volatile FileChannel channel;
    private volatile boolean closed;

    private NioLogFile(Path path, Disk.OpenMode mode, FileChannel channel, Object fileKey) {
        this.path = path;
        this.mode = mode;
        this.channel = channel;
        this.fileKey = fileKey;
    }

    static NioLogFile open(Path path, Disk.OpenMode mode) throws IOException {
        FileChannel channel = FileChannel.open(path, options(mode));
        try {
            return new NioLogFile(path, mode, channel, fileKey(path));
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    private static Set<OpenOption> options(Disk.OpenMode mode) {
        return switch (mode) {
            case READ -> Set.of(StandardOpenOption.READ);
            case WRITE -> Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
            case CREATE_NEW -> Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        };
    }

    private static Object fileKey(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        boolean interrupted = Thread.interrupted();
        int start = target.position();
        try {
            while (true) {
                FileChannel used = channel;
                try {
                    return readFully(used, target, position);
                } catch (ClosedChannelException e) {
                    // This thread was interrupted, or another one in the same channel: the file itself is well.
                    interrupted |= Thread.interrupted();
                    reopen(used, e);
                    target.position(start);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static int readFully(FileChannel channel, ByteBuffer target, long position) throws IOException {
        int total = 0;
        while (target.hasRemaining()) {
            int read = channel.read(target, position + total);
            if (read < 0) {
                break;
            }
            total += read;
        }
        return total;
    }

    private synchronized void reopen(FileChannel used, ClosedChannelException cause) throws IOException {
        if (closed || mode != Disk.OpenMode.READ) {
            throw cause;
        }
        if (channel != used) {
            return;
        }
        FileChannel again = FileChannel.open(path, options(mode));
        if (!Objects.equals(fileKey(path), fileKey)) {
            again.close();
            throw new NoSuchFileException(path.toString(), null, "it was replaced while it was open");
        }
        channel = again;
    }

    /** Work that the Java platform must not break off because of an interrupt that came before it. */
    private interface Work {
        void run() throws IOException;
    }

    private static void withInterruptPutOff(Work work) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            work.run();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
        int bytes = source.remaining();
        try {
            withInterruptPutOff(() -> {
                long at = position;
                while (source.hasRemaining()) {
                    at += channel.write(source, at);
                }
            });
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            throw NoSpace.translated(e, path, bytes);
        }
    }

    @Override
    public void sync() throws IOException {
        withInterruptPutOff(() -> channel.force(false));
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
        withInterruptPutOff(() -> channel.truncate(sizeBytes));
    }

    @Override
    public long size() throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                FileChannel used = channel;
                try {
                    return used.size();
                } catch (ClosedChannelException e) {
                    interrupted |= Thread.interrupted();
                    reopen(used, e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        channel.close();
    }
}
