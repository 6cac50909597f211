package dev.varve.persistence.snapshot;

import static org.apache.pekko.persistence.SnapshotSelectionCriteria.create;
import static org.apache.pekko.persistence.SnapshotSelectionCriteria.latest;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.DamagedFile;
import dev.varve.persistence.LoggedWarnings;
import dev.varve.persistence.VarvePlugin;
import dev.varve.persistence.conformance.JournalProbe;
import dev.varve.persistence.conformance.SnapshotProbe;
import dev.varve.persistence.conformance.Writer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.serialization.JSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A snapshot that cannot be read: the one before it will do if the events that it needs are there, and nothing is made up if not. */
class SnapshotDamageTest {
    private static final String ID = "entity|1";

    /** Of no use without its serializer. */
    private record Mark() {}

    /** Made by Pekko. */
    public static final class MarkSerializer extends JSerializer {
        @Override
        public int identifier() {
            return 4711;
        }

        @Override
        public byte[] toBinary(Object mark) {
            return new byte[] {1};
        }

        @Override
        public boolean includeManifest() {
            return false;
        }

        @Override
        public Object fromBinaryJava(byte[] bytes, Class<?> manifest) {
            return new Mark();
        }
    }

    @TempDir
    private Path directory;

    private ActorTestKit kit;
    private SnapshotProbe snapshots;
    private JournalProbe journal;
    private LoggedWarnings warnings;

    @BeforeEach
    void start() {
        warnings = new LoggedWarnings(SnapshotLoad.class);
        startWith(ConfigFactory.parseString(
                """
                pekko.actor {
                  serializers.mark = "%s"
                  serialization-bindings."%s" = mark
                }
                """
                        .formatted(MarkSerializer.class.getName(), Mark.class.getName())));
    }

    private void startWith(Config config) {
        kit = ActorTestKit.create(
                "damage",
                config.withFallback(VarvePlugin.in(directory).config()).withFallback(ConfigFactory.load()));
        snapshots = new SnapshotProbe(kit);
        journal = new JournalProbe(kit);
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
        warnings.close();
    }

    /** Events 1 to 9, with snapshots at these sequence numbers, of which each has a text of its own. */
    private void eventsAndSnapshots(long... sequenceNrs) {
        Writer writer = Writer.of(ID);
        int next = 0;
        for (long i = 1; i <= 9; i++) {
            journal.store(writer.write(i, "event " + i));
            if (next < sequenceNrs.length && sequenceNrs[next] == i) {
                snapshots.save(SnapshotMetadata.apply(ID, i), text(i));
                next++;
            }
        }
    }

    private static String text(long sequenceNr) {
        return "snapshot at " + sequenceNr;
    }

    private void damage(long... sequenceNrs) throws IOException {
        stop();
        for (long sequenceNr : sequenceNrs) {
            DamagedFile.flip(directory.resolve("snapshots/0000/00000000000000000000.log"), text(sequenceNr));
        }
        start();
    }

    private void loads(long sequenceNr) {
        Optional<SelectedSnapshot> loaded = snapshots.load(ID);
        assertThat(loaded).hasValueSatisfying(snapshot -> {
            assertThat(snapshot.snapshot()).isEqualTo(text(sequenceNr));
            assertThat(snapshot.metadata().sequenceNr()).isEqualTo(sequenceNr);
        });
    }

    private void warned(String... facts) {
        assertThat(warnings.messages())
                .singleElement()
                .satisfies(message -> assertThat(message).contains(facts).contains(ID));
    }

    @Test
    void the_snapshot_before_a_damaged_one_is_loaded_with_a_warning() throws Exception {
        eventsAndSnapshots(3, 5, 7);
        damage(7);
        loads(5);
        warned("00000000000000000000.log", "sequence number 5", "the events from 6 to 9");
    }

    @Test
    void the_one_before_two_damaged_ones_is_loaded_if_no_event_after_it_is_deleted() throws Exception {
        eventsAndSnapshots(3, 5, 7);
        journal.delete(ID, 3);
        damage(5, 7);
        loads(3);
        warned("2 snapshots", "sequence number 3", "the events from 4 to 9");
    }

    @Test
    void a_damaged_snapshot_fails_the_load_when_events_before_it_are_deleted() throws Exception {
        eventsAndSnapshots(3, 5, 7);
        journal.delete(ID, 6);
        damage(7);
        assertThat(snapshots.failToLoad(ID, latest()))
                .isInstanceOf(SnapshotUnreadableException.class)
                .hasMessageContainingAll(
                        ID,
                        "00000000000000000000.log",
                        "sequence number 5",
                        "the events up to 6 are deleted",
                        "varve.journal");
        assertThat(warnings.messages()).isEmpty();
    }

    @Test
    void all_events_take_the_place_of_the_only_snapshot() throws Exception {
        eventsAndSnapshots(7);
        damage(7);
        assertThat(snapshots.load(ID)).isEmpty();
        warned("There is none before", "the events from 1 to 9");
    }

    @Test
    void nothing_takes_the_place_of_the_only_snapshot_when_an_event_is_deleted() throws Exception {
        eventsAndSnapshots(7);
        journal.delete(ID, 1);
        damage(7);
        assertThat(snapshots.failToLoad(ID, latest())).isInstanceOf(SnapshotUnreadableException.class);
    }

    @Test
    void nothing_takes_the_place_of_a_snapshot_when_the_journal_has_never_heard_of_its_events() throws Exception {
        snapshots.save(SnapshotMetadata.apply(ID, 7), text(7));
        damage(7);
        assertThat(snapshots.failToLoad(ID, latest()))
                .isInstanceOf(SnapshotUnreadableException.class)
                .hasMessageContaining("has no events of it");
    }

    @Test
    void a_damaged_snapshot_fails_the_load_when_the_journal_is_of_another_kind() throws Exception {
        eventsAndSnapshots(5, 7);
        damage(7);
        stop();
        startWith(ConfigFactory.parseString("pekko.persistence.journal.plugin = pekko.persistence.journal.inmem"));
        assertThat(snapshots.failToLoad(ID, latest()))
                .isInstanceOf(SnapshotUnreadableException.class)
                .hasMessageContaining("pekko.persistence.journal.inmem")
                .hasMessageContaining("journal-plugin-id");
        stop();
        startWith(
                ConfigFactory.parseString(
                        """
                pekko.persistence.journal.plugin = pekko.persistence.journal.inmem
                varve.snapshot-store.journal-plugin-id = varve.journal
                """));
        warnings = new LoggedWarnings(SnapshotLoad.class);
        loads(5);
        warned("varve.journal");
    }

    @Test
    void an_older_snapshot_that_is_damaged_is_no_concern_of_who_loads_the_newest() throws Exception {
        eventsAndSnapshots(3, 5, 7);
        damage(3, 5);
        loads(7);
        assertThat(warnings.messages()).isEmpty();
        assertThat(snapshots.load(ID, create(6, Long.MAX_VALUE))).isEmpty();
        warned("2 snapshots", "the events from 1 to 9");
    }

    @Test
    void the_next_snapshot_takes_the_place_of_a_damaged_one() throws Exception {
        eventsAndSnapshots(3, 5, 7);
        damage(7);
        snapshots.save(SnapshotMetadata.apply(ID, 9), text(9));
        loads(9);
        snapshots.delete(ID, create(8, Long.MAX_VALUE));
        loads(9);
        assertThat(warnings.messages()).isEmpty();
        assertThat(snapshots.load(ID, create(8, Long.MAX_VALUE))).isEmpty();
        assertThat(warnings.messages()).isEmpty();
    }

    @Test
    void that_there_was_a_newer_snapshot_is_not_forgotten_with_the_deletion_of_those_before() throws Exception {
        eventsAndSnapshots(3, 5, 7);
        journal.delete(ID, 6);
        damage(7);
        snapshots.delete(ID, latest());
        assertThat(snapshots.failToLoad(ID, latest())).isInstanceOf(SnapshotUnreadableException.class);
        damageNothingAndRestart();
        assertThat(snapshots.failToLoad(ID, latest())).isInstanceOf(SnapshotUnreadableException.class);
    }

    private void damageNothingAndRestart() throws IOException {
        damage();
    }

    @Test
    void other_ids_are_not_concerned() throws Exception {
        eventsAndSnapshots(3, 5, 7);
        snapshots.save(SnapshotMetadata.apply("another", 4), "another's");
        damage(3, 5, 7);
        assertThat(snapshots.load("another"))
                .hasValueSatisfying(loaded -> assertThat(loaded.snapshot()).isEqualTo("another's"));
    }

    @Test
    void a_snapshot_that_cannot_be_deserialized_is_passed_over_like_a_damaged_one() {
        eventsAndSnapshots(3, 5);
        snapshots.save(SnapshotMetadata.apply(ID, 7), new Mark());
        stop();
        startWith(ConfigFactory.empty());
        warnings = new LoggedWarnings(SnapshotLoad.class);
        loads(5);
        warned("sequence number 7", "serializer 4711", "could not be deserialized", "the events from 6 to 9");
        journal.delete(ID, 7);
        assertThat(snapshots.failToLoad(ID, latest()))
                .isInstanceOf(SnapshotUnreadableException.class)
                .hasMessageContaining("serializer 4711");
    }
}
