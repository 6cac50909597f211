package dev.varve.samples.bank;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Knows the accounts by their numbers, and wakes those that are not in memory. In a cluster that is the task of Cluster Sharding. */
final class Bank {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** A command to one of the accounts. */
    record ToAccount(String account, Account.Command command) {}

    private Bank() {}

    static Behavior<ToAccount> create() {
        return Behaviors.setup(context -> {
            Map<String, ActorRef<Account.Command>> accounts = new HashMap<>();
            return Behaviors.receiveMessage(message -> {
                accounts.computeIfAbsent(message.account(), number -> context.spawn(Account.create(number), number))
                        .tell(message.command());
                return Behaviors.same();
            });
        });
    }

    /** Pays into an account, or out of it if the amount is negative; done when that is durable. */
    static CompletionStage<Account.Reply> pay(ActorSystem<ToAccount> bank, String account, long amount) {
        return AskPattern.ask(
                bank,
                replyTo -> new ToAccount(
                        account,
                        amount < 0 ? new Account.Withdraw(-amount, replyTo) : new Account.Deposit(amount, replyTo)),
                PATIENCE,
                bank.scheduler());
    }

    static CompletionStage<Account.Balance> balance(ActorSystem<ToAccount> bank, String account) {
        return AskPattern.ask(
                bank, replyTo -> new ToAccount(account, new Account.GetBalance(replyTo)), PATIENCE, bank.scheduler());
    }
}
