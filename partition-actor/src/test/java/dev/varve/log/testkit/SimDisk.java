package dev.varve.log.testkit;

import dev.varve.log.io.DirectoryLock;
import dev.varve.log.io.Disk;
import dev.varve.log.io.LogFile;
import dev.varve.log.io.NoSpaceException;
import dev.varve.log.testkit.Operation.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.IntPredicate;

/**
 * A file system in memory that can lose what was not synced. What is written is visible at once and durable after
 * {@link LogFile#sync()}; names are visible at once and durable after {@link #syncDirectory}. When the power goes, a seed decides
 * for every unsynced sector of 512 bytes on its own whether it reached the platter, so writes are lost, torn and reordered;
 * of the unsynced changes to the names in a directory a first part survives, as in a journaled file system. A sector is
 * written whole or not at all and never harms its neighbours; directories that were created are durable at once.
 *
 * <p>Deterministic for a seed and a sequence of calls. Any thread.
 */
public final class SimDisk implements Disk {
    private final long seed;
    private final Random random;
    private final Map<Path, SimFile> visible = new TreeMap<>();
    private final Map<Path, SimFile> durable = new TreeMap<>();
    private final List<NameChange> pending = new ArrayList<>();
    private final Set<Path> directories = new HashSet<>();
    /** The files that are locked; a lock is one on the file, not on its name, as with flock. */
    private final Set<SimFile> locks = Collections.newSetFromMap(new IdentityHashMap<>());

    private final Set<Handle> open = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Fault> faults = new ArrayList<>();
    private final Map<Kind, Long> counts = new EnumMap<>(Kind.class);
    private List<Operation> recorded;
    private Consumer<Operation> listener = operation -> {};
    private long capacityBytes = Long.MAX_VALUE;
    private boolean down;
    /** Counts crashes; files opened before the last one are dead. */
    private int boot;

    private record NameChange(Path directory, Path removed, Path added, SimFile file) {
        void applyTo(Map<Path, SimFile> names) {
            if (removed != null) {
                names.remove(removed);
            }
            if (added != null) {
                names.put(added, file);
            }
        }
    }

    public SimDisk(long seed) {
        this.seed = seed;
        this.random = new Random(seed);
    }

    /** The seed, for the message of a test that fails. */
    public long seed() {
        return seed;
    }

    @Override
    public String toString() {
        return "SimDisk[seed=" + seed + "]";
    }

    /** An independent disk with the same contents, visible and durable; without the locks, faults and open files. Cheap. */
    public SimDisk copy() {
        return copy(seed);
    }

    /** As above, with a seed of its own. */
    public synchronized SimDisk copy(long newSeed) {
        SimDisk copy = new SimDisk(newSeed);
        Map<SimFile, SimFile> copies = new IdentityHashMap<>();
        visible.forEach((path, file) -> copy.visible.put(path, copies.computeIfAbsent(file, SimFile::copy)));
        durable.forEach((path, file) -> copy.durable.put(path, copies.computeIfAbsent(file, SimFile::copy)));
        for (NameChange change : pending) {
            SimFile file = change.file() == null ? null : copies.computeIfAbsent(change.file(), SimFile::copy);
            copy.pending.add(new NameChange(change.directory(), change.removed(), change.added(), file));
        }
        copy.directories.addAll(directories);
        copy.capacityBytes = capacityBytes;
        return copy;
    }

    // What goes wrong.

    /** Adds a fault; it counts operations from now on. */
    public synchronized void inject(Fault fault) {
        faults.add(fault);
    }

    /** Takes all faults away. */
    public synchronized void heal() {
        faults.clear();
    }

    /** How many bytes all files together may have. */
    public synchronized void setCapacityBytes(long bytes) {
        capacityBytes = bytes;
    }

    /** The power goes: the seed decides what survives of what was not synced. Every operation fails until {@link #restart()}. */
    public synchronized void powerLoss() {
        powerLoss(sector -> random.nextBoolean(), random.nextBoolean());
    }

    /**
     * The power goes, and this says what survives: for each unsynced sector, file by file in the order of their paths and
     * numbered from 0 within each, and for the lengths of files. Of the names a seeded part.
     */
    public synchronized void powerLoss(IntPredicate sectorSurvives, boolean lengthsSurvive) {
        int survivingNames = pending.isEmpty() ? 0 : random.nextInt(pending.size() + 1);
        for (int i = 0; i < survivingNames; i++) {
            pending.get(i).applyTo(durable);
        }
        pending.clear();
        Set<SimFile> files = Collections.newSetFromMap(new IdentityHashMap<>());
        durable.values().forEach(file -> {
            if (files.add(file)) {
                file.crash(sectorSurvives, lengthsSurvive);
            }
        });
        visible.clear();
        visible.putAll(durable);
        goDown();
    }

    /** The process dies: all that was written stays visible. Every operation fails until {@link #restart()}. */
    public synchronized void kill() {
        goDown();
    }

    /**
     * The processes that own something die while others live on: all locks are free. A test that calls this must not use what
     * held them any more.
     */
    public synchronized void killOwners() {
        locks.clear();
    }

    private void goDown() {
        down = true;
        boot++;
        locks.clear();
        open.clear();
    }

    /** The machine is there again, with what survived, without faults. Files that were open before stay dead. */
    public synchronized void restart() {
        down = false;
        faults.clear();
    }

    /** How many sectors of a file a sync would write. */
    public synchronized int unsyncedSectors(Path path) {
        return visible.get(key(path)).unsyncedSectors();
    }

    /** Flips a bit of a file, counted from 0, on the platter and in the page cache. */
    public synchronized void flipBit(Path path, long bit) {
        byte[] one = new byte[1];
        file(path).read(one, 0, 1, bit / 8);
        one[0] ^= (byte) (1 << (bit % 8));
        file(path).damage(bit / 8, one);
    }

    /** Overwrites bytes of a file on the platter and in the page cache, making it longer if need be. */
    public synchronized void overwrite(Path path, long position, byte[] bytes) {
        file(path).damage(position, bytes);
    }

    /** Shortens a file on the platter and in the page cache. */
    public synchronized void cutTo(Path path, long size) {
        file(path).cutTo(Math.toIntExact(size));
    }

    /** Takes a file away, durably. */
    public synchronized void remove(Path path) {
        visible.remove(key(path));
        durable.remove(key(path));
    }

    /** Puts a file there, durably, replacing one that is. */
    public synchronized void put(Path path, byte[] bytes) {
        SimFile file = new SimFile();
        file.write(bytes, 0, bytes.length, 0);
        file.sync();
        visible.put(key(path), file);
        durable.put(key(path), file);
        directories.add(key(path).getParent());
    }

    /** The bytes of a file as programs see them. */
    public synchronized byte[] bytes(Path path) {
        SimFile file = file(path);
        byte[] bytes = new byte[file.size()];
        file.read(bytes, 0, bytes.length, 0);
        return bytes;
    }

    /** The names of the files in a directory, in order. */
    public synchronized List<String> names(Path directory) {
        List<String> names = new ArrayList<>();
        visible.keySet().stream()
                .filter(path -> key(directory).equals(path.getParent()))
                .forEach(path -> names.add(path.getFileName().toString()));
        return names;
    }

    private SimFile file(Path path) {
        SimFile file = visible.get(key(path));
        if (file == null) {
            throw new IllegalArgumentException("no file " + path + " among " + visible.keySet());
        }
        return file;
    }

    /** How many files are open. */
    public synchronized int openFiles() {
        return open.size();
    }

    /** How many of the files that are open have been deleted, so that their room is not given back. */
    public synchronized long openDeletedFiles() {
        return open.stream()
                .filter(handle -> visible.get(handle.path) != handle.file)
                .count();
    }

    // What was asked.

    /** Tells of each operation before it is done, outside any lock, so that a test can make it wait. */
    public synchronized void onOperation(Consumer<Operation> newListener) {
        listener = newListener;
    }

    /** How many operations of a kind there were since the beginning or the last {@link #forgetOperations()}. */
    public synchronized long count(Kind kind) {
        return counts.getOrDefault(kind, 0L);
    }

    /** Begins to remember each operation, for {@link #operations()}. */
    public synchronized void recordOperations() {
        recorded = new ArrayList<>();
    }

    /** The operations since {@link #recordOperations()} or {@link #forgetOperations()}. */
    public synchronized List<Operation> operations() {
        return List.copyOf(recorded);
    }

    public synchronized void forgetOperations() {
        counts.clear();
        if (recorded != null) {
            recorded.clear();
        }
    }

    /** Counts an operation and lets happen what is to; the effect on a write that is to be done by half is given back. */
    private Fault.Effect begin(Operation operation) throws IOException {
        Consumer<Operation> told;
        synchronized (this) {
            told = listener;
        }
        told.accept(operation);
        synchronized (this) {
            if (down) {
                throw new SimulatedCrash("the machine is down");
            }
            counts.merge(operation.kind(), 1L, Long::sum);
            if (recorded != null) {
                recorded.add(operation);
            }
            for (Fault fault : faults) {
                if (fault.hits(operation)) {
                    return meet(fault.effect(), operation);
                }
            }
            return null;
        }
    }

    private Fault.Effect meet(Fault.Effect effect, Operation operation) throws IOException {
        switch (effect) {
            case POWER_LOSS -> {
                powerLoss();
                throw new SimulatedCrash("the power went at " + operation);
            }
            case KILL -> {
                kill();
                throw new SimulatedCrash("the process died at " + operation);
            }
            case SHORT_WRITE, SHORT_WRITE_NO_SPACE -> {
                if (operation.kind() == Kind.WRITE) {
                    return effect;
                }
                throw Fault.exception(effect, operation);
            }
            default -> {
                if (operation.kind() == Kind.SYNC) {
                    return effect;
                }
                throw Fault.exception(effect, operation);
            }
        }
    }

    // The disk.

    private static Path key(Path path) {
        return path.toAbsolutePath().normalize();
    }

    @Override
    public LogFile open(Path path, OpenMode mode) throws IOException {
        Path key = key(path);
        begin(new Operation(mode == OpenMode.CREATE_NEW ? Kind.CREATE : Kind.OPEN, key, 0, 0));
        synchronized (this) {
            SimFile file = visible.get(key);
            if (mode == OpenMode.CREATE_NEW) {
                if (file != null) {
                    throw new FileAlreadyExistsException(path.toString());
                }
                requireDirectory(key.getParent());
                file = new SimFile();
                change(new NameChange(key.getParent(), null, key, file));
            } else if (file == null) {
                throw new NoSuchFileException(path.toString());
            }
            Handle handle = new Handle(key, file, boot);
            open.add(handle);
            return handle;
        }
    }

    private void requireDirectory(Path directory) throws NoSuchFileException {
        if (!directories.contains(directory)) {
            throw new NoSuchFileException(directory.toString());
        }
    }

    private void change(NameChange change) {
        change.applyTo(visible);
        pending.add(change);
    }

    @Override
    public List<Entry> list(Path directory) throws IOException {
        Path key = key(directory);
        begin(new Operation(Kind.LIST, key, 0, 0));
        synchronized (this) {
            List<Entry> entries = new ArrayList<>();
            visible.forEach((path, file) -> {
                if (key.equals(path.getParent())) {
                    entries.add(new Entry(path.getFileName().toString(), file.size()));
                }
            });
            return entries;
        }
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        begin(new Operation(Kind.CREATE_DIRECTORY, key(directory), 0, 0));
        synchronized (this) {
            for (Path path = key(directory); path != null; path = path.getParent()) {
                directories.add(path);
            }
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        begin(new Operation(Kind.RENAME, key(from), 0, 0));
        synchronized (this) {
            SimFile file = visible.get(key(from));
            if (file == null) {
                throw new NoSuchFileException(from.toString());
            }
            change(new NameChange(key(to).getParent(), key(from), key(to), file));
        }
    }

    @Override
    public boolean delete(Path path) throws IOException {
        Path key = key(path);
        begin(new Operation(Kind.DELETE, key, 0, 0));
        synchronized (this) {
            if (directories.contains(key)) {
                if (visible.keySet().stream().anyMatch(file -> key.equals(file.getParent()))) {
                    throw new DirectoryNotEmptyException(path.toString());
                }
                return directories.remove(key);
            }
            if (!visible.containsKey(key)) {
                return false;
            }
            change(new NameChange(key.getParent(), key, null, null));
            return true;
        }
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        Path key = key(directory);
        begin(new Operation(Kind.SYNC_DIRECTORY, key, 0, 0));
        synchronized (this) {
            requireDirectory(key);
            pending.removeIf(change -> {
                if (change.directory().equals(key)) {
                    change.applyTo(durable);
                    return true;
                }
                return false;
            });
        }
    }

    @Override
    public Optional<DirectoryLock> tryLock(Path lockFile) throws IOException {
        Path key = key(lockFile);
        begin(new Operation(Kind.LOCK, key, 0, 0));
        synchronized (this) {
            requireDirectory(key.getParent());
            SimFile file = visible.get(key);
            if (file == null) {
                file = new SimFile();
                change(new NameChange(key.getParent(), null, key, file));
            }
            return locks.add(file) ? Optional.of(new Lock(key, file, boot)) : Optional.empty();
        }
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        begin(new Operation(Kind.USABLE, key(directory), 0, 0));
        synchronized (this) {
            return roomBytes();
        }
    }

    private long roomBytes() {
        if (capacityBytes == Long.MAX_VALUE) {
            return Long.MAX_VALUE;
        }
        long used = visible.values().stream().mapToLong(SimFile::size).sum();
        return Math.max(0, capacityBytes - used);
    }

    private final class Lock implements DirectoryLock {
        private final Path path;
        private final SimFile file;
        private final int openedInBoot;
        private boolean closed;

        Lock(Path path, SimFile file, int openedInBoot) {
            this.path = path;
            this.file = file;
            this.openedInBoot = openedInBoot;
        }

        @Override
        public boolean isIntact() {
            synchronized (SimDisk.this) {
                return openedInBoot == boot && visible.get(path) == file;
            }
        }

        @Override
        public void close() {
            synchronized (SimDisk.this) {
                if (!closed && openedInBoot == boot) {
                    locks.remove(file);
                }
                closed = true;
            }
        }
    }

    private final class Handle implements LogFile {
        private final Path path;
        private final SimFile file;
        private final int openedInBoot;
        private boolean closed;

        Handle(Path path, SimFile file, int openedInBoot) {
            this.path = path;
            this.file = file;
            this.openedInBoot = openedInBoot;
        }

        private Fault.Effect begin(Kind kind, long position, long length) throws IOException {
            synchronized (SimDisk.this) {
                if (closed || openedInBoot != boot) {
                    throw new SimulatedCrash(path + " was open when the machine went down, or is closed");
                }
            }
            return SimDisk.this.begin(new Operation(kind, path, position, length));
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            begin(Kind.READ, position, target.remaining());
            synchronized (SimDisk.this) {
                byte[] bytes = new byte[(int) Math.max(0, Math.min(target.remaining(), file.size() - position))];
                int read = file.read(bytes, 0, bytes.length, position);
                target.put(bytes, 0, read);
                return read;
            }
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            Operation operation = new Operation(Kind.WRITE, path, position, source.remaining());
            Fault.Effect effect = begin(Kind.WRITE, position, source.remaining());
            synchronized (SimDisk.this) {
                byte[] bytes = new byte[source.remaining()];
                source.get(bytes);
                if (effect != null) {
                    file.write(bytes, 0, bytes.length / 2, position);
                    throw Fault.exception(effect, operation);
                }
                long growth = Math.max(0, position + bytes.length - file.size());
                long room = roomBytes();
                if (growth > room) {
                    file.write(bytes, 0, (int) Math.max(0, bytes.length - (growth - room)), position);
                    throw new NoSpaceException(path + ": No space left on device (simulated)");
                }
                file.write(bytes, 0, bytes.length, position);
            }
        }

        @Override
        public void sync() throws IOException {
            Fault.Effect effect = begin(Kind.SYNC, 0, 0);
            synchronized (SimDisk.this) {
                if (effect != null) {
                    file.failSync();
                    throw Fault.exception(effect, new Operation(Kind.SYNC, path, 0, 0));
                }
                file.sync();
            }
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            begin(Kind.TRUNCATE, sizeBytes, 0);
            synchronized (SimDisk.this) {
                file.truncate((int) Math.min(Integer.MAX_VALUE, sizeBytes));
            }
        }

        @Override
        public long size() throws IOException {
            begin(Kind.SIZE, 0, 0);
            synchronized (SimDisk.this) {
                return file.size();
            }
        }

        @Override
        public void close() {
            synchronized (SimDisk.this) {
                closed = true;
                open.remove(this);
            }
        }
    }
}
