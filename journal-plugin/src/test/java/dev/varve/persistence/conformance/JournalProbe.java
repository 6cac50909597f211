package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.conformance.WriteOutcome.Failed;
import dev.varve.persistence.conformance.WriteOutcome.Rejected;
import dev.varve.persistence.conformance.WriteOutcome.Stored;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.DeleteMessagesSuccess;
import org.apache.pekko.persistence.JournalProtocol;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.PersistentEnvelope;
import org.apache.pekko.persistence.PersistentRepr;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Speaks to a journal as a persistent actor does. Each request has an inbox of its own, so several may be under way; those
 * that begin with {@code send} return at once, and what they return waits for the answer.
 */
public final class JournalProbe {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int ACTOR_INSTANCE_ID = 1;

    private final ActorTestKit kit;
    private final ActorRef journal;

    /** Of the journal that the configuration of the actor system names. */
    public JournalProbe(ActorTestKit kit) {
        this.kit = kit;
        this.journal = Persistence.get(kit.system()).journalFor("", ConfigFactory.empty());
    }

    /** Sends one batch of writes; what it returns waits, and gives the outcome for each event in order. */
    public Supplier<List<WriteOutcome>> sendWrite(AtomicWrite... writes) {
        TestProbe<Object> inbox = kit.createTestProbe();
        List<PersistentEnvelope> envelopes = new ArrayList<>(Arrays.asList(writes));
        tell(
                new JournalProtocol.WriteMessages(
                        CollectionConverters.asScala(envelopes).toList(),
                        Adapter.toClassic(inbox.ref()),
                        ACTOR_INSTANCE_ID),
                inbox);
        int events = Arrays.stream(writes).mapToInt(AtomicWrite::size).sum();
        return () -> outcomes(inbox, events);
    }

    private static List<WriteOutcome> outcomes(TestProbe<Object> inbox, int events) {
        Object first = inbox.receiveMessage(PATIENCE);
        assertThat(first)
                .isInstanceOfAny(
                        JournalProtocol.WriteMessagesSuccessful$.class, JournalProtocol.WriteMessagesFailed.class);
        List<WriteOutcome> outcomes = new ArrayList<>();
        for (int i = 0; i < events; i++) {
            outcomes.add(outcome(inbox.receiveMessage(PATIENCE)));
        }
        return outcomes;
    }

    private static WriteOutcome outcome(Object answer) {
        if (answer instanceof JournalProtocol.WriteMessageSuccess success) {
            return new Stored(success.persistent().sequenceNr());
        } else if (answer instanceof JournalProtocol.WriteMessageRejected rejected) {
            return new Rejected(rejected.message().sequenceNr(), rejected.cause());
        } else if (answer instanceof JournalProtocol.WriteMessageFailure failure) {
            return new Failed(failure.message().sequenceNr(), failure.cause());
        }
        throw new AssertionError("this is no answer to a write: " + answer);
    }

    /** Sends one batch of writes and gives the outcome for each event, in order. */
    public List<WriteOutcome> write(AtomicWrite... writes) {
        return sendWrite(writes).get();
    }

    /** Sends one batch of writes, all of which must be stored. */
    public void store(AtomicWrite... writes) {
        assertThat(write(writes)).allSatisfy(outcome -> assertThat(outcome).isInstanceOf(Stored.class));
    }

    /** Asks for a replay; what it returns waits for its end. */
    public Supplier<Replay> sendReplay(String persistenceId, long from, long to, long max) {
        TestProbe<Object> inbox = kit.createTestProbe();
        tell(new JournalProtocol.ReplayMessages(from, to, max, persistenceId, Adapter.toClassic(inbox.ref())), inbox);
        return () -> replay(inbox);
    }

    private static Replay replay(TestProbe<Object> inbox) {
        List<PersistentRepr> events = new ArrayList<>();
        while (true) {
            Object answer = inbox.receiveMessage(PATIENCE);
            if (answer instanceof JournalProtocol.ReplayedMessage replayed) {
                events.add(replayed.persistent());
            } else if (answer instanceof JournalProtocol.RecoverySuccess success) {
                return new Replay(events, success.highestSequenceNr());
            } else if (answer instanceof JournalProtocol.ReplayMessagesFailure failure) {
                throw new AssertionError("the replay failed", failure.cause());
            } else {
                throw new AssertionError("this is no answer to a replay: " + answer);
            }
        }
    }

    /**
     * Replays.
     *
     * @param from the first sequence number that is wanted
     * @param to the last one that is wanted
     * @param max how many events are wanted at most
     */
    public Replay replay(String persistenceId, long from, long to, long max) {
        return sendReplay(persistenceId, from, to, max).get();
    }

    /** Replays a range of sequence numbers, both ends included. */
    public Replay replay(String persistenceId, long from, long to) {
        return replay(persistenceId, from, to, Long.MAX_VALUE);
    }

    /** Replays all there is. */
    public Replay replay(String persistenceId) {
        return replay(persistenceId, 1, Long.MAX_VALUE);
    }

    /** Sends a deletion; what it returns waits until it is done. */
    public Runnable sendDelete(String persistenceId, long toSequenceNr) {
        TestProbe<Object> inbox = kit.createTestProbe();
        tell(new JournalProtocol.DeleteMessagesTo(persistenceId, toSequenceNr, Adapter.toClassic(inbox.ref())), inbox);
        return () -> assertThat(inbox.receiveMessage(PATIENCE)).isEqualTo(new DeleteMessagesSuccess(toSequenceNr));
    }

    /** Deletes all events up to this one, which is included. */
    public void delete(String persistenceId, long toSequenceNr) {
        sendDelete(persistenceId, toSequenceNr).run();
    }

    private void tell(Object request, TestProbe<Object> inbox) {
        journal.tell(request, Adapter.toClassic(inbox.ref()));
    }
}
