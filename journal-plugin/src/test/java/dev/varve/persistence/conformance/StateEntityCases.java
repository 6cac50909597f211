package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.persistence.conformance.Register.Command;
import dev.varve.persistence.conformance.Register.Set;
import java.time.Duration;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

/** Entities with durable state find themselves as they were. */
interface StateEntityCases extends StateFixture {

    private String ask(ActorRef<Command> register, Function<ActorRef<String>, Command> command) {
        TestProbe<String> inbox = kit().createTestProbe();
        register.tell(command.apply(inbox.ref()));
        return inbox.receiveMessage(Duration.ofSeconds(20));
    }

    @Test
    default void an_entity_with_durable_state_recovers_it() {
        String id = newPersistenceId();
        ActorRef<Command> register = kit().spawn(Register.create(id));
        assertThat(ask(register, replyTo -> new Set("one", replyTo))).isEqualTo("one");
        assertThat(ask(register, replyTo -> new Set("two", replyTo))).isEqualTo("two");
        kit().stop(register, Duration.ofSeconds(20));
        register = kit().spawn(Register.create(id));
        assertThat(ask(register, Register.Get::new)).isEqualTo("two");
        assertThat(ask(register, replyTo -> new Set("three", replyTo))).isEqualTo("three");
        assertThat(get(id).value()).contains("three");
        assertThat(get(id).revision()).isEqualTo(3);
    }

    @Test
    default void an_entity_recovers_its_durable_state_after_a_restart_of_the_system() {
        needs(Capability.SURVIVES_A_RESTART);
        String id = newPersistenceId();
        ask(kit().spawn(Register.create(id)), replyTo -> new Set("one", replyTo));
        restart();
        ActorRef<Command> register = kit().spawn(Register.create(id));
        assertThat(ask(register, Register.Get::new)).isEqualTo("one");
        assertThat(ask(register, replyTo -> new Set("two", replyTo))).isEqualTo("two");
    }
}
