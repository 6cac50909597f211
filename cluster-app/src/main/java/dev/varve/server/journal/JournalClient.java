package dev.varve.server.journal;

import com.typesafe.config.ConfigFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.ActorIdentity;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.Identify;
import org.apache.pekko.actor.Props;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.DeleteMessagesFailure;
import org.apache.pekko.persistence.DeleteMessagesSuccess;
import org.apache.pekko.persistence.JournalProtocol;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.PersistentEnvelope;
import org.apache.pekko.persistence.PersistentRepr;
import scala.jdk.javaapi.CollectionConverters;

/** Speaks to a journal plugin as persistent actors do. Blocks; any thread. */
final class JournalClient {
    private static final long PATIENCE_SECONDS = 120;
    private static final int ACTOR_INSTANCE_ID = 1;

    private final ActorSystem system;
    private final String pluginId;
    private final ActorRef journal;

    JournalClient(ActorSystem system, String pluginId) {
        this.system = system;
        this.pluginId = pluginId;
        this.journal = Persistence.get(system).journalFor(pluginId, ConfigFactory.empty());
    }

    /**
     * Makes sure that the journal is there; waits until it is started. It is not asked for anything: LevelDB remembers every persistence id
     * that it is asked for.
     *
     * @throws TransferFailedException if it is not, or will soon not be
     */
    void requireThere() {
        requireRunning();
        ask(replyTo -> new Identify(pluginId), answers -> {
            if (((ActorIdentity) answers.next()).getActorRef().isEmpty()) {
                throw notStarted();
            }
            return null;
        });
        requireRunning();
    }

    /** Pekko ends the system when a plugin lacks a class. */
    private void requireRunning() {
        if (CoordinatedShutdown.get(system).getShutdownReason().isPresent()) {
            throw notStarted();
        }
    }

    private TransferFailedException notStarted() {
        return new TransferFailedException(
                "the journal " + pluginId + " could not be started or has ended, see above", null);
    }

    /** @param highest the highest sequence number of the persistence id */
    record Replay(List<PersistentRepr> events, long highest) {}

    /** Puts what it is sent where a thread waits for it. */
    private static final class Collector extends AbstractActor {
        private final BlockingQueue<Object> answers;

        Collector(BlockingQueue<Object> answers) {
            this.answers = answers;
        }

        @Override
        public Receive createReceive() {
            return receiveBuilder().matchAny(answers::add).build();
        }
    }

    /** Waits for answers. */
    private final class Answers {
        private final BlockingQueue<Object> answers;

        Answers(BlockingQueue<Object> answers) {
            this.answers = answers;
        }

        Object next() {
            try {
                for (long waited = 0; waited < PATIENCE_SECONDS; waited++) {
                    Object answer = answers.poll(1, TimeUnit.SECONDS);
                    if (answer != null) {
                        return answer;
                    }
                    requireRunning();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new TransferFailedException("interrupted", e);
            }
            throw new TransferFailedException(
                    "the journal " + pluginId + " has not answered for " + PATIENCE_SECONDS + " seconds", null);
        }
    }

    /** Sends a request; its answers are few: as many as the events that are asked for or written. */
    private <T> T ask(Function<ActorRef, Object> request, Function<Answers, T> answer) {
        BlockingQueue<Object> answers = new LinkedBlockingQueue<>();
        ActorRef collector = system.actorOf(Props.create(Collector.class, () -> new Collector(answers)));
        try {
            journal.tell(request.apply(collector), collector);
            return answer.apply(new Answers(answers));
        } finally {
            system.stop(collector);
        }
    }

    /** @throws NotCarriedException if the journal cannot read them */
    Replay replay(String persistenceId, long from, long to, long max) {
        return ask(replyTo -> new JournalProtocol.ReplayMessages(from, to, max, persistenceId, replyTo), answers -> {
            List<PersistentRepr> events = new ArrayList<>();
            while (true) {
                Object answer = answers.next();
                if (answer instanceof JournalProtocol.ReplayedMessage replayed) {
                    events.add(replayed.persistent());
                } else if (answer instanceof JournalProtocol.RecoverySuccess success) {
                    return new Replay(events, success.highestSequenceNr());
                } else if (answer instanceof JournalProtocol.ReplayMessagesFailure failure) {
                    throw new NotCarriedException(
                            "the journal " + pluginId + " cannot read its events from " + from + " on: "
                                    + failure.cause(),
                            failure.cause());
                }
            }
        });
    }

    long highest(String persistenceId) {
        return replay(persistenceId, 1, 0, 0).highest();
    }

    /** Writes events of one persistence id, each for itself, at once. */
    void write(List<PersistentRepr> events) {
        List<PersistentEnvelope> writes = new ArrayList<>();
        events.forEach(event -> writes.add(AtomicWrite.apply(event)));
        ask(
                replyTo -> new JournalProtocol.WriteMessages(
                        CollectionConverters.asScala(writes).toList(), replyTo, ACTOR_INSTANCE_ID),
                answers -> {
                    for (int stored = 0; stored < events.size(); ) {
                        Object answer = answers.next();
                        if (answer instanceof JournalProtocol.WriteMessageSuccess) {
                            stored++;
                        } else if (answer instanceof JournalProtocol.WriteMessageRejected rejected) {
                            throw new NotCarriedException(
                                    "the journal " + pluginId + " rejects event "
                                            + rejected.message().sequenceNr() + ": " + rejected.cause(),
                                    rejected.cause());
                        } else if (answer instanceof JournalProtocol.WriteMessagesFailed failed) {
                            throw new TransferFailedException(
                                    "the journal " + pluginId + " cannot write: " + failed.cause(), failed.cause());
                        }
                    }
                    return null;
                });
    }

    void deleteTo(String persistenceId, long toSequenceNr) {
        ask(replyTo -> new JournalProtocol.DeleteMessagesTo(persistenceId, toSequenceNr, replyTo), answers -> {
            while (true) {
                Object answer = answers.next();
                if (answer instanceof DeleteMessagesSuccess) {
                    return null;
                } else if (answer instanceof DeleteMessagesFailure failure) {
                    throw new TransferFailedException(
                            "the journal " + pluginId + " cannot delete: " + failure.cause(), failure.cause());
                }
            }
        });
    }
}
