package dev.varve.server.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import dev.varve.cluster.Charter;
import dev.varve.cluster.ClusterNode;
import dev.varve.cluster.Member;
import dev.varve.cluster.NodeDirectory;
import dev.varve.cluster.Recovery;
import dev.varve.cluster.TopicService;
import dev.varve.cluster.formation.Formation;
import dev.varve.cluster.formation.FormationSettings;
import dev.varve.cluster.sharding.PartitionSharding;
import dev.varve.server.http.HttpServer;
import dev.varve.server.metrics.ServerMetrics;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A server: a node of a cluster, what it says over HTTP, and whatever brings it together with the other nodes. Starting and closing block;
 * any thread.
 */
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

    private final ServerSettings settings;
    private final NodeDirectory directory;
    private final String raft;
    private final String cluster;
    private final ActorSystem<Void> system;
    private final ServerMetrics metrics = new ServerMetrics();
    private final AtomicBoolean isBegun = new AtomicBoolean();
    private final CompletableFuture<ClusterNode> running = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile HttpServer http;
    private volatile Formation formation;
    private volatile Optional<ActorSystem<?>> clustered = Optional.empty();

    /** What is waited for before there is a node; in words for people, whenever they ask. */
    private volatile Supplier<String> awaited = () -> "this node is looking for others";

    private VarveServer(
            ServerSettings settings, NodeDirectory directory, String raft, String cluster, ActorSystem<Void> system) {
        this.settings = settings;
        this.directory = directory;
        this.raft = raft;
        this.cluster = cluster;
        this.system = system;
    }

    /**
     * Starts a server. It listens for HTTP before anything that may take long, and says there what it waits for. One that belongs to a cluster, or
     * needs nobody else to be one, reads what is on its disk before this returns. Another one looks for the others first. It is
     * {@link #ready()} when it has found them, and has what they have.
     *
     * @param config resolved; has the section {@code varve}
     * @param tell is given words for people on what the server waits for
     * @throws IllegalStateException if the data belong to another node or cluster, or another process has them
     * @throws IllegalArgumentException if the configuration makes no sense
     * @throws IOException if a file cannot be read or is damaged, or an address cannot be had
     */
    public static VarveServer start(Config config, Consumer<String> tell) throws IOException {
        ServerSettings settings = ServerSettings.fromConfig(config.getConfig("varve.server"));
        NETWORK.setLevel(Level.WARNING);
        Config ours = OURS.withFallback(config);
        NodeDirectory directory = NodeDirectory.open(settings.data());
        VarveServer server = null;
        try {
            String raft = directory.address("raft", settings.raft());
            String cluster = directory.address("cluster", settings.cluster());
            Belonging.require(directory, settings, raft);
            server = new VarveServer(
                    settings, directory, raft, cluster, ActorSystem.create(Behaviors.empty(), "varve", ours));
            server.begin(ours, tell);
            return server;
        } catch (IOException | RuntimeException | Error e) {
            if (server == null) {
                directory.close();
            } else {
                server.close();
            }
            throw e;
        }
    }

    private void begin(Config config, Consumer<String> tell) throws IOException {
        metrics.watchDisk(settings.data());
        http = listen();
        if (directory.charter().isEmpty() && settings.isAlone()) {
            Member self = Member.founder(directory.nodeId(), raft, cluster, "");
            directory.found(Charter.found(UUID.randomUUID(), settings.groups(), List.of(self)));
        }
        if (directory.mayRun()) {
            run();
            isBegun.set(true);
        }
        FormationSettings wanted = new FormationSettings(
                raft,
                cluster,
                settings.seeds(),
                settings.wantedReplicationFactor(),
                settings.groups(),
                settings.replaces());
        Config clustered = config.withValue("varve.cluster.groups", ConfigValueFactory.fromAnyRef(settings.groups()));
        formation = Formation.start(clustered, directory, wanted, new Together(), words -> {
            if (!words.isEmpty() && !isBegun.get()) {
                awaited = () -> words;
            }
            tell.accept(words);
        });
    }

    /** Reads what is on the disk, and serves it. */
    private void run() throws IOException {
        Recovery recovery = new Recovery();
        awaited = () -> "this node is reading what is on its disk: " + recovery;
        ClusterNode node = ClusterNode.start(system, settings.cluster(directory.nodeId(), raft), directory, recovery);
        try {
            node.measure(metrics.cluster());
            node.observe(() -> formation == null ? Set.of() : formation.members());
            http.serve(node.topics());
            node.advertise(cluster, Addresses.advertised(http, raft));
            running.complete(node);
        } catch (RuntimeException | Error e) {
            node.close();
            throw e;
        }
    }

    private HttpServer listen() throws IOException {
        try {
            return HttpServer.listen(system, settings.http(), metrics, () -> awaited.get())
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

    /** What becomes of this server when the nodes come together. */
    private final class Together implements Formation.Host {
        @Override
        public Optional<ClusterNode> node() {
            return running.isCompletedExceptionally() ? Optional.empty() : Optional.ofNullable(running.getNow(null));
        }

        @Override
        public String http() {
            return Addresses.advertised(http, raft);
        }

        @Override
        public void begin() {
            if (isBegun.compareAndSet(false, true)) {
                Thread starting = new Thread(this::start, "varve-start");
                starting.start();
            }
        }

        private void start() {
            try {
                run();
            } catch (Throwable e) {
                // An error, too: whoever waits for the node is to be told.
                running.completeExceptionally(e);
                ended.completeExceptionally(e);
            }
        }

        @Override
        public void gone(String why) {
            ended.completeExceptionally(new IllegalStateException(why));
        }

        @Override
        public void onClustered(ActorSystem<?> clustered) {
            VarveServer.this.onClustered(clustered);
        }
    }

    /** Called with each clustered actor system that is started, once the node runs. What needs one begins here, and ends with it. */
    private void onClustered(ActorSystem<?> started) {
        clustered = Optional.of(started);
        PartitionSharding.host(started, running.join());
        PartitionSharding.init(started);
    }

    /** The last of the clustered actor systems, if the node runs; it may have ended. */
    Optional<ActorSystem<?>> clustered() {
        return clustered;
    }

    /**
     * Completes when the node belongs to a cluster and has all that was committed before; fails if there is no majority in time, and may be
     * asked again then.
     */
    public CompletionStage<Void> ready() {
        return running.thenCompose(ClusterNode::ready);
    }

    /** Fails when the server cannot go on, with words for people; it is to be closed then. Does not complete otherwise. */
    public CompletableFuture<Void> ended() {
        return ended.copy();
    }

    public String nodeId() {
        return directory.nodeId();
    }

    /** Where it speaks HTTP. */
    public String url() {
        return http.url();
    }

    /** What it can be asked, once it is ready. */
    public TopicService topics() {
        return running.join().topics();
    }

    /**
     * Takes no more requests, lets those that are under way end, for a while, leaves the others, and closes the logs. A node that is just starting
     * is closed when it has started, if that takes longer; until then nobody else gets its directory.
     */
    @Override
    public void close() throws IOException {
        CompletableFuture<Void> left = formation == null
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.runAsync(() -> formation.close(DRAIN));
        CompletableFuture<Void> drained = http == null
                ? CompletableFuture.completedFuture(null)
                : http.stop(DRAIN).toCompletableFuture();
        // Who comes to begin from now on comes too late.
        CompletableFuture<Optional<ClusterNode>> started = isBegun.getAndSet(true)
                ? running.handle((node, failure) -> Optional.ofNullable(node))
                : CompletableFuture.completedFuture(Optional.empty());
        boolean isStarted = await(started);
        try {
            try {
                drained.join();
            } finally {
                // The clustered actor system asks the node until it has ended.
                left.join();
            }
        } finally {
            if (isStarted) {
                closeParts(started.join());
            } else {
                started.thenAccept(this::closeLate);
            }
        }
    }

    private static boolean await(CompletableFuture<?> started) {
        try {
            started.get(SYSTEM_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return started.isDone();
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }

    private void closeLate(Optional<ClusterNode> started) {
        try {
            closeParts(started);
        } catch (IOException | RuntimeException | Error e) {
            system.log()
                    .warn(
                            "The node, which had not started yet when the server was closed, was not closed well: {}",
                            e.toString(),
                            e);
        }
    }

    /** The last one first, each whatever becomes of the others: the directory is free in the end. */
    @SuppressWarnings("try")
    private void closeParts(Optional<ClusterNode> started) throws IOException {
        try (Closeable lock = directory;
                Closeable gauges = metrics::close;
                Closeable actors = this::terminate;
                Closeable node = started.orElse(null)) {
            system.log().debug("Node {} is to be closed", directory.nodeId());
        }
    }

    private void terminate() {
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
