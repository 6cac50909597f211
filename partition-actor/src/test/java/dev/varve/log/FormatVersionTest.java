package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.LogRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a later version of varve wrote, met by this one, as after a downgrade: it is told as such; it is never taken for a torn
 * commit, which would be cut off, nor for damage, nor for no log at all.
 */
class FormatVersionTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final String FIRST = "00000000000000000000.log";
    private static final long LOG_ID = 0x1234_5678_9abc_def0L;

    private final ManualClock clock = new ManualClock();
    private final SimDisk disk = new SimDisk(11);
    private final List<Long> positions = new ArrayList<>();

    private LogOptions options() {
        return LogOptions.defaults().withDisk(disk).withClock(clock).withLogId(LOG_ID);
    }

    @BeforeEach
    void six_commits_and_a_crash() {
        PartitionLog log = PartitionLog.open(DIRECTORY, options());
        for (int i = 0; i < 6; i++) {
            positions.add(log.describe().bytes());
            Commit commit = log.newCommit();
            commit.stageAt(
                    1,
                    i + 1,
                    List.of(new LogRecord(i, i, null, new byte[] {(byte) i}, List.of())),
                    new Producer(7, (short) 1, i));
            log.commit(commit);
        }
        disk.kill();
        disk.restart();
    }

    private void change(String name, Consumer<byte[]> change) {
        byte[] bytes = disk.bytes(DIRECTORY.resolve(name));
        change.accept(bytes);
        disk.put(DIRECTORY.resolve(name), bytes);
    }

    private void changeFrame(int number, int at, int value) {
        int position = positions.get(number).intValue();
        change(FIRST, bytes -> {
            bytes[position + at] = (byte) value;
            Seals.frame(bytes, position, LOG_ID, 1);
        });
    }

    static Stream<Arguments> laterFrames() {
        return Stream.of(
                Arguments.of("a later version", 12, 2, "version 2"),
                Arguments.of("a much later version", 12, 127, "version 127"),
                Arguments.of("an unknown attribute in the low byte", 15, 0x10 | 0x40, "attributes 0x50"),
                Arguments.of("an unknown attribute in the high byte", 14, 0x80, "attributes 0x8010"),
                Arguments.of("a byte that was reserved", 13, 1, "keeps zero"),
                Arguments.of("a producer field that was reserved", 99, 1, "keeps zero"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("laterFrames")
    void a_frame_of_a_later_version_anywhere_refuses_to_open_and_changes_nothing(
            String what, int at, int value, String told) {
        for (int number = 0; number < 6; number++) {
            SimDisk before = disk.copy();
            changeFrame(number, at, value);
            disk.remove(DIRECTORY.resolve("lock"));
            disk.put(DIRECTORY.resolve("lock"), new byte[0]);
            Snapshot snapshot = Snapshot.of(disk, DIRECTORY);
            assertRefused(told, "open the log with the version that wrote it");
            snapshot.assertUnchanged(what + " at frame " + number);
            before.names(DIRECTORY)
                    .forEach(name -> disk.put(DIRECTORY.resolve(name), before.bytes(DIRECTORY.resolve(name))));
        }
    }

    private void assertRefused(String... told) {
        assertThatThrownBy(() -> PartitionLog.open(DIRECTORY, options()))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContainingAll(told)
                .hasMessageContaining("Nothing was changed");
        assertThatThrownBy(() -> ObservedLog.open(DIRECTORY, options()))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContainingAll(told);
    }

    @Test
    void a_frame_of_a_later_version_behind_a_torn_one_is_not_cut_off_with_it() {
        int torn = positions.get(4).intValue();
        change(FIRST, bytes -> bytes[torn + 100] ^= 1);
        changeFrame(5, 12, 2);
        Snapshot snapshot = Snapshot.of(disk, DIRECTORY);
        assertRefused("version 2");
        snapshot.assertUnchanged("refused");
    }

    @Test
    void a_frame_of_a_later_version_is_no_damage_to_verify_and_dump() {
        changeFrame(3, 12, 2);
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(DIRECTORY, options(), findings::add, bytes -> {});
        assertThat(findings).hasSize(1);
        assertThat(findings.get(0).kind()).isEqualTo(Damage.Kind.UNREADABLE);
        assertThat(findings.get(0).position()).isEqualTo(positions.get(3));
        assertThatThrownBy(() -> LogInspector.dump(DIRECTORY, options(), 0, new LogInspector.FrameVisitor() {
                    @Override
                    public boolean frame(FrameDescription frame) {
                        return true;
                    }

                    @Override
                    public boolean damage(Damage damage) {
                        throw new AssertionError(damage);
                    }
                }))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContaining("version 2");
    }

    @Test
    void a_reader_gets_what_lies_before_a_frame_of_a_later_version_and_is_then_told_of_it() {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options())) {
            log.roll();
        }
        changeFrame(3, 12, 2);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options())) {
            assertThat(log.read(0, 1 << 20).records()).hasSize(3);
            assertThatThrownBy(() -> log.read(3, 1 << 20))
                    .isInstanceOf(LogException.Broken.class)
                    .hasMessageContaining("version 2");
            assertThatThrownBy(() -> log.offsetForTimestamp(3)).isInstanceOf(LogException.Broken.class);
            assertThat(log.describe().damage()).isEmpty();
        }
    }

    @Test
    void an_observer_of_a_living_later_owner_is_told_when_it_meets_its_first_frame() {
        int last = positions.get(5).intValue();
        byte[] whole = disk.bytes(DIRECTORY.resolve(FIRST));
        disk.cutTo(DIRECTORY.resolve(FIRST), last);
        try (ObservedLog observed = ObservedLog.open(DIRECTORY, options())) {
            assertThat(observed.describe().logEndOffset()).isEqualTo(5);
            disk.put(DIRECTORY.resolve(FIRST), whole);
            changeFrame(5, 12, 2);
            assertThatThrownBy(observed::refresh)
                    .isInstanceOf(LogException.Broken.class)
                    .hasMessageContaining("version 2");
        }
    }

    private void makeHeaderLater(byte[] bytes) {
        bytes[11] = 2;
        Seals.segmentHeader(bytes);
    }

    @Test
    void a_segment_of_a_later_version_refuses_to_open_and_changes_nothing() {
        change(FIRST, this::makeHeaderLater);
        Snapshot snapshot = Snapshot.of(disk, DIRECTORY);
        assertRefused("segment format version 2", FIRST);
        snapshot.assertUnchanged("refused");
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(DIRECTORY, options(), findings::add, bytes -> {});
        assertThat(findings).extracting(Damage::kind).containsExactly(Damage.Kind.UNREADABLE);
    }

    @Test
    void a_sealed_segment_of_a_later_version_is_told_to_its_readers() {
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options())) {
            log.roll();
            log.append(LogContract.text(1, "readable"));
        }
        change(FIRST, this::makeHeaderLater);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options())) {
            assertThatThrownBy(() -> log.read(0, 100))
                    .isInstanceOf(LogException.Broken.class)
                    .hasMessageContaining("segment format version 2");
            assertThat(log.read(6, 100).records()).hasSize(1);
        }
    }

    @Test
    void a_segment_of_a_later_version_that_the_manifest_does_not_name_is_not_put_aside() {
        byte[] bytes = disk.bytes(DIRECTORY.resolve(FIRST));
        makeHeaderLater(bytes);
        disk.put(DIRECTORY.resolve("00000000000000000006.log"), bytes);
        Snapshot snapshot = Snapshot.of(disk, DIRECTORY);
        assertThatThrownBy(() -> PartitionLog.open(DIRECTORY, options()))
                .isInstanceOf(LogException.Broken.class)
                .hasMessageContaining("00000000000000000006.log")
                .hasMessageContaining("segment format version 2");
        snapshot.assertUnchanged("refused");
    }

    @Test
    void a_manifest_of_a_later_version_refuses_to_open_and_does_not_send_for_a_copy() {
        change("manifest", bytes -> {
            bytes[11] = 2;
            bytes[bytes.length / 2 + 11] = 2;
            Seals.manifest(bytes);
        });
        assertLaterManifestIsRefused();
    }

    @Test
    void a_manifest_of_a_later_version_is_known_by_either_copy() {
        byte[] whole = disk.bytes(DIRECTORY.resolve("manifest"));
        for (int later : new int[] {0, whole.length / 2}) {
            for (boolean otherIsDamaged : new boolean[] {true, false}) {
                disk.put(DIRECTORY.resolve("manifest"), whole);
                change("manifest", bytes -> {
                    bytes[later + 11] = 2;
                    Seals.manifestCopy(bytes, later);
                    if (otherIsDamaged) {
                        bytes[whole.length / 2 - later + 30] ^= 1;
                    }
                });
                assertLaterManifestIsRefused();
            }
        }
    }

    private void assertLaterManifestIsRefused() {
        Snapshot snapshot = Snapshot.of(disk, DIRECTORY);
        assertRefused("format version 2", "open the log with the version that wrote it");
        snapshot.assertUnchanged("refused");
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(DIRECTORY, options(), findings::add, bytes -> {});
        assertThat(findings).isNotEmpty().allMatch(finding -> finding.kind() == Damage.Kind.MANIFEST);
    }

    @Test
    void an_index_of_a_later_version_is_made_anew() {
        PartitionLog.open(DIRECTORY, options()).close();
        for (String name : List.of("00000000000000000000.index", "00000000000000000000.timeindex")) {
            change(name, bytes -> {
                bytes[11] = 2;
                Seals.index(bytes);
            });
            try (PartitionLog log = PartitionLog.open(DIRECTORY, options())) {
                assertThat(log.read(4, 0).records().get(0).offset()).isEqualTo(4);
                assertThat(log.offsetForTimestamp(4)).hasValue(4);
            }
            assertThat(disk.bytes(DIRECTORY.resolve(name))[11]).isEqualTo((byte) 1);
        }
    }
}
