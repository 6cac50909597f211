package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.format.NewRecord;
import dev.varve.persistence.journal.StoredEvent;
import dev.varve.persistence.storage.Payload;
import dev.varve.server.journal.OpenJournal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalLookTest {
    private static final String WRITER = "8b2f6a4e-0f2c-4b1a-9a51-2f1c4f6f8f10";
    private static final String OTHER_WRITER = "00000000-0f2c-4b1a-9a51-2f1c4f6f8f10";

    @TempDir
    private Path directory;

    private Path config;
    private String varve;

    @BeforeEach
    void describe() throws IOException {
        varve = directory.resolve("varve").toString();
        config = Files.writeString(
                directory.resolve("journal.conf"),
                "varve.directory = \"%s\", varve.journal.partitions = 4".formatted(varve));
    }

    private OpenJournal open() {
        return OpenJournal.open(config, "varve.journal");
    }

    private Cli.Result journal(String command, String... options) {
        String[] args = new String[options.length + 4];
        System.arraycopy(new String[] {"journal", command, "--dir", varve}, 0, args, 0, 4);
        System.arraycopy(options, 0, args, 4, options.length);
        return Cli.run(args);
    }

    private void fill() {
        try (OpenJournal journal = open()) {
            fill(journal);
        }
    }

    private static void fill(OpenJournal journal) {
        journal.write("a", WRITER, 1, 5, "odd");
        journal.write("b", WRITER, 1, 3);
        journal.write("c", WRITER, 1, 2, "even", "odd");
        journal.write("gone", WRITER, 1, 7);
        journal.delete("gone", 7);
        journal.delete("a", 3);
    }

    @Test
    void ids_are_listed_with_what_is_left_of_them_beside_the_owner_too() {
        String[] listed = {
            "a: 2 events, 4 to 5, deleted up to 3",
            "b: 3 events, 1 to 3",
            "c: 2 events, 1 to 2",
            "gone: no events, the highest was 7, deleted up to 7"
        };
        try (OpenJournal journal = open()) {
            fill(journal);
            assertThat(journal("ids").exitsWith(0).lines()).containsExactly(listed);
        }
        assertThat(journal("ids").exitsWith(0).lines()).containsExactly(listed);
        assertThat(journal("ids", "--after", "a", "--max", "2").exitsWith(0).lines())
                .containsExactly(listed[1], listed[2]);
        assertThat(journal("ids", "--after", "c", "--json").exitsWith(0).objects())
                .containsExactly(
                        Map.of("persistenceId", "gone", "events", 0L, "first", 0L, "highest", 7L, "deletedTo", 7L));
    }

    @Test
    void events_are_those_that_are_not_deleted_by_persistence_id_by_tag_and_by_both() {
        fill();
        assertThat(journal("events", "--id", "a").exitsWith(0).lines())
                .hasSize(2)
                .allSatisfy(line -> assertThat(line)
                        .matches("a [45]: \\S+Z, writer " + WRITER + ", serializer \\d+, 3 bytes, tags odd"));
        assertThat(journal("events", "--id", "b", "--from", "2", "--max", "1", "--json")
                        .exitsWith(0)
                        .objects())
                .singleElement()
                .satisfies(event -> assertThat(event)
                        .containsEntry("sequenceNr", 2L)
                        .containsEntry("payload", "b/2")
                        .containsEntry("bytes", 3L)
                        .containsEntry("writer", WRITER)
                        .containsEntry("tags", List.of()));
        assertThat(journal("events", "--tag", "odd", "--json").exitsWith(0).objects())
                .extracting(event -> event.get("payload"))
                .containsExactlyInAnyOrder("a/4", "a/5", "c/1", "c/2");
        assertThat(journal("events", "--tag", "odd", "--id", "c", "--max", "1")
                        .exitsWith(0)
                        .lines())
                .hasSize(1);
        assertThat(journal("events", "--id", "gone").exitsWith(0).text()).isEmpty();
        assertThat(journal("events", "--id", "never").exitsWith(0).text()).isEmpty();
    }

    @Test
    void a_payload_that_is_no_text_is_shown_as_base64() {
        try (OpenJournal journal = open()) {
            journal.store(event("a", 1, WRITER, new byte[] {(byte) 0xff, 1}));
        }
        assertThat(journal("events", "--id", "a", "--json").exitsWith(0).text())
                .contains("\"serializer\":4711,\"manifest\":\"unknown\",\"bytes\":2,\"payload\":{\"base64\":\"/wE=\"}");
    }

    @Test
    void a_journal_as_it_is_written_has_no_findings_whatever_was_deleted_forgotten_or_rejected() {
        fill();
        try (OpenJournal journal = open()) {
            journal.forget("b");
            journal.write("b", OTHER_WRITER, 1, 1);
            journal.write("c", WRITER, 5, 1);
        }
        Cli.Result verified = journal("verify").exitsWith(0);
        assertThat(verified.text()).isEmpty();
        assertThat(verified.err())
                .startsWith("verified 4 partitions, 19 events, ")
                .contains(" 1 holes where events were rejected: no findings");
    }

    @Test
    void verify_finds_what_no_journal_writes() throws IOException {
        Path store = directory.resolve("varve/journal");
        Files.createDirectories(store);
        Files.writeString(store.resolve("partitions"), "varve store 1, 2 partitions\n");
        try (PartitionLog log = PartitionLog.open(store.resolve("0000"), LogOptions.defaults())) {
            log.append(record("a", 1, WRITER));
            log.append(record("a", 3, OTHER_WRITER));
            log.append(record("a", 3, OTHER_WRITER));
            log.append(NewRecord.of(0, StoredEvent.key("a"), new byte[] {9, 9}));
        }
        try (PartitionLog log = PartitionLog.open(store.resolve("0001"), LogOptions.defaults())) {
            log.append(record("a", 4, OTHER_WRITER));
        }
        assertThat(journal("verify").exitsWith(1).lines())
                .satisfiesExactly(
                        line -> assertThat(line)
                                .startsWith("0000 offset 1: EVENT: event 3 of persistence id [a] comes behind event 1")
                                .contains("rejected or events are lost"),
                        line -> assertThat(line)
                                .startsWith("0000 offset 2: EVENT: ")
                                .endsWith("comes behind event 3"),
                        line -> assertThat(line)
                                .startsWith("0000 offset 3: EVENT: ")
                                .contains("it has version 9"),
                        line -> assertThat(line)
                                .startsWith("0001 offset 0: EVENT: ")
                                .endsWith("belong into 0000"));
        assertThat(journal("verify", "--json").exitsWith(1).objects())
                .hasSize(4)
                .allSatisfy(finding -> assertThat(finding).containsEntry("kind", "EVENT"));
    }

    @Test
    void damage_is_told_with_the_events_that_are_missing_and_all_others_are_shown() throws IOException {
        Files.writeString(config, "varve.directory = \"%s\"".formatted(varve));
        try (OpenJournal journal = open()) {
            for (int i = 1; i <= 5; i++) {
                journal.write("a", WRITER, i, 1);
            }
        }
        Path segment = Cli.segments(directory.resolve("varve/journal/0000")).get(0);
        int third = new String(Files.readAllBytes(segment), StandardCharsets.ISO_8859_1).indexOf("a/3");
        Cli.flipBit(segment, 8L * third);

        Cli.Result verified = journal("verify").exitsWith(1);
        assertThat(verified.lines())
                .anySatisfy(line -> assertThat(line).startsWith("0000/").contains(", offsets 2 to 2: "))
                .anySatisfy(line -> assertThat(line)
                        .contains("event 4 of persistence id [a] comes behind event 2")
                        .contains("lost with what is damaged"));
        Cli.Result events = journal("events", "--id", "a", "--json").exitsWith(1);
        assertThat(events.objects())
                .extracting(event -> event.get("sequenceNr"))
                .containsExactly(1L, 2L, 4L, 5L);
        assertThat(events.err()).contains("offsets 2 to 2");
        assertThat(journal("ids").exitsWith(1).lines()).containsExactly("a: 4 events, 1 to 5");
    }

    @Test
    void where_there_is_no_journal_is_told() throws IOException {
        assertThat(journal("ids").exitsWith(3).err()).contains("there is no journal in " + varve);
        assertThat(journal("events").exitsWith(2).err()).contains("--id");
        Files.createDirectories(Path.of(varve));
        Files.writeString(Path.of(varve, "partitions"), "who knows");
        assertThat(journal("verify").exitsWith(3).err()).contains("should say how many partitions");
    }

    private static NewRecord record(String id, long number, String writer) {
        return event(id, number, writer, new byte[] {1}).toRecord(StoredEvent.key(id));
    }

    private static StoredEvent event(String id, long number, String writer, byte[] payload) {
        return new StoredEvent(
                id, number, 1_000, writer, "", Set.of(), Optional.empty(), new Payload(4711, "unknown", payload));
    }
}
