package dev.varve.partition;

import dev.varve.log.LogClock;
import dev.varve.log.LogException;
import dev.varve.log.LogScrub;
import dev.varve.log.PartitionLog;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks through a log for damage, from time to time and a few segments a round: what it may read accrues while it waits for its turn,
 * so that it never holds a thread only to go slowly.
 */
final class ScrubJob implements MaintenanceJob {
    private static final Logger LOGGER = LoggerFactory.getLogger(ScrubJob.class);

    private final ScrubSettings settings;
    private final LogClock clock;
    private LogScrub scrub;
    private boolean hasBegunOnce;
    private long begunNanos;
    private long accruedToNanos;
    /** How much may be read before the next rest; below zero after a segment that was larger. */
    private double allowedBytes;

    ScrubJob(ScrubSettings settings, LogClock clock) {
        this.settings = settings;
        this.clock = clock;
    }

    @Override
    public String name() {
        return "The search for damage";
    }

    @Override
    public void run(PartitionLog log, LongConsumer pace) {
        long now = clock.monotonicNanos();
        if (scrub == null) {
            if (hasBegunOnce && now - begunNanos < settings.interval().toNanos()) {
                return;
            }
            begin(log, now);
        }
        allowedBytes += (now - accruedToNanos) / 1e9 * settings.bytesPerSecond();
        accruedToNanos = now;
        walk(log, pace);
    }

    private void begin(PartitionLog log, long now) {
        scrub = log.beginScrub();
        hasBegunOnce = true;
        begunNanos = now;
        accruedToNanos = now;
        allowedBytes = 1;
    }

    private void walk(PartitionLog log, LongConsumer pace) {
        boolean isMore = true;
        while (isMore && allowedBytes > 0) {
            long before = scrub.walked().bytes();
            try {
                isMore = scrub.walkOn(pace);
            } catch (LogException e) {
                // The next walk begins anew.
                scrub = null;
                throw e;
            }
            allowedBytes -= scrub.walked().bytes() - before;
        }
        if (!isMore) {
            tell(log);
            scrub = null;
        }
    }

    private void tell(PartitionLog log) {
        if (scrub.walked().findings() == 0) {
            LOGGER.info(
                    "No damage in the log in {}: {} segments, {} bytes, walked in {} s",
                    log.directory(),
                    scrub.walked().segments(),
                    scrub.walked().bytes(),
                    TimeUnit.NANOSECONDS.toSeconds(clock.monotonicNanos() - begunNanos));
        } else {
            LOGGER.warn(
                    "{} findings in the log in {}; a description of the partition names them, and so does varve verify",
                    scrub.walked().findings(),
                    log.directory());
        }
    }
}
