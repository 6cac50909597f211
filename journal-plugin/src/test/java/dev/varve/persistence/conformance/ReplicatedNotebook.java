package dev.varve.persistence.conformance;

import dev.varve.persistence.conformance.Notebook.Add;
import dev.varve.persistence.conformance.Notebook.Command;
import dev.varve.persistence.conformance.Notebook.Noticed;
import dev.varve.persistence.conformance.Notebook.Page;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.EventSourcedSignal;
import org.apache.pekko.persistence.typed.ReplicaId;
import org.apache.pekko.persistence.typed.ReplicationId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.ReplicatedEventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.ReplicatedEventSourcing;
import org.apache.pekko.persistence.typed.javadsl.ReplicationContext;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;

/**
 * A replica of a text whose lines are sorted, so that the order in which they come is all the same; a line that came twice would
 * stand there twice. Hears of the other replica's lines by the read journal only.
 */
final class ReplicatedNotebook extends ReplicatedEventSourcedBehavior<Command, String, String> {
    static final ReplicaId NORTH = new ReplicaId("north");
    static final ReplicaId SOUTH = new ReplicaId("south");

    private final ActorContext<Command> context;
    private final RetentionCriteria retention;
    private final ActorRef<Noticed> signals;

    private ReplicatedNotebook(
            ActorContext<Command> context,
            ReplicationContext replication,
            RetentionCriteria retention,
            ActorRef<Noticed> signals) {
        super(replication);
        this.context = context;
        this.retention = retention;
        this.signals = signals;
    }

    static Behavior<Command> create(
            String entityId,
            ReplicaId replica,
            String queryPluginId,
            RetentionCriteria retention,
            ActorRef<Noticed> signals) {
        return Behaviors.setup(context -> ReplicatedEventSourcing.commonJournalConfig(
                new ReplicationId("notebook", entityId, replica),
                Set.of(NORTH, SOUTH),
                queryPluginId,
                replication -> new ReplicatedNotebook(context, replication, retention, signals)));
    }

    @Override
    public boolean withEventPublishing() {
        return false;
    }

    @Override
    public String emptyState() {
        return "";
    }

    @Override
    public CommandHandler<Command, String, String> commandHandler() {
        return newCommandHandlerBuilder()
                .forAnyState()
                .onCommand(Add.class, add -> Effect()
                        .persist(add.lines().stream().map(Object::toString).toList())
                        .thenReply(add.replyTo(), text -> new Page(text, lastSequenceNumber(context))))
                .build();
    }

    @Override
    public EventHandler<String, String> eventHandler() {
        return (text, line) -> text(Stream.concat(text.lines(), Stream.of(line)));
    }

    static String text(Stream<String> lines) {
        List<String> sorted = lines.sorted().toList();
        return sorted.stream().collect(Collectors.joining("\n", "", "\n"));
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return retention;
    }

    @Override
    public SignalHandler<String> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(EventSourcedSignal.class, (text, signal) -> signals.tell(new Noticed(signal)))
                .build();
    }
}
