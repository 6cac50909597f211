package dev.varve.persistence.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.persistence.state.StoredState.MalformedStateException;
import dev.varve.persistence.storage.Payload;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The bytes, as docs/FORMAT.md has them. */
class StoredStateTest {
    private static final StoredState FULL =
            new StoredState("ä|1", 7, 12, "rot", Optional.of(new Payload(20, "m", new byte[] {1, 2, 3})));
    private static final StoredState BARE =
            new StoredState("ä|1", 1, 13, "", Optional.of(new Payload(4, "", new byte[] {42})));
    private static final StoredState DELETED = new StoredState("ä|1", 8, 14, "rot", Optional.empty());
    private static final List<StoredState> ALL = List.of(FULL, BARE, DELETED);

    private static NewRecord record(StoredState state) {
        return state.toRecord(StoredState.key(state.persistenceId()));
    }

    private static LogRecord stored(NewRecord record, byte[] value) {
        return new LogRecord(77, record.timestamp(), record.key(), record.keySequence(), value, List.of());
    }

    @Test
    void the_bytes_are_those_of_the_document() {
        HexFormat hex = HexFormat.of();
        assertThat(hex.formatHex(record(FULL).value())).isEqualTo("0106" + "03726f74" + "28016d" + "010203");
        assertThat(hex.formatHex(record(BARE).value())).isEqualTo("0100" + "08" + "2a");
        assertThat(hex.formatHex(record(DELETED).value())).isEqualTo("0103" + "03726f74");
        assertThat(record(FULL).key()).isEqualTo(hex.parseHex("c3a47c31"));
    }

    @Test
    void what_is_written_is_read() {
        for (StoredState state : ALL) {
            NewRecord record = record(state);
            assertThat(StoredState.of(stored(record, record.value())))
                    .usingRecursiveComparison()
                    .isEqualTo(state);
        }
    }

    @Test
    void its_tag_is_known_without_the_state() {
        for (StoredState state : ALL) {
            NewRecord record = record(state);
            for (String tag : List.of("", "rot", "ro", "rott")) {
                assertThat(StoredState.isTagged(stored(record, record.value()), tag))
                        .isEqualTo(state.tag().equals(tag));
            }
        }
    }

    @Test
    void what_a_later_version_wrote_is_said_to_be_that() {
        NewRecord record = record(FULL);
        byte[] value = record.value().clone();
        value[0] = 2;
        assertThatThrownBy(() -> StoredState.of(stored(record, value)))
                .isInstanceOf(MalformedStateException.class)
                .hasMessageContaining("offset 77")
                .hasMessageContaining("version 2, a later one wrote it");
        assertThatThrownBy(() -> StoredState.isTagged(stored(record, value), "rot"))
                .isInstanceOf(MalformedStateException.class);
    }

    @Test
    void bytes_that_make_no_sense_are_refused_and_nothing_worse() {
        Random random = new Random(20_261_125);
        for (int i = 0; i < 20_000; i++) {
            NewRecord record = record(ALL.get(random.nextInt(3)));
            byte[] value = Arrays.copyOf(record.value(), random.nextInt(record.value().length + 1));
            if (value.length > 0) {
                value[random.nextInt(value.length)] = (byte) random.nextInt();
            }
            LogRecord stored = stored(record, value);
            try {
                StoredState.of(stored);
                StoredState.isTagged(stored, "rot");
            } catch (MalformedStateException e) {
                assertThat(e).hasMessageContaining("offset 77");
            }
        }
    }
}
