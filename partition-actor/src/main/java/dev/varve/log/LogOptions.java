package dev.varve.log;

import dev.varve.log.format.Compression;
import dev.varve.log.io.Disk;
import dev.varve.log.io.NioDisk;
import dev.varve.log.segment.ProducerStore;
import java.time.Duration;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * How a log is to be opened. Start from {@link #defaults()} and change what matters.
 *
 * @param syncPolicy when appends are synced; every write by default
 * @param rollPolicy when segments are sealed
 * @param maxBatchBytes the greatest size of a batch in bytes, its frame included, both as stored and uncompressed; from
 *     1 KiB to 256 MiB; 16 MiB by default. Checked before anything is allocated
 * @param compression how the records of new batches are stored; as they are by default. Batches that are there already stay as they
 *     are, and each is read as it says itself
 * @param indexCacheBytes how much memory the indexes of sealed segments may take; 32 MiB by default
 * @param markDelay how long a log is idle before it notes down, durably, that its last commit was durable; 100 ms by default
 * @param keyMemoryBytes how much memory the keys of the active segment may take, and as much again what has changed in the directory of
 *     keys; the segment is sealed, and the directory written, when it is used up. 0, the default, means that records are not found
 *     by key
 * @param producerExpiry how long the log remembers a producer that sends nothing, for telling repetitions; 7 days by default.
 *     Measured by the timestamps in the log, not by the clock; replicas must agree on it. Zero or more
 * @param maxProducers how many producers the log remembers at most: those with the latest batches; from 1 to 100,000; 10,000 by
 *     default, which take about 3.5 MB. Replicas must agree on it
 * @param logId the id of a log that is yet to be created (replicas of one partition share it); random when empty. An
 *     existing log with another id refuses to open
 * @param replicated whether it is the replication of a cluster that opens it, which alone writes the log then: that is noted down with the
 *     log, durably and for ever, and whoever opens or deletes it without this is refused. False by default
 * @param clock the clocks
 * @param disk the file system
 */
public record LogOptions(
        SyncPolicy syncPolicy,
        RollPolicy rollPolicy,
        int maxBatchBytes,
        Compression compression,
        long indexCacheBytes,
        Duration markDelay,
        long keyMemoryBytes,
        Duration producerExpiry,
        int maxProducers,
        OptionalLong logId,
        boolean replicated,
        LogClock clock,
        Disk disk) {

    public static final int DEFAULT_MAX_BATCH_BYTES = 16 << 20;
    public static final int MIN_MAX_BATCH_BYTES = 1 << 10;
    public static final int MAX_MAX_BATCH_BYTES = 256 << 20;
    public static final int MAX_MAX_PRODUCERS = ProducerStore.MAX_PRODUCERS;

    private static final LogOptions DEFAULTS = new LogOptions(
            SyncPolicy.everyWrite(),
            RollPolicy.DEFAULT,
            DEFAULT_MAX_BATCH_BYTES,
            Compression.NONE,
            32 << 20,
            Duration.ofMillis(100),
            0,
            Duration.ofDays(7),
            10_000,
            OptionalLong.empty(),
            false,
            LogClock.system(),
            NioDisk.instance());

    public LogOptions {
        Objects.requireNonNull(syncPolicy, "syncPolicy");
        Objects.requireNonNull(rollPolicy, "rollPolicy");
        Objects.requireNonNull(compression, "compression");
        Objects.requireNonNull(markDelay, "markDelay");
        Objects.requireNonNull(producerExpiry, "producerExpiry");
        Objects.requireNonNull(logId, "logId");
        Objects.requireNonNull(clock, "clock");
        Objects.requireNonNull(disk, "disk");
        if (maxBatchBytes < MIN_MAX_BATCH_BYTES || maxBatchBytes > MAX_MAX_BATCH_BYTES) {
            throw new IllegalArgumentException("max batch bytes must be from " + MIN_MAX_BATCH_BYTES + " to "
                    + MAX_MAX_BATCH_BYTES + ", not " + maxBatchBytes);
        }
        if (indexCacheBytes < 0) {
            throw new IllegalArgumentException("index cache bytes must be 0 or more, not " + indexCacheBytes);
        }
        if (keyMemoryBytes < 0) {
            throw new IllegalArgumentException("key memory bytes must be 0 or more, not " + keyMemoryBytes);
        }
        if (markDelay.isNegative() || markDelay.isZero() || markDelay.compareTo(SyncPolicy.LONGEST_DELAY) > 0) {
            throw new IllegalArgumentException("the mark delay must be more than zero and up to "
                    + SyncPolicy.LONGEST_DELAY + ", not " + markDelay);
        }
        if (producerExpiry.isNegative()) {
            throw new IllegalArgumentException("the producer expiry must be zero or more, not " + producerExpiry);
        }
        if (maxProducers < 1 || maxProducers > MAX_MAX_PRODUCERS) {
            throw new IllegalArgumentException(
                    "max producers must be from 1 to " + MAX_MAX_PRODUCERS + ", not " + maxProducers);
        }
    }

    public static LogOptions defaults() {
        return DEFAULTS;
    }

    public LogOptions withSyncPolicy(SyncPolicy policy) {
        return new LogOptions(
                policy,
                rollPolicy,
                maxBatchBytes,
                compression,
                indexCacheBytes,
                markDelay,
                keyMemoryBytes,
                producerExpiry,
                maxProducers,
                logId,
                replicated,
                clock,
                disk);
    }

    public LogOptions withRollPolicy(RollPolicy policy) {
        return new LogOptions(
                syncPolicy,
                policy,
                maxBatchBytes,
                compression,
                indexCacheBytes,
                markDelay,
                keyMemoryBytes,
                producerExpiry,
                maxProducers,
                logId,
                replicated,
                clock,
                disk);
    }

    public LogOptions withMaxBatchBytes(int bytes) {
        return new LogOptions(
                syncPolicy,
                rollPolicy,
                bytes,
                compression,
                indexCacheBytes,
                markDelay,
                keyMemoryBytes,
                producerExpiry,
                maxProducers,
                logId,
                replicated,
                clock,
                disk);
    }

    public LogOptions withCompression(Compression kind) {
        return new LogOptions(
                syncPolicy,
                rollPolicy,
                maxBatchBytes,
                kind,
                indexCacheBytes,
                markDelay,
                keyMemoryBytes,
                producerExpiry,
                maxProducers,
                logId,
                replicated,
                clock,
                disk);
    }

    public LogOptions withIndexCacheBytes(long bytes) {
        return new LogOptions(
                syncPolicy,
                rollPolicy,
                maxBatchBytes,
                compression,
                bytes,
                markDelay,
                keyMemoryBytes,
                producerExpiry,
                maxProducers,
                logId,
                replicated,
                clock,
                disk);
    }

    public LogOptions withMarkDelay(Duration delay) {
        return new LogOptions(
                syncPolicy,
                rollPolicy,
                maxBatchBytes,
                compression,
                indexCacheBytes,
                delay,
                keyMemoryBytes,
                producerExpiry,
                maxProducers,
                logId,
                replicated,
                clock,
                disk);
    }

    /** Has records found by key; 64 MiB are plenty for a million keys in a segment. */
    public LogOptions withKeyMemoryBytes(long bytes) {
        return new LogOptions(
                syncPolicy,
                rollPolicy,
                maxBatchBytes,
                compression,
                indexCacheBytes,
                markDelay,
                bytes,
                producerExpiry,
                maxProducers,
                logId,
                replicated,
                clock,
                disk);
    }

    /** Whether records are found by key. */
    public boolean indexesKeys() {
        return keyMemoryBytes > 0;
    }

    public LogOptions withProducerExpiry(Duration expiry) {
        return new LogOptions(
                syncPolicy,
                rollPolicy,
                maxBatchBytes,
                compression,
                indexCacheBytes,
                markDelay,
                keyMemoryBytes,
                expiry,
                maxProducers,
                logId,
                replicated,
                clock,
                disk);
    }

    public LogOptions withMaxProducers(int producers) {
        return new LogOptions(
                syncPolicy,
                rollPolicy,
                maxBatchBytes,
                compression,
                indexCacheBytes,
                markDelay,
                keyMemoryBytes,
                producerExpiry,
                producers,
                logId,
                replicated,
                clock,
                disk);
    }

    public LogOptions withLogId(long id) {
        return new LogOptions(
                syncPolicy,
                rollPolicy,
                maxBatchBytes,
                compression,
                indexCacheBytes,
                markDelay,
                keyMemoryBytes,
                producerExpiry,
                maxProducers,
                OptionalLong.of(id),
                replicated,
                clock,
                disk);
    }

    public LogOptions withReplicated(boolean isReplicated) {
        return new LogOptions(
                syncPolicy,
                rollPolicy,
                maxBatchBytes,
                compression,
                indexCacheBytes,
                markDelay,
                keyMemoryBytes,
                producerExpiry,
                maxProducers,
                logId,
                isReplicated,
                clock,
                disk);
    }

    public LogOptions withClock(LogClock newClock) {
        return new LogOptions(
                syncPolicy,
                rollPolicy,
                maxBatchBytes,
                compression,
                indexCacheBytes,
                markDelay,
                keyMemoryBytes,
                producerExpiry,
                maxProducers,
                logId,
                replicated,
                newClock,
                disk);
    }

    public LogOptions withDisk(Disk newDisk) {
        return new LogOptions(
                syncPolicy,
                rollPolicy,
                maxBatchBytes,
                compression,
                indexCacheBytes,
                markDelay,
                keyMemoryBytes,
                producerExpiry,
                maxProducers,
                logId,
                replicated,
                clock,
                newDisk);
    }
}
