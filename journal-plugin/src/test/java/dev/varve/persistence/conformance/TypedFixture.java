package dev.varve.persistence.conformance;

import dev.varve.persistence.conformance.Notebook.Add;
import dev.varve.persistence.conformance.Notebook.Command;
import dev.varve.persistence.conformance.Notebook.Options;
import dev.varve.persistence.conformance.Notebook.Page;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;

/** What a case with event-sourced entities has at hand. */
interface TypedFixture extends QueryFixture {

    /** Starts an entity. */
    default ActorRef<Command> open(String persistenceId, Options options) {
        return kit().spawn(Notebook.create(persistenceId, options));
    }

    /** Starts a plain entity. */
    default ActorRef<Command> open(String persistenceId) {
        return open(persistenceId, Options.plain());
    }

    /** Stops an entity; another one may be started when this returns. */
    default void close(ActorRef<Command> notebook) {
        kit().stop(notebook, Duration.ofSeconds(20));
    }

    /** Adds lines in one {@code persist}; the page when they are stored. */
    default Page add(ActorRef<Command> notebook, Object... lines) {
        TestProbe<Page> inbox = kit().createTestProbe();
        notebook.tell(new Add(List.of(lines), inbox.ref()));
        return inbox.receiveMessage(Duration.ofSeconds(20));
    }

    /** The page as it is. */
    default Page read(ActorRef<Command> notebook) {
        return add(notebook);
    }

    /** Text of such lines. */
    default String lines(Object... lines) {
        StringBuilder text = new StringBuilder();
        for (Object line : lines) {
            text.append(line).append('\n');
        }
        return text.toString();
    }
}
