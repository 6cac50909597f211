package dev.varve.samples.bank;

import dev.varve.persistence.query.VarveReadJournal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.Sequence;
import org.apache.pekko.persistence.query.typed.EventEnvelope;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.state.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.state.javadsl.DurableStateBehavior;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

// begin sheet
/**
 * All accounts on one sheet: reads the events of all of them, in the order in which they were stored. The sheet is kept together with the
 * place up to which it has read, so every event is counted once, whenever the program is stopped.
 */
final class BalanceSheet extends DurableStateBehavior<BalanceSheet.Command, BalanceSheet.Sheet> {
    sealed interface Command permits Count, GetSheet {}

    /** Events that follow those that are on the sheet. */
    private record Count(List<EventEnvelope<Account.Event>> events, ActorRef<Sheet> replyTo) implements Command {}

    record GetSheet(ActorRef<Sheet> replyTo) implements Command {}

    /** What is known of an account. */
    record Line(long events, long balance) {}

    /** @param offset of the last event that is on the sheet; 0 with none */
    record Sheet(long offset, TreeMap<String, Line> lines) {
        private Sheet with(List<EventEnvelope<Account.Event>> events) {
            TreeMap<String, Line> changed = new TreeMap<>(lines);
            long last = offset;
            for (EventEnvelope<Account.Event> event : events) {
                String account = PersistenceId.extractEntityId(event.persistenceId());
                Line before = changed.getOrDefault(account, new Line(0, 0));
                long balance = before.balance() + Account.change(event.event());
                changed.put(account, new Line(before.events() + 1, balance));
                // The journal has one partition. The offsets of one with several are objects, see PartitionOffsets.
                last = ((Sequence) event.offset()).value();
            }
            return new Sheet(last, changed);
        }

        /** Where the reader goes on. */
        private Offset position() {
            return offset == 0 && lines.isEmpty() ? Offset.noOffset() : Offset.sequence(offset);
        }
    }

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    static Behavior<Command> create() {
        return Behaviors.setup(context -> new BalanceSheet());
    }

    private BalanceSheet() {
        super(PersistenceId.ofUniqueId("balance-sheet"));
    }

    @Override
    public Sheet emptyState() {
        return new Sheet(0, new TreeMap<>());
    }

    @Override
    public CommandHandler<Command, Sheet> commandHandler() {
        return newCommandHandlerBuilder()
                .forAnyState()
                .onCommand(Count.class, (sheet, count) -> Effect()
                        .persist(sheet.with(count.events()))
                        .thenReply(count.replyTo(), stored -> stored))
                .onCommand(GetSheet.class, (sheet, ask) -> Effect().reply(ask.replyTo(), sheet))
                .build();
    }

    /** Counts all that is stored now. */
    static CompletionStage<Done> catchUp(ActorRef<Command> sheet, ActorSystem<?> system) {
        return read(sheet, system, false);
    }

    /** Counts what is stored now, and what comes. Ends with the system. */
    static CompletionStage<Done> follow(ActorRef<Command> sheet, ActorSystem<?> system) {
        return read(sheet, system, true);
    }

    private static CompletionStage<Done> read(ActorRef<Command> sheet, ActorSystem<?> system, boolean goesOn) {
        VarveReadJournal journal =
                PersistenceQuery.get(system).getReadJournalFor(VarveReadJournal.class, VarveReadJournal.IDENTIFIER);
        return ask(sheet, GetSheet::new, system).thenCompose(stored -> {
            Source<EventEnvelope<Account.Event>, NotUsed> events = goesOn
                    ? journal.eventsBySlices(Account.TYPE, 0, 1023, stored.position())
                    : journal.currentEventsBySlices(Account.TYPE, 0, 1023, stored.position());
            return events.groupedWithin(500, Duration.ofMillis(100))
                    .mapAsync(1, some -> ask(sheet, (ActorRef<Sheet> replyTo) -> new Count(some, replyTo), system))
                    .runWith(Sink.ignore(), system);
        });
    }

    /** The sheet as it is kept. */
    static CompletionStage<Map<String, Line>> lines(ActorRef<Command> sheet, ActorSystem<?> system) {
        return ask(sheet, GetSheet::new, system).thenApply(Sheet::lines);
    }

    private static CompletionStage<Sheet> ask(
            ActorRef<Command> sheet,
            org.apache.pekko.japi.function.Function<ActorRef<Sheet>, Command> command,
            ActorSystem<?> system) {
        return AskPattern.ask(sheet, command, PATIENCE, system.scheduler());
    }
}
// end sheet
