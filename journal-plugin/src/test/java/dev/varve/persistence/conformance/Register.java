package dev.varve.persistence.conformance;

import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.state.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.state.javadsl.DurableStateBehavior;

/** An entity with durable state: a text, which is replaced. */
final class Register extends DurableStateBehavior<Register.Command, String> {
    sealed interface Command {}

    /** Replaces the text. */
    record Set(String text, ActorRef<String> replyTo) implements Command {}

    /** Asks for the text. */
    record Get(ActorRef<String> replyTo) implements Command {}

    private Register(String persistenceId) {
        super(PersistenceId.ofUniqueId(persistenceId));
    }

    static Behavior<Command> create(String persistenceId) {
        return new Register(persistenceId);
    }

    @Override
    public String emptyState() {
        return "";
    }

    @Override
    public CommandHandler<Command, String> commandHandler() {
        return newCommandHandlerBuilder()
                .forAnyState()
                .onCommand(Set.class, set -> Effect().persist(set.text()).thenReply(set.replyTo(), text -> text))
                .onCommand(Get.class, (text, get) -> Effect().reply(get.replyTo(), text))
                .build();
    }

    @Override
    public String tag() {
        return "register";
    }
}
