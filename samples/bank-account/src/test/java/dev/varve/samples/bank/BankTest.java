package dev.varve.samples.bank;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BankTest {
    private static final String AGREE = "check: accounts, the sums of their events, and the balance sheet agree";
    private static final int KILLS = 4;

    @Test
    void what_was_acknowledged_is_there_after_every_kill_and_the_sheet_has_counted_each_event_once(
            @TempDir Path directory) throws Exception {
        long seed = Long.getLong("varve.test.seed", 7);
        Random random = new Random(seed);
        Map<String, Account.Balance> acknowledged = new TreeMap<>();
        for (int kill = 0; kill < KILLS; kill++) {
            try (RunningBank bank = RunningBank.start(directory, "--pause", "0")) {
                bank.killAfter(1 + random.nextInt(400));
                holds(bank, acknowledged);
                acknowledged.putAll(bank.balances("acknowledged"));
            }
        }
        try (RunningBank bank = RunningBank.start(directory, "--payments", "0")) {
            assertThat(bank.awaitEnd()).as("seed %d: %s", seed, bank.said()).isZero();
            holds(bank, acknowledged);
        }
    }

    /** It found at least what the one before acknowledged, and what it found is what follows from the payments. */
    private static void holds(RunningBank bank, Map<String, Account.Balance> acknowledged) {
        assertThat(bank.said()).contains(AGREE);
        Map<String, Account.Balance> found = bank.balances("found");
        assertThat(found).hasSize(5);
        acknowledged.forEach((account, balance) ->
                assertThat(found.get(account).events()).as(account).isGreaterThanOrEqualTo(balance.events()));
        found.forEach((account, balance) -> assertThat(balance.balance())
                .as("%s after %d payments", account, balance.events())
                .isEqualTo(Payments.balanceAfter(account, balance.events())));
    }
}
