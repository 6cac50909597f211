package dev.varve.persistence.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.persistence.VarvePlugin;
import dev.varve.persistence.query.VarveReadJournal;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of a persistence id once it was forgotten. */
class JournalCleanupTest {
    /** Their hashes collide, and so do their slices. */
    private static final String ID = "Aa";

    private static final String NAMESAKE = "BB";

    @TempDir
    Path directory;

    private ActorTestKit kit;

    @AfterEach
    void shutDown() {
        kit.shutdownTestKit();
    }

    private void start() {
        kit = ActorTestKit.create(VarvePlugin.in(directory).config());
    }

    /** Counts what it is told, and says what it has counted: when it has recovered, and after each. */
    private static final class Counter extends EventSourcedBehavior<String, String, Long> {
        private final ActorRef<Long> listener;

        static Behavior<String> create(String persistenceId, ActorRef<Long> listener) {
            return Behaviors.setup(context -> new Counter(persistenceId, listener));
        }

        private Counter(String persistenceId, ActorRef<Long> listener) {
            super(PersistenceId.ofUniqueId(persistenceId));
            this.listener = listener;
        }

        @Override
        public Long emptyState() {
            return 0L;
        }

        @Override
        public CommandHandler<String, String, Long> commandHandler() {
            return newCommandHandlerBuilder()
                    .forAnyState()
                    .onCommand(
                            String.class, command -> Effect().persist(command).thenRun(listener::tell))
                    .build();
        }

        @Override
        public EventHandler<Long, String> eventHandler() {
            return (count, event) -> count + 1;
        }

        @Override
        public RetentionCriteria retentionCriteria() {
            return RetentionCriteria.snapshotEvery(5, 2);
        }

        @Override
        public SignalHandler<Long> signalHandler() {
            return newSignalHandlerBuilder()
                    .onSignal(RecoveryCompleted.instance(), listener::tell)
                    .build();
        }
    }

    /** Has an actor recover, says what it has counted, and has it count more. */
    private long count(String persistenceId, int more) {
        TestProbe<Long> probe = kit.createTestProbe();
        ActorRef<String> actor = kit.spawn(Counter.create(persistenceId, probe.getRef()));
        long recovered = probe.receiveMessage();
        for (int i = 0; i < more; i++) {
            actor.tell("event");
            probe.receiveMessage();
        }
        kit.stop(actor);
        return recovered;
    }

    private static <T> T result(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private List<String> persistenceIds() throws Exception {
        return result(PersistenceQuery.get(kit.system())
                .getReadJournalFor(VarveReadJournal.class, VarveReadJournal.IDENTIFIER)
                .currentPersistenceIds()
                .runWith(Sink.seq(), kit.system()));
    }

    @Test
    void a_persistence_id_that_was_forgotten_begins_anew_and_its_namesake_does_not() throws Exception {
        start();
        assertThat(count(ID, 12)).isZero();
        assertThat(count(NAMESAKE, 12)).isZero();
        assertThat(count(ID, 0)).isEqualTo(12);
        result(JournalCleanup.of(kit.system()).forget(ID));
        assertThat(persistenceIds()).containsExactly(NAMESAKE);

        kit.shutdownTestKit();
        start();
        assertThat(count(ID, 3)).isZero();
        assertThat(count(ID, 0)).isEqualTo(3);
        assertThat(count(NAMESAKE, 0)).isEqualTo(12);
        assertThat(persistenceIds()).containsExactlyInAnyOrder(ID, NAMESAKE);
    }

    @Test
    void forgetting_may_be_repeated_and_forgets_nothing_of_whom_nobody_knows() throws Exception {
        start();
        JournalCleanup cleanup = JournalCleanup.of(kit.system());
        result(cleanup.forget("nobody"));
        assertThat(count(ID, 1)).isZero();
        result(cleanup.forget(ID));
        result(cleanup.forget(ID));
        assertThat(count(ID, 1)).isZero();
    }

    @Test
    void events_that_are_deleted_leave_the_highest_sequence_number() throws Exception {
        start();
        count(ID, 4);
        JournalCleanup cleanup = JournalCleanup.of(kit.system(), "varve.journal", "");
        result(cleanup.deleteEventsTo(ID, Long.MAX_VALUE));
        assertThat(count(ID, 0)).isZero();
        assertThat(result(PersistenceQuery.get(kit.system())
                        .getReadJournalFor(VarveReadJournal.class, VarveReadJournal.IDENTIFIER)
                        .currentLastSequenceNumberByPersistenceId(ID)))
                .hasValue(4L);
    }
}
