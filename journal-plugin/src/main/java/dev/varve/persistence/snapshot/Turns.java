package dev.varve.persistence.snapshot;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Lets what concerns one persistence id be done one after the other, in the order in which it came. Thread-safe; nothing blocks. */
final class Turns {
    private final Map<String, CompletableFuture<?>> last = new HashMap<>();

    /** Does something once all that came before for the persistence id is done, however it ended. */
    <T> CompletionStage<T> take(String persistenceId, Supplier<CompletionStage<T>> action) {
        CompletableFuture<T> done = new CompletableFuture<>();
        CompletableFuture<?> before;
        synchronized (last) {
            before = last.put(persistenceId, done);
        }
        if (before == null) {
            run(persistenceId, action, done);
        } else {
            before.whenComplete((value, failure) -> run(persistenceId, action, done));
        }
        return done;
    }

    private <T> void run(String persistenceId, Supplier<CompletionStage<T>> action, CompletableFuture<T> done) {
        CompletionStage<T> stage;
        try {
            stage = action.get();
        } catch (RuntimeException e) {
            stage = CompletableFuture.failedFuture(e);
        }
        stage.whenComplete((value, failure) -> {
            synchronized (last) {
                last.remove(persistenceId, done);
            }
            if (failure == null) {
                done.complete(value);
            } else {
                done.completeExceptionally(failure);
            }
        });
    }
}
