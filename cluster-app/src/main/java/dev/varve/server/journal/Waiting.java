package dev.varve.server.journal;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** For threads of their own, which may wait. */
final class Waiting {
    private Waiting() {}

    /** The value of a stage; or throws what it fails with. */
    static <T> T forIt(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }
}
