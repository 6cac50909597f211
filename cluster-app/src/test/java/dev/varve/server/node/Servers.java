package dev.varve.server.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.cluster.ClusterDescription;
import dev.varve.cluster.Ports;
import dev.varve.cluster.TopicSpec;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Appended;
import dev.varve.partition.PartitionActor.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Whole servers in one process, by name; the directory and the address of each are the same whenever it starts. */
final class Servers implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ActorSystem<Void> asking = ActorSystem.create(Behaviors.empty(), "asking");
    private final Path root;
    private final Map<String, String> addresses = new TreeMap<>();
    private final Map<String, VarveServer> running = new LinkedHashMap<>();
    private final Map<String, ConcurrentLinkedQueue<String>> said = new TreeMap<>();

    Servers(Path root, String... names) {
        this.root = root;
        for (String name : names) {
            addresses.put(name, Ports.free(1).get(0));
        }
    }

    Path directory(String name) {
        return root.resolve(name);
    }

    /** Where others find it. */
    String address(String name) {
        return addresses.get(name);
    }

    /** @param more what is other than usual, as configuration */
    VarveServer start(String name, String more) throws IOException {
        String seeds = "\"" + String.join("\", \"", addresses.values()) + "\"";
        Config config = ConfigFactory.parseString(more)
                .withFallback(ConfigFactory.parseString(
                        "varve.server { http { bind = \"127.0.0.1:0\", answer-timeout = 25 s }, groups = 2, data = \""
                                + directory(name) + "\", cluster = \"" + addresses.get(name) + "\", seeds = [" + seeds
                                + "], request-timeout = 20 s }\n varve.cluster.rejoin-after = 3 s"))
                .withFallback(ConfigFactory.defaultReferenceUnresolved())
                .resolve();
        said.put(name, new ConcurrentLinkedQueue<>());
        VarveServer server = VarveServer.start(config, said.get(name)::add);
        running.put(name, server);
        return server;
    }

    VarveServer start(String name) throws IOException {
        return start(name, "");
    }

    VarveServer get(String name) {
        return running.get(name);
    }

    void stop(String name) throws IOException {
        running.remove(name).close();
    }

    void wipe(String name) throws IOException {
        try (Stream<Path> files = Files.walk(directory(name))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Waits until all that run are ready, however often they say that there is no majority yet. */
    void awaitReady() {
        for (String name : running.keySet()) {
            eventually(name + " is ready", () -> isReady(running.get(name)));
        }
    }

    private static boolean isReady(VarveServer server) {
        try {
            server.ready().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException e) {
            return false;
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    boolean hasSaid(String name, String words) {
        return said.get(name).stream().anyMatch(each -> each.contains(words));
    }

    void eventually(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not in time: " + what + "; said was " + said);
            }
            pause();
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(20);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Whether all that run have just each other in the Pekko cluster. */
    boolean areTogether() {
        List<String> ids =
                running.values().stream().map(VarveServer::nodeId).sorted().toList();
        return running.values().stream()
                .map(server -> server.topics().describeCluster())
                .allMatch(cluster -> cluster.nodes().stream()
                        .filter(ClusterDescription.Node::isClustered)
                        .map(ClusterDescription.Node::id)
                        .sorted()
                        .toList()
                        .equals(ids));
    }

    // Asking.

    void create(String through, String topic) {
        await(running.get(through).topics().create(TopicSpec.of(topic, 2)));
    }

    private <R> R ask(String through, int partition, Function<ActorRef<R>, Command> command) {
        RecipientRef<Command> asked = running.get(through).topics().partition("t", partition);
        return await(AskPattern.ask(asked, command::apply, PATIENCE, asking.scheduler()));
    }

    /** Appends to both partitions; fails unless that was acknowledged. */
    void append(String through, String... values) {
        for (String value : values) {
            for (int partition = 0; partition < 2; partition++) {
                List<NewRecord> records = List.of(NewRecord.of(1, value.getBytes(StandardCharsets.UTF_8)));
                AppendReply reply = ask(through, partition, replyTo -> new Append(records, replyTo));
                if (!(reply instanceof Appended)) {
                    throw new AssertionError(value + " through " + through + ": " + reply);
                }
            }
        }
    }

    /** What both partitions hold, once they have all that was committed before. */
    List<List<String>> read(String through) {
        List<List<String>> both = new ArrayList<>();
        for (int partition = 0; partition < 2; partition++) {
            ask(through, partition, PartitionActor.Flush::new);
            PartitionActor.ReadReply reply = ask(
                    through,
                    partition,
                    (ActorRef<PartitionActor.ReadReply> replyTo) ->
                            new PartitionActor.Read(0, 1 << 20, Duration.ZERO, replyTo));
            both.add(((PartitionActor.Records) reply)
                    .records().stream().map(Servers::text).toList());
        }
        return both;
    }

    private static String text(LogRecord record) {
        return new String(record.value(), StandardCharsets.UTF_8);
    }

    private static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() throws IOException {
        List<Thread> closing = new ArrayList<>();
        for (VarveServer server : running.values()) {
            Thread thread = new Thread(() -> {
                try {
                    server.close();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            thread.start();
            closing.add(thread);
        }
        for (Thread thread : closing) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
        asking.terminate();
    }
}
