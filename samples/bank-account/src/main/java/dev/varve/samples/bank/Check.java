package dev.varve.samples.bank;

import dev.varve.persistence.query.VarveReadJournal;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.stream.javadsl.Sink;

/** Compares what the program remembers in three ways: accounts, their events one by one, and the balance sheet. Blocks. */
final class Check {
    private Check() {}

    /** What is remembered of an account. */
    private record Found(Account.Balance account, Account.Balance events, BalanceSheet.Line sheet) {
        boolean isOne() {
            return account.equals(events) && account.events() == sheet.events() && account.balance() == sheet.balance();
        }
    }

    /** Prints what there is of each account; gives whether the three agree. */
    static boolean run(ActorSystem<Bank.ToAccount> bank, ActorRef<BalanceSheet.Command> sheet, List<String> accounts) {
        BalanceSheet.catchUp(sheet, bank).toCompletableFuture().join();
        Map<String, BalanceSheet.Line> lines =
                BalanceSheet.lines(sheet, bank).toCompletableFuture().join();
        boolean isRight = true;
        for (String account : accounts) {
            Found found = new Found(
                    Bank.balance(bank, account).toCompletableFuture().join(),
                    sumOfEvents(bank, account),
                    lines.getOrDefault(account, new BalanceSheet.Line(0, 0)));
            System.out.println("found " + Main.text(account, found.account())
                    + (found.isOne() ? "" : "; but its events " + found.events() + ", the sheet " + found.sheet()));
            isRight &= found.isOne();
        }
        System.out.println(
                isRight
                        ? "check: accounts, the sums of their events, and the balance sheet agree"
                        : "check: THEY DO NOT AGREE");
        return isRight;
    }

    private static Account.Balance sumOfEvents(ActorSystem<?> system, String account) {
        return PersistenceQuery.get(system)
                .getReadJournalFor(VarveReadJournal.class, VarveReadJournal.IDENTIFIER)
                .currentEventsByPersistenceId(
                        PersistenceId.of(Account.TYPE, account).id(), 1, Long.MAX_VALUE)
                .runWith(
                        Sink.fold(
                                new Account.Balance(0, 0),
                                (sum, event) -> new Account.Balance(
                                        event.sequenceNr(),
                                        sum.balance() + Account.change((Account.Event) event.event()))),
                        system)
                .toCompletableFuture()
                .join();
    }
}
