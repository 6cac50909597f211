package dev.varve.server.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.cluster.ClusterNode;
import dev.varve.cluster.TopicService;
import dev.varve.server.http.HttpServer;
import dev.varve.server.metrics.ServerMetrics;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A server. Starting and closing block; any thread. */
public final class VarveServer implements AutoCloseable {
    /** How long requests that are under way have when the server stops; what is left of ten seconds is for the logs. */
    private static final Duration DRAIN = Duration.ofSeconds(4);

    private static final Duration SYSTEM_PATIENCE = Duration.ofSeconds(2);

    /** The network library of Ratis, which logs in Java's way; held, for Java forgets the level of a logger that nobody holds. */
    private static final Logger NETWORK = Logger.getLogger("org.apache.ratis.thirdparty");

    /** This server ends its parts itself, in their order; and Pekko's own way to log is standard output, which is not for that. */
    private static final Config OURS = ConfigFactory.parseMap(Map.of(
            "pekko.coordinated-shutdown.run-by-jvm-shutdown-hook", "off",
            "pekko.loggers", List.of("org.apache.pekko.event.slf4j.Slf4jLogger"),
            "pekko.logging-filter", "org.apache.pekko.event.slf4j.Slf4jLoggingFilter",
            "pekko.stdout-loglevel", "OFF"));

    private final ActorSystem<Void> system;
    private final ClusterNode node;
    private final ServerMetrics metrics;
    private final HttpServer http;

    private VarveServer(ActorSystem<Void> system, ClusterNode node, ServerMetrics metrics, HttpServer http) {
        this.system = system;
        this.node = node;
        this.metrics = metrics;
        this.http = http;
    }

    /**
     * Starts a server: reads what is on its disk, then listens. It may be asked whether it is ready from then on.
     *
     * @param config has the section {@code varve}
     * @throws IllegalStateException if the data belong to another node or cluster, or another process has them
     * @throws IllegalArgumentException if the configuration makes no sense
     * @throws IOException if a file cannot be read or is damaged, or an address cannot be had
     */
    public static VarveServer start(Config config) throws IOException {
        ServerSettings settings = ServerSettings.fromConfig(config.getConfig("varve.server"));
        NETWORK.setLevel(Level.WARNING);
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "varve", OURS.withFallback(config));
        ServerMetrics metrics = new ServerMetrics();
        ClusterNode node = null;
        try {
            node = ClusterNode.start(system, settings.cluster());
            node.measure(metrics.cluster());
            metrics.watchDisk(settings.cluster().directory());
            HttpServer http = listen(system, node, settings, metrics);
            return new VarveServer(system, node, metrics, http);
        } catch (IOException | RuntimeException e) {
            if (node != null) {
                node.close();
            }
            metrics.close();
            terminate(system);
            throw e;
        }
    }

    private static HttpServer listen(
            ActorSystem<Void> system, ClusterNode node, ServerSettings settings, ServerMetrics metrics)
            throws IOException {
        try {
            return HttpServer.start(system, node.topics(), settings.http(), metrics)
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause();
            String why = cause.getCause() == null
                    ? cause.getMessage()
                    : cause.getCause().getMessage();
            throw new IOException("cannot listen for HTTP on " + settings.http().bind() + ": " + why, e);
        }
    }

    /**
     * Completes when this node has all that was committed before; fails if there is no majority in time, and may be asked again then.
     */
    public CompletionStage<Void> ready() {
        return node.ready();
    }

    public String nodeId() {
        return node.nodeId();
    }

    /** Where it speaks HTTP. */
    public String url() {
        return http.url();
    }

    /** What it can be asked. */
    public TopicService topics() {
        return node.topics();
    }

    /** Takes no more requests, lets those that are under way end, for a while, and closes the logs. */
    @Override
    public void close() throws IOException {
        http.stop(DRAIN).toCompletableFuture().join();
        node.close();
        terminate(system);
        metrics.close();
    }

    private static void terminate(ActorSystem<Void> system) {
        system.terminate();
        try {
            system.getWhenTerminated().toCompletableFuture().get(SYSTEM_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // Nothing is left to be lost: the logs are closed.
            system.log().warn("The actor system does not end: {}", e.toString());
        }
    }
}
