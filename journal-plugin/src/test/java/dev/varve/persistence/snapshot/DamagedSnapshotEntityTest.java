package dev.varve.persistence.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.DamagedFile;
import dev.varve.persistence.VarvePlugin;
import dev.varve.persistence.conformance.JournalProbe;
import dev.varve.persistence.conformance.SnapshotProbe;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.Recovery;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an entity makes of its damaged snapshot: never a state that it did not have. */
class DamagedSnapshotEntityTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final String THREE_WORDS = "-word1-word2-word3";
    private static final String SIX_WORDS = THREE_WORDS + "-word4-word5-word6";
    private static final RetentionCriteria DELETES_EVENTS =
            RetentionCriteria.snapshotEvery(3, 1).withDeleteEventsOnSnapshot();

    @TempDir
    private Path directory;

    private ActorTestKit kit;

    private record Append(String word, ActorRef<String> replyTo) {}

    /** Text that words are appended to, with a snapshot at every third. */
    private static final class Text extends EventSourcedBehavior<Append, String, String> {
        private final RetentionCriteria retention;

        private final Recovery recovery;

        Text(RetentionCriteria retention) {
            this(retention, Recovery.withSnapshotSelectionCriteria(SnapshotSelectionCriteria.latest()));
        }

        Text(RetentionCriteria retention, Recovery recovery) {
            super(PersistenceId.ofUniqueId("text"));
            this.retention = retention;
            this.recovery = recovery;
        }

        @Override
        public Recovery recovery() {
            return recovery;
        }

        @Override
        public String emptyState() {
            return "";
        }

        @Override
        public CommandHandler<Append, String, String> commandHandler() {
            return newCommandHandlerBuilder()
                    .forAnyState()
                    .onCommand(Append.class, (text, append) -> Effect()
                            .persist(append.word())
                            .thenReply(append.replyTo(), appended -> appended))
                    .build();
        }

        @Override
        public EventHandler<String, String> eventHandler() {
            return newEventHandlerBuilder().forAnyState().onAnyEvent((text, word) -> text + word);
        }

        @Override
        public RetentionCriteria retentionCriteria() {
            return retention;
        }
    }

    @BeforeEach
    void start() {
        kit = ActorTestKit.create("damaged", VarvePlugin.in(directory).config().withFallback(ConfigFactory.load()));
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private String append(ActorRef<Append> text, String word) {
        TestProbe<String> inbox = kit.createTestProbe();
        text.tell(new Append(word, inbox.ref()));
        return inbox.receiveMessage(PATIENCE);
    }

    /** Seven words, with snapshots at the third and the sixth of them. */
    private void sevenWords(RetentionCriteria retention, long firstEventLeft) {
        ActorRef<Append> text = kit.spawn(new Text(retention));
        for (int i = 1; i <= 7; i++) {
            append(text, "-word" + i);
        }
        JournalProbe journal = new JournalProbe(kit);
        SnapshotProbe snapshots = new SnapshotProbe(kit);
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(journal.replay("text").sequenceNrs()).first().isEqualTo(firstEventLeft);
            assertThat(snapshots.load("text"))
                    .hasValueSatisfying(
                            newest -> assertThat(newest.metadata().sequenceNr()).isEqualTo(6));
        });
        stop();
    }

    private void damage(String text) throws IOException {
        DamagedFile.flip(directory.resolve("snapshots/0000/00000000000000000000.log"), text);
    }

    @Test
    void it_recovers_all_of_its_state_where_events_are_kept() throws Exception {
        RetentionCriteria keepsEvents = RetentionCriteria.snapshotEvery(3, 2);
        sevenWords(keepsEvents, 1);
        damage(SIX_WORDS);
        damage(THREE_WORDS);
        start();
        assertThat(append(kit.spawn(new Text(keepsEvents)), "-word8")).isEqualTo(SIX_WORDS + "-word7-word8");
    }

    @Test
    void it_recovers_all_of_its_state_where_only_events_before_the_last_but_one_snapshot_are_deleted()
            throws Exception {
        sevenWords(DELETES_EVENTS, 4);
        damage(SIX_WORDS);
        start();
        assertThat(append(kit.spawn(new Text(DELETES_EVENTS)), "-word8")).isEqualTo(SIX_WORDS + "-word7-word8");
    }

    @Test
    void it_does_not_start_where_events_are_missing_unless_it_wants_no_snapshot() throws Exception {
        sevenWords(DELETES_EVENTS, 4);
        damage(SIX_WORDS);
        damage(THREE_WORDS);
        start();
        ActorRef<Append> text = kit.spawn(new Text(DELETES_EVENTS));
        kit.<String>createTestProbe().expectTerminated(text, PATIENCE);
        assertThat(append(
                        kit.spawn(new Text(
                                DELETES_EVENTS,
                                Recovery.withSnapshotSelectionCriteria(SnapshotSelectionCriteria.none()))),
                        "-word8"))
                .isEqualTo("-word4-word5-word6-word7-word8");
    }
}
