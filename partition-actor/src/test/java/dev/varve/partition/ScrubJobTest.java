package dev.varve.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.LogException;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.RollPolicy;
import dev.varve.log.ScrubDescription;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When the background search for damage walks, and how far at a time. */
class ScrubJobTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final long BYTES_PER_SECOND = 100;

    private final SimDisk disk = new SimDisk(1);
    private final ManualClock clock = new ManualClock();
    private final ScrubJob job = new ScrubJob(new ScrubSettings(Duration.ofHours(1), BYTES_PER_SECOND), clock);
    private PartitionLog log;

    @BeforeEach
    void a_log_of_several_segments() {
        log = PartitionLog.open(
                DIRECTORY,
                LogOptions.defaults()
                        .withDisk(disk)
                        .withClock(clock)
                        .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048)));
        for (int i = 0; i < 120; i++) {
            log.append(NewRecord.of(i, new byte[] {1}, new byte[40]));
        }
        assertThat(log.segmentCount()).isGreaterThan(5);
    }

    @AfterEach
    void close() {
        log.close();
    }

    private void run() {
        job.run(log, bytes -> {});
    }

    private ScrubDescription scrub() {
        return log.describe().lastScrub().orElseThrow();
    }

    @Test
    void the_first_round_walks_a_segment_and_later_ones_what_has_accrued() {
        run();
        long first = log.describe().segments().get(0).bytes();
        assertThat(scrub().bytes()).isEqualTo(first);
        run();
        assertThat(scrub().bytes()).as("walked without any time to accrue").isEqualTo(first);
        clock.advance(Duration.ofSeconds(first / BYTES_PER_SECOND - 1));
        run();
        assertThat(scrub().bytes()).isEqualTo(first);
        clock.advance(Duration.ofSeconds(2));
        run();
        assertThat(scrub().bytes()).isGreaterThan(first);
        assertThat(scrub().endedMillis()).isEmpty();
    }

    @Test
    void on_average_it_reads_no_more_than_it_may_and_it_comes_to_the_end() {
        long bytes = log.describe().bytes();
        long begun = clock.monotonicNanos();
        while (log.describe()
                .lastScrub()
                .flatMap(last -> last.endedMillis().stream().boxed().findFirst())
                .isEmpty()) {
            run();
            double seconds = (clock.monotonicNanos() - begun) / 1e9;
            assertThat((double) scrub().bytes()).isLessThanOrEqualTo(seconds * BYTES_PER_SECOND + 2048);
            clock.advance(Duration.ofSeconds(7));
        }
        assertThat(scrub().bytes()).isEqualTo(bytes);
        assertThat((clock.monotonicNanos() - begun) / 1e9).isLessThan((double) bytes / BYTES_PER_SECOND + 14);
    }

    @Test
    void the_next_walk_begins_when_the_interval_is_over_and_not_with_what_accrued_while_it_rested() {
        run();
        clock.advance(Duration.ofMinutes(30));
        run();
        OptionalLong ended = scrub().endedMillis();
        assertThat(ended).isPresent();
        clock.advance(Duration.ofMinutes(29));
        run();
        assertThat(scrub().endedMillis()).isEqualTo(ended);
        clock.advance(Duration.ofMinutes(1));
        run();
        assertThat(scrub().endedMillis()).isEmpty();
        assertThat(scrub().bytes()).isEqualTo(log.describe().segments().get(0).bytes());
    }

    @Test
    void every_byte_is_told_to_the_pace_of_the_lane() {
        AtomicLong told = new AtomicLong();
        job.run(log, told::addAndGet);
        assertThat(told.get()).isEqualTo(scrub().bytes());
    }

    @Test
    void a_closed_log_ends_a_round() {
        log.close();
        assertThatThrownBy(this::run).isInstanceOf(LogException.Closed.class);
    }
}
