package dev.varve.server.http;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import scala.concurrent.ExecutionContext;
import scala.concurrent.Future;
import scala.jdk.javaapi.FutureConverters;

/**
 * Stages whose further steps run on the thread that completes them. Those that Pekko hands to Java do each step elsewhere, which on two
 * processors means on a thread made for that step. Any thread.
 */
final class DirectStage {
    private DirectStage() {}

    static <T> CompletionStage<T> of(CompletionStage<T> ofPekko) {
        return of(FutureConverters.asScala(ofPekko));
    }

    static <T> CompletionStage<T> of(Future<T> future) {
        CompletableFuture<T> stage = new CompletableFuture<>();
        future.onComplete(
                result -> result.isSuccess()
                        ? stage.complete(result.get())
                        : stage.completeExceptionally(result.failed().get()),
                ExecutionContext.parasitic$.MODULE$);
        return stage;
    }
}
