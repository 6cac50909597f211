package dev.varve.samples.bank;

import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;

// begin account
/** An account: what happened to it is kept, and its balance follows from that. Never overdrawn. */
final class Account extends EventSourcedBehaviorWithEnforcedReplies<Account.Command, Account.Event, Account.State> {

    /** Amounts are in cents. */
    sealed interface Command permits Deposit, Withdraw, GetBalance {}

    record Deposit(long amount, ActorRef<Reply> replyTo) implements Command {}

    record Withdraw(long amount, ActorRef<Reply> replyTo) implements Command {}

    record GetBalance(ActorRef<Balance> replyTo) implements Command {}

    sealed interface Event permits Deposited, Withdrawn {}

    record Deposited(long amount) implements Event {}

    record Withdrawn(long amount) implements Event {}

    record State(long events, long balance) {}

    sealed interface Reply permits Balance, Refused {}

    /** So many events are stored, durably, and come to so much. */
    record Balance(long events, long balance) implements Reply {}

    record Refused(String reason) implements Reply {}

    static final String TYPE = "Account";

    static Behavior<Command> create(String number) {
        return Behaviors.setup(context -> new Account(PersistenceId.of(TYPE, number)));
    }

    private Account(PersistenceId id) {
        super(id);
    }

    @Override
    public State emptyState() {
        return new State(0, 0);
    }

    @Override
    public CommandHandlerWithReply<Command, Event, State> commandHandler() {
        return newCommandHandlerWithReplyBuilder()
                .forAnyState()
                .onCommand(Deposit.class, this::deposit)
                .onCommand(Withdraw.class, this::withdraw)
                .onCommand(GetBalance.class, (state, ask) -> Effect().reply(ask.replyTo(), balance(state)))
                .build();
    }

    private ReplyEffect<Event, State> deposit(State state, Deposit deposit) {
        // The reply goes out when the event is durable: after that not even a loss of power takes it back.
        return Effect().persist(new Deposited(deposit.amount())).thenReply(deposit.replyTo(), Account::balance);
    }

    private ReplyEffect<Event, State> withdraw(State state, Withdraw withdraw) {
        return withdraw.amount() > state.balance()
                ? Effect().reply(withdraw.replyTo(), new Refused("there is less in the account"))
                : Effect().persist(new Withdrawn(withdraw.amount())).thenReply(withdraw.replyTo(), Account::balance);
    }

    private static Balance balance(State state) {
        return new Balance(state.events(), state.balance());
    }

    @Override
    public EventHandler<State, Event> eventHandler() {
        return (state, event) -> new State(state.events() + 1, state.balance() + change(event));
    }

    /** What an event does to a balance. */
    static long change(Event event) {
        return event instanceof Deposited deposited ? deposited.amount() : -((Withdrawn) event).amount();
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        // Every fifty events a snapshot, two are kept. The events are kept too: the balance sheet is made of them.
        return RetentionCriteria.snapshotEvery(50, 2);
    }
}
// end account
