package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A walk over the whole log while it is at work finds what has gone bad before a reader meets it. */
class ScrubTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    private final SimDisk disk = new SimDisk(0);
    private final ManualClock clock = new ManualClock();
    private final Ledger ledger = new Ledger();
    private PartitionLog log;

    @BeforeEach
    void aLogOfSeveralSegments() {
        log = PartitionLog.open(
                DIRECTORY,
                LogOptions.defaults()
                        .withDisk(disk)
                        .withClock(clock)
                        .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(2048)));
        for (int i = 0; i < 60; i++) {
            ledger.append(log, 2);
        }
    }

    @Test
    void a_sound_log_is_walked_byte_by_byte_and_nothing_is_found() {
        AtomicLong walked = new AtomicLong();
        LogInspector.Verified verified = log.scrub(walked::addAndGet);
        assertThat(verified.findings()).isZero();
        assertThat(verified.records()).isEqualTo(ledger.size());
        assertThat(walked.get()).isGreaterThanOrEqualTo(log.describe().bytes());
        assertThat(log.describe().damage()).isEmpty();
    }

    @Test
    void what_it_finds_is_told_by_describe_and_appends_go_on() {
        String name = log.describe().segments().get(1).file();
        disk.flipBit(DIRECTORY.resolve(name), (512 + 100) * 8);
        disk.flipBit(DIRECTORY.resolve(name), 20 * 8);
        assertThat(log.describe().damage()).isEmpty();
        assertThat(log.scrub(bytes -> {}).findings()).isEqualTo(2);
        assertThat(log.describe().damage())
                .extracting(Damage::kind)
                .containsExactlyInAnyOrder(Damage.Kind.FRAME, Damage.Kind.SEGMENT_HEADER);
        assertThat(log.describe().damage()).allMatch(damage -> damage.file().equals(name));
        ledger.append(log, 1);
        assertThat(log.scrub(bytes -> {}).findings()).isEqualTo(2);
        assertThat(log.describe().damage()).as("each once").hasSize(2);
    }

    @Test
    void whoever_paces_it_may_end_it() {
        assertThatThrownBy(() -> log.scrub(bytes -> {
                    throw new IllegalStateException("enough");
                }))
                .hasMessage("enough");
        ledger.append(log, 1);
        ledger.checkAndAdopt(log);
    }

    @Test
    void the_log_goes_on_while_it_is_walked() {
        int before = ledger.size();
        log.scrub(bytes -> ledger.append(log, 1));
        assertThat(ledger.size()).isGreaterThan(before);
        assertThat(log.describe().damage()).isEmpty();
        ledger.checkAndAdopt(log);
    }

    @Test
    void describe_tells_how_far_a_walk_has_come_and_when_it_began_and_ended() {
        assertThat(log.describe().lastScrub()).isEmpty();
        long begun = clock.wallMillis();
        LogScrub scrub = log.beginScrub();
        assertThat(log.describe().lastScrub()).contains(new ScrubDescription(begun, OptionalLong.empty(), 0, 0));
        clock.advance(Duration.ofHours(2));
        assertThat(scrub.walkOn(bytes -> {})).isTrue();
        long first = log.describe().segments().get(0).bytes();
        assertThat(log.describe().lastScrub()).contains(new ScrubDescription(begun, OptionalLong.empty(), first, 0));
        int steps = 1;
        while (scrub.walkOn(bytes -> {})) {
            steps++;
        }
        assertThat(steps + 1).isEqualTo(log.describe().segments().size());
        assertThat(log.describe().lastScrub())
                .contains(new ScrubDescription(
                        begun,
                        OptionalLong.of(begun + Duration.ofHours(2).toMillis()),
                        log.describe().bytes(),
                        0));
        assertThat(scrub.walkOn(bytes -> {})).as("more, behind the end").isFalse();
    }

    @Test
    void a_segment_that_cannot_be_read_is_a_finding_and_the_walk_goes_on() {
        String name = log.describe().segments().get(1).file();
        disk.inject(Fault.from(
                1, operation -> operation.kind() == Operation.Kind.READ && operation.on(name), Fault.Effect.IO_ERROR));
        LogInspector.Verified verified = log.scrub(bytes -> {});
        assertThat(verified.findings()).isEqualTo(1);
        assertThat(verified.segments()).isEqualTo(log.describe().segments().size() - 1);
        assertThat(log.describe().damage()).singleElement().satisfies(damage -> {
            assertThat(damage.kind()).isEqualTo(Damage.Kind.UNREADABLE);
            assertThat(damage.file()).isEqualTo(name);
        });
        disk.heal();
        assertThat(log.scrub(bytes -> {}).findings()).isZero();
        assertThat(log.describe().damage()).isEmpty();
    }

    @Test
    void a_walk_ends_when_its_log_is_closed() {
        LogScrub scrub = log.beginScrub();
        assertThatThrownBy(() -> scrub.walkOn(bytes -> log.close())).isInstanceOf(LogException.Closed.class);
    }

    @Test
    void a_closed_log_is_not_walked() {
        log.close();
        assertThatThrownBy(() -> log.scrub(bytes -> {})).isInstanceOf(LogException.Closed.class);
    }
}
