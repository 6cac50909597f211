package dev.varve.persistence.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.persistence.storage.Payload;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** An event as bytes of a log. */
class StoredEventTest {
    private static final String UUID = "0123fedc-89ab-4cde-8123-456789abcdef";

    private static StoredEvent event(String writer, String adapter, Set<String> tags, Optional<Payload> metadata) {
        return new StoredEvent(
                "account|ü",
                300,
                1_700_000_000_000L,
                writer,
                adapter,
                tags,
                metadata,
                new Payload(-17, metadata.isPresent() ? "m" : "", new byte[] {1, 2, 3}));
    }

    private static LogRecord stored(StoredEvent event) {
        NewRecord record = event.toRecord(StoredEvent.key(event.persistenceId()));
        return new LogRecord(
                7, record.timestamp(), record.key(), record.keySequence(), record.value(), record.headers());
    }

    private static void assertSame(StoredEvent actual, StoredEvent expected) {
        assertThat(actual).usingRecursiveComparison().ignoringCollectionOrder().isEqualTo(expected);
    }

    @Test
    void an_event_comes_back_as_it_was_whatever_it_has() {
        Payload metadata = new Payload(Integer.MAX_VALUE, "class", new byte[300]);
        for (String writer : List.of(UUID, UUID.toUpperCase(), "", "somebody", "x".repeat(36))) {
            for (String adapter : List.of("", "v2")) {
                for (Set<String> tags : List.of(Set.<String>of(), Set.of("grün", "", "red"))) {
                    for (Optional<Payload> extra : List.of(Optional.<Payload>empty(), Optional.of(metadata))) {
                        StoredEvent event = event(writer, adapter, tags, extra);
                        assertSame(StoredEvent.of(stored(event)), event);
                    }
                }
            }
        }
    }

    /** Events outlive the version that wrote them: these bytes mean this for ever. */
    @Test
    void the_bytes_are_pinned() {
        StoredEvent event = event(
                UUID, "v2", new LinkedHashSet<>(List.of("a", "bc")), Optional.of(new Payload(9, "x", new byte[] {7})));
        byte[] value = stored(event).value();
        assertThat(HexFormat.of().withUpperCase().formatHex(value))
                .isEqualTo("011FDE4CAB89DCFE2301EFCDAB89674523810276320201610262631201780107" + "21016D010203");
        assertThat(HexFormat.of()
                        .withUpperCase()
                        .formatHex(stored(event("w", "", Set.of(), Optional.empty()))
                                .value()))
                .isEqualTo("0100017721010203");
    }

    @Test
    void a_tag_is_looked_for_without_looking_at_the_event() {
        LogRecord tagged = stored(event(UUID, "", Set.of("green"), Optional.empty()));
        assertThat(StoredEvent.ifTagged(tagged, "green")).isPresent();
        assertThat(StoredEvent.ifTagged(tagged, "gree")).isEmpty();
        assertThat(StoredEvent.ifTagged(stored(event(UUID, "", Set.of(), Optional.empty())), "green"))
                .isEmpty();
    }

    @Test
    void a_record_that_is_no_event_is_told_with_its_offset() {
        LogRecord good = stored(event(UUID, "v2", Set.of("a"), Optional.empty()));
        byte[] later = good.value().clone();
        later[0] = 2;
        for (LogRecord bad : List.of(
                new LogRecord(7, 0, null, good.value(), List.of()),
                new LogRecord(7, 0, good.key(), 1, null, List.of()),
                new LogRecord(7, 0, good.key(), 1, new byte[0], List.of()),
                new LogRecord(7, 0, good.key(), 1, later, List.of()))) {
            assertThatThrownBy(() -> StoredEvent.of(bad))
                    .isInstanceOf(StoredEvent.MalformedEventException.class)
                    .hasMessageContaining("offset 7");
        }
    }

    @Test
    void bytes_that_are_cut_or_bent_are_refused_and_their_lengths_never_believed() {
        byte[] value = stored(event(UUID, "v2", Set.of("a"), Optional.of(new Payload(9, "x", new byte[] {7}))))
                .value();
        Random random = new Random(5);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bent = Arrays.copyOf(value, random.nextInt(value.length + 1));
            for (int flips = random.nextInt(3); flips > 0 && bent.length > 0; flips--) {
                bent[random.nextInt(bent.length)] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                StoredEvent.of(new LogRecord(7, 0, new byte[] {1}, 1, bent, List.of()));
            } catch (StoredEvent.MalformedEventException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(5_000);
    }
}
