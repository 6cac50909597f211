package dev.varve.persistence.storage;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import scala.concurrent.Future;
import scala.concurrent.Promise;

/** What became of a stage, without what stages wrap around failures. */
public final class Stages {
    private Stages() {}

    /** What was thrown, whatever it was wrapped in on its way through stages. */
    public static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** The stage, failing with another failure than it does: a function of what was thrown, without wrapping. */
    public static <T> CompletionStage<T> mapFailure(
            CompletionStage<T> stage, Function<Throwable, Throwable> failureOf) {
        return recover(stage, failure -> CompletableFuture.failedFuture(failureOf.apply(failure)));
    }

    /** The stage, or, if it fails, another one: a function of what was thrown, without wrapping. */
    public static <T> CompletionStage<T> recover(
            CompletionStage<T> stage, Function<Throwable, CompletionStage<T>> instead) {
        return stage.handle((value, failure) ->
                        failure == null ? CompletableFuture.completedFuture(value) : instead.apply(cause(failure)))
                .thenCompose(Function.identity());
    }

    /** The stage as Scala has it; it fails with what was thrown. */
    public static <T> Future<T> asScala(CompletionStage<T> stage) {
        Promise<T> promise = Promise.apply();
        stage.whenComplete((value, failure) -> {
            if (failure == null) {
                promise.success(value);
            } else {
                promise.failure(cause(failure));
            }
        });
        return promise.future();
    }
}
