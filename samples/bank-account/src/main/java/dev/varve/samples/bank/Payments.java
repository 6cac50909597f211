package dev.varve.samples.bank;

import java.util.Random;

/**
 * The payments of each account, made up from a seed: what the n-th one is follows from those before it, so whoever knows how many there were
 * knows the balance too, and the program goes on where it was stopped.
 */
final class Payments {
    private static final long SEED = 20_260_101;
    private static final int MOST_CENTS = 50_000;

    private Payments() {}

    /** What the next payment adds to an account, in cents; negative if it is a withdrawal. */
    static long next(String account, long payments, long balance) {
        Random random = new Random(SEED ^ account.hashCode() * 1_000_003L ^ payments * 7_919);
        random.nextInt();
        long amount = 1 + random.nextInt(MOST_CENTS);
        return random.nextInt(100) < 45 && amount <= balance ? -amount : amount;
    }

    /** What is in an account after so many payments. */
    static long balanceAfter(String account, long payments) {
        long balance = 0;
        for (long i = 0; i < payments; i++) {
            balance += next(account, i, balance);
        }
        return balance;
    }
}
