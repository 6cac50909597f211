package dev.varve.log;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The present time, as far as one may act on it when what is done cannot be undone. The wall clock may be wrong at first and set right
 * later, or the other way round; a monotonic clock only tells how much time passed. So the wall clock is believed once it has gone along
 * with the monotonic one for a while; until then the last time that was believed goes on with the monotonic clock, and never past the wall
 * clock. For one thread at a time.
 */
final class SteadyClock {
    /** Two clocks never go quite alike, and a time server pulls one gently. */
    private static final long TOLERANCE_MILLIS = 5_000;

    private static final long TOLERANCE_FRACTION = 100;

    private final LogClock clock;
    private long believedMillis;
    private long lastWallMillis;
    private long lastNanos;
    private long steadySinceNanos;

    /** @param latestEvidence a time that it certainly is by now, if the wall clock was right when that was noted down */
    SteadyClock(LogClock clock, long latestEvidence) {
        this.clock = clock;
        this.lastWallMillis = clock.wallMillis();
        this.lastNanos = clock.monotonicNanos();
        this.steadySinceNanos = lastNanos;
        this.believedMillis = Math.min(lastWallMillis, latestEvidence);
    }

    /**
     * The time, milliseconds since 1970-01-01T00:00:00Z: that of the wall clock, or an earlier one.
     *
     * @param trust how long the wall clock must have gone steadily
     */
    long nowMillis(Duration trust) {
        long wall = clock.wallMillis();
        long nanos = clock.monotonicNanos();
        long elapsed = TimeUnit.NANOSECONDS.toMillis(nanos - lastNanos);
        long apart = Math.abs(wall - lastWallMillis - elapsed);
        if (apart > TOLERANCE_MILLIS + elapsed / TOLERANCE_FRACTION) {
            steadySinceNanos = nanos;
        }
        believedMillis =
                nanos - steadySinceNanos >= Delays.nanos(trust) ? wall : Math.min(wall, believedMillis + elapsed);
        lastWallMillis = wall;
        lastNanos = nanos;
        return believedMillis;
    }
}
