package dev.varve.persistence.conformance;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.EventAdapter;
import org.apache.pekko.persistence.typed.EventSourcedSignal;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.Recovery;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;

/** An event-sourced entity: a text, to which lines are added. Each line is an event, and the text is the state. */
final class Notebook extends EventSourcedBehavior<Notebook.Command, Object, String> {
    sealed interface Command {}

    /** Adds lines, all in one {@code persist}; none to read the text. */
    record Add(List<?> lines, ActorRef<Page> replyTo) implements Command {}

    /**
     * The text.
     *
     * @param sequenceNr of the last line
     */
    record Page(String text, long sequenceNr) {}

    /** A signal to the entity, wrapped: actors do not take signals for messages. */
    record Noticed(EventSourcedSignal signal) {}

    /** What differs from one notebook to another. */
    record Options(
            RetentionCriteria retention,
            Recovery recovery,
            Function<Object, Set<String>> tags,
            Optional<EventAdapter<Object, ?>> adapter,
            Optional<ActorRef<Noticed>> signals) {

        static Options plain() {
            return new Options(
                    RetentionCriteria.disabled(),
                    Recovery.withSnapshotSelectionCriteria(SnapshotSelectionCriteria.latest()),
                    event -> Set.of(),
                    Optional.empty(),
                    Optional.empty());
        }

        Options withRetention(RetentionCriteria criteria) {
            return new Options(criteria, recovery, tags, adapter, signals);
        }

        Options withRecovery(Recovery other) {
            return new Options(retention, other, tags, adapter, signals);
        }

        Options withTags(Function<Object, Set<String>> tagger) {
            return new Options(retention, recovery, tagger, adapter, signals);
        }

        Options withAdapter(EventAdapter<Object, ?> eventAdapter) {
            return new Options(retention, recovery, tags, Optional.of(eventAdapter), signals);
        }

        /** Signals to the entity are told there. */
        Options withSignalsTo(ActorRef<Noticed> listener) {
            return new Options(retention, recovery, tags, adapter, Optional.of(listener));
        }
    }

    private final ActorContext<Command> context;
    private final Options options;

    private Notebook(ActorContext<Command> context, String persistenceId, Options options) {
        super(PersistenceId.ofUniqueId(persistenceId));
        this.context = context;
        this.options = options;
    }

    static Behavior<Command> create(String persistenceId, Options options) {
        return Behaviors.setup(context -> new Notebook(context, persistenceId, options));
    }

    @Override
    public String emptyState() {
        return "";
    }

    @Override
    public CommandHandler<Command, Object, String> commandHandler() {
        return newCommandHandlerBuilder()
                .forAnyState()
                .onCommand(Add.class, add -> Effect()
                        .persist(List.<Object>copyOf(add.lines()))
                        .thenReply(add.replyTo(), text -> new Page(text, lastSequenceNumber(context))))
                .build();
    }

    @Override
    public EventHandler<String, Object> eventHandler() {
        return (text, line) -> text + line + "\n";
    }

    @Override
    public SignalHandler<String> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(EventSourcedSignal.class, (text, signal) -> options.signals()
                        .ifPresent(listener -> listener.tell(new Noticed(signal))))
                .build();
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return options.retention();
    }

    @Override
    public Recovery recovery() {
        return options.recovery();
    }

    @Override
    public Set<String> tagsFor(Object event) {
        return options.tags().apply(event);
    }

    @Override
    public EventAdapter<Object, ?> eventAdapter() {
        return options.adapter().isPresent() ? options.adapter().get() : super.eventAdapter();
    }
}
