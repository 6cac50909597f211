package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.persistence.journal.StoredEvent;
import dev.varve.persistence.storage.Payload;
import dev.varve.server.journal.OpenJournal;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTransferTest {
    private static final String LEVEL_DB = "pekko.persistence.journal.leveldb";
    private static final String LEVEL_DB_QUERY = "pekko.persistence.query.journal.leveldb";
    private static final String VARVE = "varve.journal";
    private static final String WRITER = "8b2f6a4e-0f2c-4b1a-9a51-2f1c4f6f8f10";
    private static final String OTHER_WRITER = "not-a-uuid";

    @TempDir
    private Path directory;

    /** LevelDB and varve. */
    private Path config;
    /** The same varve, and a second LevelDB. */
    private Path second;

    @BeforeEach
    void describe() throws IOException {
        config = write("journals.conf", "leveldb");
        second = write("second.conf", "leveldb-2");
    }

    private Path write(String name, String levelDb) throws IOException {
        return Files.writeString(
                directory.resolve(name),
                """
                pekko.persistence.journal.leveldb { dir = "%s", native = off, fsync = off }
                varve.directory = "%s"
                other = ${varve.journal} { directory = "%s" }
                """
                        .formatted(directory.resolve(levelDb), directory.resolve("varve"), directory.resolve("other")));
    }

    private Cli.Result importLevelDb(String... options) {
        return run("import", config, "--from", LEVEL_DB, options);
    }

    private static Cli.Result run(String command, Path config, String option, String plugin, String... options) {
        String[] args = new String[options.length + 6];
        System.arraycopy(
                new String[] {"journal", command, "--config", config.toString(), option, plugin}, 0, args, 0, 6);
        System.arraycopy(options, 0, args, 6, options.length);
        return Cli.run(args);
    }

    private void fillLevelDb() {
        try (OpenJournal levelDb = OpenJournal.open(config, LEVEL_DB)) {
            levelDb.write("a", WRITER, 1, 450);
            levelDb.write("b", WRITER, 1, 3, "vip", "old");
            levelDb.write("b", OTHER_WRITER, 4, 2);
            levelDb.write("prefix gone", WRITER, 1, 300);
            levelDb.delete("prefix gone", 250);
            levelDb.write("rejected", WRITER, 1, 2);
            levelDb.write("rejected", WRITER, 4, 1);
            levelDb.write("rejected", OTHER_WRITER, 7, 1, "vip");
            levelDb.write("all gone", WRITER, 1, 9);
            levelDb.delete("all gone", 9);
        }
    }

    private static final List<String> IDS = List.of("a", "b", "prefix gone", "rejected", "all gone");

    @Test
    void what_is_imported_from_leveldb_and_exported_to_it_again_is_what_it_was() {
        long began = System.currentTimeMillis();
        fillLevelDb();
        Cli.Result imported = importLevelDb("--tag", "vip", "--tag", "old").exitsWith(0);
        assertThat(imported.err()).contains("tags: carried are vip, old,").doesNotContain("not carried are");
        assertThat(imported.text()).startsWith("carried 509 events; 5 persistence ids");
        assertThat(Cli.run(
                                "journal",
                                "verify",
                                "--dir",
                                directory.resolve("varve").toString())
                        .exitsWith(1)
                        .lines())
                .singleElement()
                .asString()
                .contains("event 7 of persistence id [rejected] comes behind event 4");

        try (OpenJournal levelDb = OpenJournal.open(config, LEVEL_DB);
                OpenJournal varve = OpenJournal.open(config, VARVE)) {
            for (String id : IDS) {
                assertThat(varve.events(id)).as(id).isEqualTo(levelDb.events(id));
                assertThat(varve.timestamps(id)).as(id).isEqualTo(levelDb.timestamps(id));
                assertThat(varve.highest(id)).as(id).isEqualTo(levelDb.highest(id));
            }
            assertThat(varve.timestamps("a")).allMatch(timestamp -> timestamp >= began);
            assertThat(varve.events("prefix gone")).hasSize(50).first().isEqualTo("251 prefix gone/251 " + WRITER);
            assertThat(varve.highest("all gone")).isEqualTo(9);
            assertThat(varve.tagged("varve.query", "vip")).containsExactlyInAnyOrder("b 1", "b 2", "b 3", "rejected 7");
            assertThat(varve.tagged("varve.query", "old")).containsExactly("b 1", "b 2", "b 3");
        }

        Cli.Result exported = run("export", second, "--to", LEVEL_DB).exitsWith(1);
        assertThat(exported.err()).contains("timestamps: pekko.persistence.journal.leveldb sets its own");
        assertThat(exported.text())
                .contains("not carried: all gone: its events are all deleted, up to 9")
                .contains("carried 509 events; 4 persistence ids");
        try (OpenJournal levelDb = OpenJournal.open(config, LEVEL_DB);
                OpenJournal again = OpenJournal.open(second, LEVEL_DB)) {
            for (String id : List.of("a", "b", "prefix gone", "rejected")) {
                assertThat(again.events(id)).as(id).isEqualTo(levelDb.events(id));
                assertThat(again.highest(id)).as(id).isEqualTo(levelDb.highest(id));
            }
            for (String tag : List.of("vip", "old")) {
                assertThat(again.tagged(LEVEL_DB_QUERY, tag))
                        .containsExactlyInAnyOrderElementsOf(levelDb.tagged(LEVEL_DB_QUERY, tag));
            }
        }
    }

    @Test
    void a_second_run_carries_only_what_is_new() {
        fillLevelDb();
        importLevelDb().exitsWith(0);
        assertThat(importLevelDb("--json").exitsWith(0).objects())
                .singleElement()
                .satisfies(sums -> assertThat(sums)
                        .containsEntry("events", 0L)
                        .containsEntry("persistenceIds", 5L)
                        .containsEntry("alreadyThere", 4L)
                        .containsEntry("notCarried", 0L)
                        .containsEntry("complete", true));
        try (OpenJournal levelDb = OpenJournal.open(config, LEVEL_DB)) {
            levelDb.write("a", OTHER_WRITER, 451, 7);
            levelDb.delete("a", 440);
        }
        assertThat(importLevelDb().exitsWith(0).text()).startsWith("carried 7 events; 5 persistence ids");
        try (OpenJournal varve = OpenJournal.open(config, VARVE)) {
            assertThat(varve.events("a"))
                    .hasSize(17)
                    .startsWith("441 a/441 " + WRITER)
                    .endsWith("457 a/457 " + OTHER_WRITER);
        }
    }

    @Test
    void what_the_target_has_already_of_another_source_is_left_alone_and_told() {
        fillLevelDb();
        try (OpenJournal varve = OpenJournal.open(config, VARVE)) {
            varve.write("a", OTHER_WRITER, 1, 2);
            varve.write("b", WRITER, 1, 50);
        }
        Cli.Result result = importLevelDb("--json", "--tag", "old").exitsWith(1);
        assertThat(result.text()).contains("tags: carried are old, those that --tag names; not carried are vip");
        assertThat(result.objects())
                .filteredOn(line -> line.containsKey("notCarried") && line.containsKey("reason"))
                .extracting(line -> line.get("notCarried"))
                .containsExactlyInAnyOrder("a", "b");
        assertThat(result.text())
                .contains("the target has another event 2 than the source")
                .contains("the target has it up to 50, the source up to 5");
        try (OpenJournal varve = OpenJournal.open(config, VARVE)) {
            assertThat(varve.events("a")).hasSize(2);
            assertThat(varve.highest("b")).isEqualTo(50);
            assertThat(varve.highest("prefix gone")).isEqualTo(300);
        }
    }

    @Test
    void between_journals_of_varve_events_that_nobody_can_read_are_carried_as_bytes_and_elsewhere_they_are_told() {
        StoredEvent event = new StoredEvent(
                "a",
                1,
                1_700_000_000_000L,
                WRITER,
                "adapted",
                Set.of("t"),
                Optional.of(new Payload(4712, "", new byte[] {1})),
                new Payload(4711, "unknown", new byte[] {1, 2, 3}));
        try (OpenJournal varve = OpenJournal.open(config, VARVE)) {
            varve.store(event);
            varve.write("b", WRITER, 1, 1);
        }
        run("export", config, "--to", "other").exitsWith(0);
        try (OpenJournal other = OpenJournal.open(config, "other")) {
            StoredEvent found = other.stored("a").get(0);
            assertThat(found).usingRecursiveComparison().isEqualTo(event);
        }
        assertThat(run("export", config, "--to", LEVEL_DB).exitsWith(1).lines())
                .first()
                .asString()
                .startsWith(
                        "not carried: a: event 1 of persistence id [a], serializer 4711, manifest [unknown], 3 bytes");
        try (OpenJournal levelDb = OpenJournal.open(config, LEVEL_DB)) {
            assertThat(levelDb.events("b")).hasSize(1);
            assertThat(levelDb.events("a")).isEmpty();
        }
    }

    @Test
    void a_configuration_that_does_not_do_is_a_usage_error() throws IOException {
        assertThat(run("import", directory.resolve("none"), "--from", LEVEL_DB)
                        .exitsWith(2)
                        .err())
                .contains("there is no file");
        assertThat(run("import", config, "--from", "some.journal").exitsWith(2).err())
                .contains("does not describe some.journal");
        assertThat(run("import", config, "--from", VARVE).exitsWith(2).err())
                .contains("both journals are varve.journal");
        Path empty = Files.writeString(directory.resolve("empty.conf"), "");
        assertThat(run("export", empty, "--to", "pekko.persistence.journal.inmem")
                        .exitsWith(2)
                        .err())
                .contains("varve.directory");
        assertThat(run("import", config, "--from", "pekko.persistence.journal.inmem")
                        .exitsWith(2)
                        .err())
                .contains("--query");
    }

    @Test
    void a_journal_that_cannot_be_started_for_want_of_classes_is_never_taken_for_an_empty_one() throws Exception {
        fillLevelDb();
        assertThat(importWithout("leveldb"))
                .contains("org.iq80.leveldb:leveldb")
                .contains("VARVE_CLASSPATH");
        assertThat(importWithout("guava")).contains("could not be started or has ended");
    }

    /** What is said to standard error where some jars are not on the class path. */
    private String importWithout(String jars) throws Exception {
        String classPath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !Path.of(entry).getFileName().toString().contains(jars))
                .collect(Collectors.joining(File.pathSeparator));
        try (ChildVarve child = ChildVarve.startOn(
                classPath, List.of(), "journal", "import", "--config", config.toString(), "--from", LEVEL_DB)) {
            assertThat(child.awaitExit()).isEqualTo(3);
            return child.err();
        }
    }

    @Test
    void a_hundred_thousand_events_arrive_although_the_import_is_killed_again_and_again() throws Exception {
        int ids = 100;
        int events = 1_000;
        try (OpenJournal levelDb = OpenJournal.open(config, LEVEL_DB)) {
            for (int i = 0; i < ids; i++) {
                levelDb.write("id-" + i, WRITER, 1, events);
                levelDb.delete("id-" + i, i % 7 * 100);
            }
        }
        Path log = directory.resolve("varve/journal/0000/00000000000000000000.log");
        for (long bytes : List.of(1L, 1_100_000L, 2_200_000L)) {
            try (ChildVarve child = ChildVarve.startWith(
                    List.of("-Xmx128m"), "journal", "import", "--config", config.toString(), "--from", LEVEL_DB)) {
                while (log.toFile().length() < bytes) {
                    if (child.endsWithin(2)) {
                        throw new AssertionError("it ended before it was killed: " + child.err());
                    }
                }
                child.kill();
                child.awaitExit();
            }
        }
        Map<String, Object> sums =
                importLevelDb("--json").exitsWith(0).objects().get(0);
        assertThat(sums).containsEntry("persistenceIds", (long) ids).containsEntry("notCarried", 0L);
        assertThat((Long) sums.get("alreadyThere")).isBetween(1L, (long) ids);
        Cli.run("journal", "verify", "--dir", directory.resolve("varve").toString())
                .exitsWith(0);
        try (OpenJournal levelDb = OpenJournal.open(config, LEVEL_DB);
                OpenJournal varve = OpenJournal.open(config, VARVE)) {
            for (int i = 0; i < ids; i++) {
                String id = "id-" + i;
                assertThat(varve.events(id))
                        .as(id)
                        .isEqualTo(levelDb.events(id))
                        .hasSize(events - i % 7 * 100);
                assertThat(varve.highest(id)).as(id).isEqualTo(events);
            }
        }
    }
}
