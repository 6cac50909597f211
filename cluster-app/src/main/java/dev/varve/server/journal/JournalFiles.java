package dev.varve.server.journal;

import dev.varve.log.Damage;
import dev.varve.log.FrameDescription;
import dev.varve.log.LogException;
import dev.varve.log.LogInspector;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.StoredBatch;
import dev.varve.log.format.KeyControl;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.MalformedBatchException;
import dev.varve.persistence.storage.StoreDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A journal as its files show it, beside its owner or without one; takes no lock, writes nothing, needs no actor system. Blocks; for one
 * thread.
 */
public final class JournalFiles {
    private static final LogOptions OPTIONS = LogOptions.defaults();

    private final StoreDirectory store;

    private JournalFiles(StoreDirectory store) {
        this.store = store;
    }

    /**
     * The journal in a directory, or in its subdirectory {@code journal} as it is when {@code varve.directory} names the directory; null if
     * there is none.
     */
    public static JournalFiles in(Path directory) throws IOException {
        StoreDirectory store = StoreDirectory.of(directory);
        store = store == null ? StoreDirectory.of(directory.resolve("journal")) : store;
        return store == null ? null : new JournalFiles(store);
    }

    public StoreDirectory store() {
        return store;
    }

    /** The logs of the partitions, less those that were never written to. */
    public List<Path> logs() {
        return store.partitions().stream()
                .filter(log -> PartitionLog.exists(log, OPTIONS))
                .toList();
    }

    /** Those of one persistence id. */
    public List<Path> logs(String persistenceId) {
        Path log = store.partitions().get(store.partitionOf(persistenceId));
        return PartitionLog.exists(log, OPTIONS) ? List.of(log) : List.of();
    }

    /** What a partition says of deletions. */
    public static final class Deletions {
        private static final Deletion NONE = new Deletion(-1, 0, 0);

        private final Map<String, Deletion> byId = new HashMap<>();

        /**
         * Of one persistence id.
         *
         * @param forgottenAt what lies before this offset counts for nothing
         * @param deletedTo the greatest sequence number that is deleted; 0 with none
         * @param highest the highest sequence number at the time
         */
        public record Deletion(long forgottenAt, long deletedTo, long highest) {}

        private void add(KeyControl control, long offset) {
            String id = persistenceId(control.key());
            byId.merge(
                    id,
                    control.kind() == KeyControl.Kind.FORGOTTEN
                            ? new Deletion(offset, 0, 0)
                            : new Deletion(-1, control.toSequence(), control.highestSequence()),
                    (before, now) -> now.forgottenAt() >= 0
                            ? now
                            : new Deletion(
                                    before.forgottenAt(),
                                    Math.max(before.deletedTo(), now.deletedTo()),
                                    Math.max(before.highest(), now.highest())));
        }

        public Deletion of(String persistenceId) {
            return byId.getOrDefault(persistenceId, NONE);
        }

        /** Those that something was deleted of. */
        public Map<String, Deletion> all() {
            return byId;
        }

        /** Whether a record counts still. */
        public boolean leaves(String persistenceId, LogRecord record) {
            Deletion deletion = of(persistenceId);
            return record.offset() > deletion.forgottenAt() && record.keySequence() > deletion.deletedTo();
        }
    }

    /** Takes the records of a partition, in the order of its log. */
    public interface Visitor {
        /** @return whether to go on */
        boolean record(LogRecord record);

        /** Records are lost here; the walk goes on behind them. */
        void damage(Damage damage);
    }

    /** The persistence id that a key is. */
    public static String persistenceId(byte[] key) {
        return new String(key, StandardCharsets.UTF_8);
    }

    /**
     * Walks a partition for what it says of deletions. Damage is passed over: whoever walks the records is told.
     *
     * @throws LogException if there is no log that can be read
     */
    public static Deletions deletions(Path log) {
        Deletions deletions = new Deletions();
        LogInspector.dump(log, OPTIONS, 0, new Frames() {
            @Override
            void batch(FrameDescription frame, Supplier<StoredBatch> batch) throws MalformedBatchException {
                if (frame.control()) {
                    for (LogRecord record : batch.get().records()) {
                        deletions.add(KeyControl.of(record), record.offset());
                    }
                }
            }

            @Override
            public boolean damage(Damage damage) {
                return true;
            }
        });
        return deletions;
    }

    /**
     * Walks the records of a partition, deleted ones too, but not those of the log's own.
     *
     * @throws LogException if there is no log that can be read
     */
    public static void walk(Path log, Visitor visitor) {
        LogInspector.dump(log, OPTIONS, 0, new Frames() {
            @Override
            void batch(FrameDescription frame, Supplier<StoredBatch> batch) {
                if (!frame.control()) {
                    for (LogRecord record : batch.get().records()) {
                        goesOn = goesOn && visitor.record(record);
                    }
                }
            }

            @Override
            public boolean damage(Damage damage) {
                visitor.damage(damage);
                return true;
            }
        });
    }

    /** Batches whose checksums are right but whose content is not are damage like any other. */
    private abstract static class Frames implements LogInspector.FrameVisitor {
        boolean goesOn = true;

        abstract void batch(FrameDescription frame, Supplier<StoredBatch> batch) throws MalformedBatchException;

        @Override
        public final boolean frame(FrameDescription frame) {
            throw new UnsupportedOperationException("frames come with their records");
        }

        @Override
        public final boolean frame(FrameDescription frame, Supplier<StoredBatch> batch) {
            if (frame.records() > 0) {
                try {
                    batch(frame, batch);
                } catch (MalformedBatchException | LogException.CorruptRecord e) {
                    damage(new Damage(
                            frame.file(),
                            frame.position(),
                            frame.baseOffset(),
                            frame.lastOffset(),
                            Damage.Kind.FRAME,
                            e.getMessage()));
                }
            }
            return goesOn;
        }
    }
}
