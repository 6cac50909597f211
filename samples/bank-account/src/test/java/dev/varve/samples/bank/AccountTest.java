package dev.varve.samples.bank;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccountTest {
    @Test
    void an_account_is_never_overdrawn(@TempDir Path directory) {
        ActorSystem<Bank.ToAccount> bank = ActorSystem.create(
                Bank.create(),
                "bank",
                ConfigFactory.parseMap(Map.of("varve.directory", directory.toString()))
                        .withFallback(ConfigFactory.load()));
        try {
            assertThat(pay(bank, 1_000)).isEqualTo(new Account.Balance(1, 1_000));
            assertThat(pay(bank, -1_001)).isInstanceOf(Account.Refused.class);
            assertThat(pay(bank, -1_000)).isEqualTo(new Account.Balance(2, 0));
        } finally {
            bank.terminate();
            bank.getWhenTerminated().toCompletableFuture().join();
        }
    }

    private static Account.Reply pay(ActorSystem<Bank.ToAccount> bank, long amount) {
        return Bank.pay(bank, "a", amount).toCompletableFuture().join();
    }
}
