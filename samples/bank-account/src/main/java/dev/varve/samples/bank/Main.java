package dev.varve.samples.bank;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the bank, checks its books, and makes payments until it is stopped. */
public final class Main {
    private static final List<String> ACCOUNTS =
            List.of("account-1", "account-2", "account-3", "account-4", "account-5");

    private static final Logger LOG = LoggerFactory.getLogger(Main.class);

    private Main() {}

    /** @param args {@code --dir DIR}, {@code --payments N} and {@code --pause MILLISECONDS}, each once or not at all */
    public static void main(String[] args) throws InterruptedException {
        Map<String, String> options = options(args);
        Path directory = Path.of(options.getOrDefault("--dir", "bank")).toAbsolutePath();
        long payments = Long.parseLong(options.getOrDefault("--payments", Long.toString(Long.MAX_VALUE)));
        long pause = Long.parseLong(options.getOrDefault("--pause", "200"));

        Config config = ConfigFactory.parseMap(Map.of("varve.directory", directory.toString()))
                .withFallback(ConfigFactory.load());
        ActorSystem<Bank.ToAccount> bank = ActorSystem.create(Bank.create(), "bank", config);
        System.out.println("the files: " + directory);
        ActorRef<BalanceSheet.Command> sheet =
                bank.systemActorOf(BalanceSheet.create(), "balance-sheet", Props.empty());
        boolean isRight = Check.run(bank, sheet, ACCOUNTS);
        if (isRight && payments > 0) {
            BalanceSheet.follow(sheet, bank).whenComplete((done, failure) -> {
                if (CoordinatedShutdown.get(bank).getShutdownReason().isEmpty()) {
                    LOG.error(
                            "the balance sheet is not kept any more; it will be when the program runs again", failure);
                }
            });
            pay(bank, payments, pause);
        }
        bank.terminate();
        bank.getWhenTerminated().toCompletableFuture().join();
        System.exit(isRight ? 0 : 1);
    }

    private static Map<String, String> options(String[] args) {
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i < args.length; i += 2) {
            if (!List.of("--dir", "--payments", "--pause").contains(args[i]) || i + 1 == args.length) {
                System.err.println("usage: run [--dir DIR] [--payments N] [--pause MILLISECONDS]");
                System.exit(2);
            }
            options.put(args[i], args[i + 1]);
        }
        return options;
    }

    /** Makes payments, one to each account at the same time, and says of each when it is stored. */
    private static void pay(ActorSystem<Bank.ToAccount> bank, long payments, long pause) throws InterruptedException {
        System.out.println("paying; stop this process however you like (its id is "
                + ProcessHandle.current().pid() + "), and run it again");
        Map<String, Account.Balance> balances = new LinkedHashMap<>();
        for (String account : ACCOUNTS) {
            balances.put(
                    account, Bank.balance(bank, account).toCompletableFuture().join());
        }
        for (long left = payments; left > 0; ) {
            List<Runnable> answers = new ArrayList<>();
            for (String account : ACCOUNTS.subList(0, (int) Math.min(left, ACCOUNTS.size()))) {
                Account.Balance before = balances.get(account);
                long amount = Payments.next(account, before.events(), before.balance());
                CompletionStage<Account.Reply> reply = Bank.pay(bank, account, amount);
                answers.add(() -> balances.put(account, acknowledged(account, amount, reply)));
            }
            answers.forEach(Runnable::run);
            left -= answers.size();
            Thread.sleep(pause);
        }
    }

    private static Account.Balance acknowledged(String account, long amount, CompletionStage<Account.Reply> reply) {
        if (reply.toCompletableFuture().join() instanceof Account.Balance balance) {
            System.out.println("acknowledged " + text(account, balance) + (amount < 0 ? ", paid out " : ", paid in ")
                    + euro(Math.abs(amount)));
            return balance;
        }
        throw new IllegalStateException(account + " refuses " + amount + ", which it should not");
    }

    /** An account in words. */
    static String text(String account, Account.Balance balance) {
        return account + ": " + balance.events() + " events, balance " + euro(balance.balance());
    }

    private static String euro(long cents) {
        return String.format(Locale.ROOT, "%d.%02d EUR", cents / 100, cents % 100);
    }
}
