package dev.varve.server.cli;

import com.typesafe.config.ConfigException;
import dev.varve.cluster.ClusterError;
import dev.varve.cluster.ClusterException;
import dev.varve.cluster.TopicDescription;
import dev.varve.server.node.VarveServer;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.LoggerFactory;

/** Runs a server until it is asked to stop. */
final class Serving {
    /** Who sends SIGTERM waits for ten seconds, as promised; what is left is for the JVM to end. */
    private static final Duration PATIENCE = Duration.ofSeconds(8);

    private static final String CONFIG_VARIABLE = "VARVE_CONFIG";

    private final Streams streams;
    private final Output out;
    private final GracefulStop stop;

    Serving(Streams streams, Output out, GracefulStop stop) {
        this.streams = streams;
        this.out = out;
        this.stop = stop;
    }

    /**
     * @param file the configuration; null for the one of the environment, if there is one
     * @param keys what goes before it
     */
    int run(Path file, Map<String, Object> keys) throws IOException {
        CompletableFuture<Void> asked = new CompletableFuture<>();
        stop.whenAsked(() -> asked.complete(null), PATIENCE);
        long startNanos = System.nanoTime();
        try (VarveServer server = start(file, keys)) {
            // Whichever comes first.
            CompletableFuture<Object> end = CompletableFuture.anyOf(asked, server.ended());
            if (awaitReady(server, end)) {
                tellRecovered(server, startNanos);
                out.line("ready http=" + server.url() + " node=" + server.nodeId());
                out.flush();
            }
            end.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof IllegalStateException || e.getCause() instanceof IOException) {
                throw new RefusedException(e.getCause().getMessage(), e);
            }
            throw e;
        }
        return ExitCodes.FINE;
    }

    private VarveServer start(Path file, Map<String, Object> keys) {
        // Before there are many threads: what they log meanwhile would come with a warning.
        LoggerFactory.getILoggerFactory();
        try {
            return VarveServer.start(ServeConfig.of(file(file), keys), this::tell);
        } catch (IllegalArgumentException | ConfigException e) {
            throw new WrongUsageException(e.getMessage());
        } catch (IllegalStateException | IOException e) {
            throw new RefusedException(words(e), e);
        }
    }

    private void tell(String words) {
        streams.err().println("varve: " + words);
    }

    private static Path file(Path asked) {
        String variable = System.getenv(CONFIG_VARIABLE);
        return asked != null || variable == null ? asked : Path.of(variable);
    }

    /** The system says what is wrong with a file and not what that means, and of some errors only which file. */
    private static String words(Exception e) {
        if (!(e instanceof FileSystemException failed)) {
            return e.getMessage();
        }
        String what = failed.getFile() + ": ";
        if (failed instanceof AccessDeniedException) {
            return what + "not allowed; the server needs a directory that it may write";
        } else if (failed instanceof FileAlreadyExistsException || failed instanceof NotDirectoryException) {
            return what + "is no directory; the server needs one for its data";
        } else if (failed instanceof NoSuchFileException) {
            return what + "cannot be created, or is gone; the server needs a directory for its data";
        }
        return failed.getMessage();
    }

    /** Whether it got ready before it was to end. */
    private boolean awaitReady(VarveServer server, CompletableFuture<?> asked) {
        boolean isWaiting = false;
        while (!asked.isDone()) {
            CompletableFuture<Void> ready = server.ready().toCompletableFuture();
            try {
                CompletableFuture.anyOf(ready, asked).join();
                if (ready.isDone()) {
                    return true;
                }
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof ClusterException cluster) || !isForNow(cluster.error())) {
                    throw e;
                }
                if (!isWaiting) {
                    tell("waiting for a majority of the nodes: " + cluster.getMessage());
                    isWaiting = true;
                }
            }
        }
        return false;
    }

    private static boolean isForNow(ClusterError error) {
        return error instanceof ClusterError.NotEnoughReplicas || error instanceof ClusterError.NotLeader;
    }

    private void tellRecovered(VarveServer server, long startNanos) {
        String what = recovered(server);
        tell(String.format(Locale.ROOT, "recovered%s in %.1f seconds", what, (System.nanoTime() - startNanos) / 1e9));
    }

    /** In numbers; in none if the majority is lost again just now, which is no reason to end. */
    private static String recovered(VarveServer server) {
        try {
            List<TopicDescription> topics = Remote.await(server.topics().list());
            int partitions =
                    topics.stream().mapToInt(topic -> topic.partitions().size()).sum();
            return " " + topics.size() + " topics with " + partitions + " partitions";
        } catch (ClusterException e) {
            if (!isForNow(e.error())) {
                throw e;
            }
            return "";
        }
    }
}
