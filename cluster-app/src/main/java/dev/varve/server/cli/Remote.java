package dev.varve.server.cli;

import dev.varve.server.client.ClientSettings;
import dev.varve.server.client.VarveClient;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** How commands ask a server. */
final class Remote {
    private Remote() {}

    /** A client that gives up soon: a person waits, who may have mistyped the address. */
    static VarveClient client(URI server) {
        return VarveClient.create(ClientSettings.of(server).withRetries(Duration.ofSeconds(5), Duration.ofMillis(200)));
    }

    /** Waits for an answer; what it fails with is thrown. */
    static <T> T await(CompletionStage<T> answer) {
        try {
            return answer.toCompletableFuture().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw e;
        }
    }
}
