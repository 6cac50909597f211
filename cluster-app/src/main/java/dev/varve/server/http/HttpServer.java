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
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.event.Logging;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;

/**
 * A server that listens. From the first it says that it is there, and refuses whatever needs a node; all of it is answered from {@link #serve} on,
 * at the same address. Any thread.
 */
public final class HttpServer {
    private final ActorSystem<?> system;
    private final HttpSettings settings;
    private final ServerMetrics metrics;
    private final ByteBudget inFlight;
    private final Requests requests;
    private final SharedKillSwitch tails = KillSwitches.shared("varve-tails");
    private final AtomicBoolean isStopping = new AtomicBoolean();
    private volatile Function<HttpRequest, CompletionStage<HttpResponse>> routes;
    private volatile ServerBinding binding;

    private HttpServer(ActorSystem<?> system, HttpSettings settings, ServerMetrics metrics, Supplier<String> awaited) {
        this.system = system;
        this.settings = settings;
        this.metrics = metrics;
        this.inFlight = new ByteBudget(settings.maxBytesInFlight());
        this.requests = new Requests(settings, inFlight, system);
        this.routes = new WaitingRoutes(requests, metrics, awaited, isStopping::get)::answer;
    }

    /**
     * Begins to listen.
     *
     * @param system runs the connections; its coordinated shutdown does not end them, {@link #stop} does
     * @param metrics counts what happens; not closed here
     * @param awaited says in words for people what is waited for, until there is something to serve; asked by any thread
     * @return fails if the address cannot be had
     */
    public static CompletionStage<HttpServer> listen(
            ActorSystem<?> system, HttpSettings settings, ServerMetrics metrics, Supplier<String> awaited) {
        HttpServer server = new HttpServer(system, settings, metrics, awaited);
        HostAndPort bind = HostAndPort.parse(settings.bind());
        return Http.get(system)
                .newServerAt(bind.host(), bind.port())
                .logTo(Logging.getLogger(system.classicSystem(), HttpServer.class))
                .withSettings(serverSettings(system.settings().config(), settings))
                .bind(server::answer)
                .thenApply(binding -> {
                    server.binding = binding;
                    return server;
                });
    }

    /** {@link #listen Listens}, and {@link #serve serves} topics as soon as it does. */
    public static CompletionStage<HttpServer> start(
            ActorSystem<?> system, TopicService topics, HttpSettings settings, ServerMetrics metrics) {
        return listen(system, settings, metrics, () -> "this server is starting")
                .thenApply(server -> {
                    server.serve(topics);
                    return server;
                });
    }

    /** From now on, also on connections that are open already, answers all that can be asked. May be called once. */
    public void serve(TopicService topics) {
        ByteBudget readsInFlight = new ByteBudget(settings.maxReadBytesInFlight());
        metrics.watchBytesInFlight(inFlight::used, readsInFlight::used);
        Partitions partitions = new Partitions(topics, system, settings.answerTimeout());
        PartitionSamples samples = new PartitionSamples(topics, partitions, system);
        PartitionCounts counts = new PartitionCounts(topics);
        Spread spread = new Spread(partitions);
        routes = new Routes(
                requests,
                new TopicRoutes(topics, samples, counts, requests),
                new AppendRoutes(settings, requests, partitions, counts, spread, metrics),
                new BatchRoutes(settings, requests, partitions, metrics),
                new StreamedAppend(settings, requests, inFlight, counts, spread, metrics),
                new ReadRoutes(settings, partitions, readsInFlight, metrics),
                new TailRoute(settings, partitions, tails, metrics),
                new GroupRoutes(topics, requests),
                new NodeRoutes(topics, samples, metrics, isStopping::get),
                metrics)::answer;
    }

    private CompletionStage<HttpResponse> answer(HttpRequest request) {
        return routes.apply(request);
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
