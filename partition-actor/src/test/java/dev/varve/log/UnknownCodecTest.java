package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.LogRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A batch that a later version compressed in a way of its own, met by this one, as after a downgrade. The frame is whole and says
 * which offsets it has, so the log opens and goes on; who wants its records is told that a later version is needed.
 */
class UnknownCodecTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final Path FILE = DIRECTORY.resolve("00000000000000000000.log");
    private static final long LOG_ID = 6;

    private final SimDisk disk = new SimDisk(4);
    private final List<Long> positions = new ArrayList<>();

    private LogOptions options() {
        return LogOptions.defaults().withDisk(disk).withClock(new ManualClock()).withLogId(LOG_ID);
    }

    @BeforeEach
    void five_commits_and_a_crash() {
        PartitionLog log = PartitionLog.open(DIRECTORY, options());
        for (int i = 0; i < 5; i++) {
            positions.add(log.describe().bytes());
            log.append(LogContract.text(i, "value " + i));
        }
        disk.kill();
        disk.restart();
    }

    private void giveCodec(int frame, int codec) {
        byte[] bytes = disk.bytes(FILE);
        int position = positions.get(frame).intValue();
        bytes[position + 15] = (byte) codec;
        Seals.frame(bytes, position, LOG_ID, 1);
        disk.put(FILE, bytes);
    }

    private static void assertTold(ThrowingCallable read, int codec) {
        assertThatThrownBy(read)
                .isInstanceOf(LogException.CodecUnavailable.class)
                .hasMessageContaining("codec " + codec)
                .hasMessageContaining("a later version is needed")
                .hasMessageContaining("not damaged");
    }

    @ParameterizedTest
    @CsvSource({"2, 3", "2, 4", "2, 5", "2, 6", "2, 7", "4, 3", "4, 7"})
    void recovery_keeps_the_frame_and_everything_but_its_records_can_be_had(int frame, int codec) {
        giveCodec(frame, codec);
        byte[] kept = Arrays.copyOf(disk.bytes(FILE), positions.get(4).intValue() + 96);
        for (int life = 0; life < 3; life++) {
            try (PartitionLog log = PartitionLog.open(DIRECTORY, options())) {
                assertThat(log.recovery().quarantinedBytes()).isZero();
                assertThat(log.recovery().damage()).isEmpty();
                assertThat(log.describe().damage()).isEmpty();
                assertThat(log.logEndOffset()).isEqualTo(5 + life);
                check(log, frame, codec);
                log.append(LogContract.text(5 + life, "value " + (5 + life)));
            }
            assertThat(disk.bytes(FILE)).startsWith(kept);
            try (ObservedLog observed = ObservedLog.open(DIRECTORY, options())) {
                check(observed, frame, codec);
            }
        }
    }

    private static void check(ReadableLog log, int frame, int codec) {
        for (long offset = 0; offset < log.describe().logEndOffset(); offset++) {
            long from = offset;
            if (offset == frame) {
                assertTold(() -> log.read(from, 1).records(), codec);
                assertTold(() -> log.offsetForTimestamp(from), codec);
            } else {
                List<LogRecord> records = log.read(offset, 1).records();
                assertThat(records).extracting(LogRecord::offset).containsExactly(offset);
                assertThat(log.offsetForTimestamp(from)).hasValue(from);
            }
        }
        List<LogRecord> before = new ArrayList<>();
        assertTold(() -> log.read(0, 1 << 20).forEach(before::add), codec);
        assertThat(before).as("records handed over before it").hasSize(frame);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 7})
    void it_is_no_damage_to_verify_and_dump(int codec) {
        giveCodec(1, codec);
        giveCodec(3, codec);
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(DIRECTORY, options(), findings::add, bytes -> {});
        assertThat(findings).hasSize(1);
        Damage finding = findings.get(0);
        assertThat(finding.kind()).isEqualTo(Damage.Kind.UNREADABLE);
        assertThat(finding.position()).isEqualTo(positions.get(1));
        assertThat(finding.firstOffset()).isEqualTo(1);
        assertThat(finding.lastOffset()).isEqualTo(3);
        assertThat(FrameList.of(DIRECTORY, options()).frames())
                .extracting(FrameDescription::codec)
                .containsExactly("none", "unknown", "none", "unknown", "none");
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 7})
    void a_log_that_must_know_its_keys_refuses_to_open_rather_than_know_some(int codec) {
        giveCodec(3, codec);
        byte[] kept = Arrays.copyOf(disk.bytes(FILE), positions.get(4).intValue() + 96);
        assertThatThrownBy(() -> PartitionLog.open(DIRECTORY, options().withKeyMemoryBytes(1 << 20)))
                .isInstanceOf(LogException.CodecUnavailable.class)
                .hasMessageContaining("codec " + codec);
        assertThat(disk.bytes(FILE)).startsWith(kept);
        PartitionLog.open(DIRECTORY, options()).close();
    }
}
