package dev.varve.log.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;

/**
 * A file behind a {@link FileChannel}. The Java platform closes a channel when a thread that uses it is interrupted, for
 * every thread. Readers therefore open the file anew when that happens, unless it is another one by now; the interrupt is
 * handed on to its thread afterwards. A write that an interrupt hits fails, for nobody knows what of it was done; one that
 * was pending before is put off until the work is done.
 */
final class NioLogFile implements LogFile {
    /**
     * How much goes to a channel in one call. For a buffer on the heap the platform keeps a direct one of the size of the
     * largest call, for each thread and for ever.
     */
    private static final int MAX_CALL_BYTES = 1 << 20;

    private final Path path;
    private final Disk.OpenMode mode;
    private final Optional<Object> fileKey;
    private volatile FileChannel channel;
    private volatile boolean closed;

    private NioLogFile(Path path, Disk.OpenMode mode, FileChannel channel, Optional<Object> fileKey) {
        this.path = path;
        this.mode = mode;
        this.channel = channel;
        this.fileKey = fileKey;
    }

    static NioLogFile open(Path path, Disk.OpenMode mode) throws IOException {
        if (mode == Disk.OpenMode.CREATE_NEW) {
            return new NioLogFile(path, mode, FileChannel.open(path, options(mode)), Optional.empty());
        }
        // Asked for first: if the file is replaced in between, a reader that must open it anew refuses the new one. The
        // other way round it would take the new one for the old.
        Optional<Object> fileKey = FileKeys.of(path);
        NioDirectoryLock.refuseLockFile(path, fileKey);
        return new NioLogFile(path, mode, FileChannel.open(path, options(mode)), fileKey);
    }

    private static Set<OpenOption> options(Disk.OpenMode mode) {
        return switch (mode) {
            case READ -> Set.of(StandardOpenOption.READ);
            case WRITE -> Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
            case CREATE_NEW -> Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        };
    }

    /** The same error with the name of the file, which the platform leaves out when it reads, writes or syncs. */
    private IOException named(IOException e) {
        if (e.getClass() != IOException.class) {
            return e;
        }
        FileSystemException named = new FileSystemException(path.toString(), null, e.getMessage());
        named.initCause(e);
        return named;
    }

    /** Reads what is there for a buffer, or, if there is none, asks for the length; on a new channel if this one was closed. */
    private long withInterruptedChannelReplaced(ByteBuffer target, long position) throws IOException {
        boolean interrupted = Interrupts.putOff();
        int start = target == null ? 0 : target.position();
        try {
            while (true) {
                FileChannel used = channel;
                try {
                    return target == null ? used.size() : readFully(used, target.position(start), position);
                } catch (ClosedChannelException e) {
                    // This thread was interrupted, or another one in the same channel: the file itself is well.
                    interrupted |= Thread.interrupted();
                    replace(used, e);
                } catch (IOException e) {
                    throw named(e);
                }
            }
        } finally {
            Interrupts.restore(interrupted);
        }
    }

    private synchronized void replace(FileChannel used, ClosedChannelException cause) throws IOException {
        if (closed || mode != Disk.OpenMode.READ) {
            throw cause;
        }
        if (channel == used) {
            channel = openAgain();
        }
    }

    private FileChannel openAgain() throws IOException {
        FileChannel again = FileChannel.open(path, options(mode));
        try {
            if (!FileKeys.of(path).equals(fileKey)) {
                throw new NoSuchFileException(path.toString(), null, "it was replaced while it was open");
            }
            return again;
        } catch (IOException | RuntimeException | Error e) {
            again.close();
            throw e;
        }
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        return Math.toIntExact(withInterruptedChannelReplaced(target, position));
    }

    private static int readFully(FileChannel channel, ByteBuffer target, long position) throws IOException {
        int start = target.position();
        int end = target.limit();
        try {
            while (target.position() < end) {
                target.limit(limitOfCall(target, end));
                if (channel.read(target, position + target.position() - start) < 0) {
                    break;
                }
            }
        } finally {
            target.limit(end);
        }
        return target.position() - start;
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
        int bytes = source.remaining();
        boolean interrupted = Interrupts.putOff();
        try {
            writeFully(channel, source, position);
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            throw named(NoSpace.translated(e, path, bytes));
        } finally {
            Interrupts.restore(interrupted);
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer source, long position) throws IOException {
        int start = source.position();
        int end = source.limit();
        try {
            while (source.position() < end) {
                source.limit(limitOfCall(source, end));
                channel.write(source, position + source.position() - start);
            }
        } finally {
            source.limit(end);
        }
    }

    private static int limitOfCall(ByteBuffer buffer, int end) {
        return buffer.position() + Math.min(end - buffer.position(), MAX_CALL_BYTES);
    }

    @Override
    public void sync() throws IOException {
        boolean interrupted = Interrupts.putOff();
        try {
            channel.force(false);
        } catch (IOException e) {
            throw named(e);
        } finally {
            Interrupts.restore(interrupted);
        }
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
        boolean interrupted = Interrupts.putOff();
        try {
            channel.truncate(sizeBytes);
        } catch (IOException e) {
            throw named(e);
        } finally {
            Interrupts.restore(interrupted);
        }
    }

    @Override
    public long size() throws IOException {
        return withInterruptedChannelReplaced(null, 0);
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        channel.close();
    }
}
