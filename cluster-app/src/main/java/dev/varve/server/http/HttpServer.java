package dev.varve.server.http;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.cluster.TopicService;
import dev.varve.server.metrics.ServerMetrics;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.event.Logging;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;

/** A server that listens. Any thread. */
public final class HttpServer {
    private final ServerBinding binding;
    private final SharedKillSwitch tails;
    private final AtomicBoolean isStopping;

    private HttpServer(ServerBinding binding, SharedKillSwitch tails, AtomicBoolean isStopping) {
        this.binding = binding;
        this.tails = tails;
        this.isStopping = isStopping;
    }

    /**
     * Begins to listen.
     *
     * @param system runs the connections; its coordinated shutdown does not end them, {@link #stop} does
     * @param metrics counts what happens; not closed here
     * @return fails if the address cannot be had
     */
    public static CompletionStage<HttpServer> start(
            ActorSystem<?> system, TopicService topics, HttpSettings settings, ServerMetrics metrics) {
        SharedKillSwitch tails = KillSwitches.shared("varve-tails");
        AtomicBoolean isStopping = new AtomicBoolean();
        Routes routes = routes(system, topics, settings, metrics, tails, isStopping);
        HostAndPort bind = HostAndPort.parse(settings.bind());
        return Http.get(system)
                .newServerAt(bind.host(), bind.port())
                .logTo(Logging.getLogger(system.classicSystem(), HttpServer.class))
                .withSettings(serverSettings(system.settings().config(), settings))
                .bind(routes::answer)
                .thenApply(binding -> new HttpServer(binding, tails, isStopping));
    }

    private static Routes routes(
            ActorSystem<?> system,
            TopicService topics,
            HttpSettings settings,
            ServerMetrics metrics,
            SharedKillSwitch tails,
            AtomicBoolean isStopping) {
        ByteBudget inFlight = new ByteBudget(settings.maxBytesInFlight());
        ByteBudget readsInFlight = new ByteBudget(settings.maxReadBytesInFlight());
        metrics.watchBytesInFlight(inFlight::used, readsInFlight::used);
        Requests requests = new Requests(settings, inFlight, system);
        Partitions partitions = new Partitions(topics, system, settings.answerTimeout());
        PartitionSamples samples = new PartitionSamples(topics, partitions, system);
        PartitionCounts counts = new PartitionCounts(topics);
        Spread spread = new Spread(partitions);
        return new Routes(
                requests,
                new TopicRoutes(topics, samples, counts, requests),
                new AppendRoutes(settings, requests, partitions, counts, spread, metrics),
                new BatchRoutes(settings, requests, partitions, metrics),
                new StreamedAppend(settings, requests, inFlight, counts, spread, metrics),
                new ReadRoutes(settings, partitions, readsInFlight, metrics),
                new TailRoute(settings, partitions, tails, metrics),
                new GroupRoutes(topics, requests),
                new NodeRoutes(topics, samples, metrics, isStopping::get),
                metrics);
    }

    private static ServerSettings serverSettings(Config config, HttpSettings settings) {
        // Reads may wait, and whatever else takes long is given up by its own time limit, with words that say what
        // became of it.
        Config ours = ConfigFactory.parseMap(Map.of(
                "pekko.http.server.server-header",
                "varve",
                "pekko.http.server.request-timeout",
                "infinite",
                "pekko.http.server.transparent-head-requests",
                "on",
                "pekko.http.server.max-connections",
                settings.maxConnections(),
                "pekko.http.server.parsing.max-content-length",
                settings.maxRequestBytes(),
                "pekko.http.server.parsing.error-handler",
                UnreadableRequests.class.getName()));
        return ServerSettings.create(ours.withFallback(config));
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return binding.localAddress();
    }

    /** As a URL that clients on this machine, or who can reach the address, may use. */
    public String url() {
        InetSocketAddress address = address();
        String host = address.getAddress().isAnyLocalAddress() ? "127.0.0.1" : address.getHostString();
        return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    /**
     * Listens no more, ends all tails, and lets the requests that are under way end.
     *
     * @param deadline after that connections are closed all the same
     * @return completes when all connections are closed
     */
    public CompletionStage<Void> stop(Duration deadline) {
        isStopping.set(true);
        tails.shutdown();
        return binding.terminate(deadline).thenApply(terminated -> null);
    }
}
