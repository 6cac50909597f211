package dev.varve.persistence.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.persistence.snapshot.SnapshotRecord.Deletion;
import dev.varve.persistence.snapshot.SnapshotRecord.MalformedSnapshotException;
import dev.varve.persistence.snapshot.SnapshotRecord.Saved;
import dev.varve.persistence.storage.Payload;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The bytes, as docs/FORMAT.md has them. */
class SnapshotRecordTest {
    private static final byte[] KEY = SnapshotRecord.key("ä|1");
    private static final Saved FULL = new Saved(
            7,
            300,
            301,
            1_700_000_000_000L,
            Optional.of(new Payload(-3, "meta", new byte[] {9, 8})),
            new Payload(20, "m", new byte[] {1, 2, 3}));
    private static final Saved BARE = new Saved(1, 0, 5, 12, Optional.empty(), new Payload(4, "", new byte[] {42}));
    private static final Deletion DELETION = new Deletion(9, 301, 13, List.of(3L, 200L));

    private static String hex(SnapshotRecord record) {
        return HexFormat.of().formatHex(record.toRecord(KEY).value());
    }

    @Test
    void the_bytes_are_those_of_the_document() {
        assertThat(hex(FULL)).isEqualTo("0101ac0203ad02" + "05046d657461020908" + "28016d" + "010203");
        assertThat(hex(BARE)).isEqualTo("01010000" + "05" + "08" + "2a");
        assertThat(hex(DELETION)).isEqualTo("0102ad02" + "02" + "03" + "c801");
    }

    private static LogRecord stored(NewRecord record, byte[] value) {
        return new LogRecord(77, record.timestamp(), record.key(), record.keySequence(), value, List.of());
    }

    private static SnapshotRecord read(SnapshotRecord record) {
        NewRecord appended = record.toRecord(KEY);
        assertThat(appended.key()).isEqualTo(KEY);
        return SnapshotRecord.of(stored(appended, appended.value()));
    }

    @Test
    void what_is_written_is_read() {
        assertThat(read(DELETION)).isEqualTo(DELETION);
        assertThat(read(FULL)).usingRecursiveComparison().isEqualTo(FULL);
        assertThat(read(BARE)).usingRecursiveComparison().isEqualTo(BARE);
    }

    @Test
    void what_a_later_version_wrote_is_said_to_be_that() {
        NewRecord record = FULL.toRecord(KEY);
        byte[] value = record.value().clone();
        value[0] = 2;
        assertThatThrownBy(() -> SnapshotRecord.of(stored(record, value)))
                .isInstanceOf(MalformedSnapshotException.class)
                .hasMessageContaining("offset 77")
                .hasMessageContaining("version 2, a later one wrote it");
    }

    @Test
    void bytes_that_make_no_sense_are_refused_and_nothing_worse() {
        Random random = new Random(20_261_125);
        List<SnapshotRecord> records = List.of(FULL, BARE, DELETION);
        for (int i = 0; i < 20_000; i++) {
            NewRecord record = records.get(random.nextInt(3)).toRecord(KEY);
            byte[] value = Arrays.copyOf(record.value(), random.nextInt(record.value().length + 1));
            if (value.length > 0) {
                value[random.nextInt(value.length)] = (byte) random.nextInt();
            }
            try {
                SnapshotRecord.of(stored(record, value));
            } catch (MalformedSnapshotException e) {
                assertThat(e).hasMessageContaining("offset 77");
            }
        }
    }
}
