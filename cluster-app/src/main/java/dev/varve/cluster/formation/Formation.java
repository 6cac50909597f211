package dev.varve.cluster.formation;

import com.typesafe.config.Config;
import dev.varve.cluster.Charter;
import dev.varve.cluster.ClusterNode;
import dev.varve.cluster.Member;
import dev.varve.cluster.NodeDirectory;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a node together with the others, and keeps it there: it finds them, becomes a cluster with them, and has a clustered actor system
 * that is a member of theirs, a new one whenever the last one has ended. What the node stores, and whether that can be read and appended
 * to, does not hang on it. Starting and closing block; any thread.
 */
public final class Formation implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Formation.class);
    private static final long PERIOD_MILLIS = 500;

    /** Who may not be there is tried at every fourth round only. */
    private static final int STRANGER_ROUNDS = 4;

    private static final Duration LEADER_PATIENCE = Duration.ofSeconds(5);

    private final Config config;
    private final NodeDirectory directory;
    private final FormationSettings settings;
    private final Host host;
    private final Consumer<String> tell;
    private final Heard heard;
    private final Islands islands;
    private final ScheduledExecutorService clock;

    private volatile Set<String> members = Set.of();
    private volatile ClusteredSystem clustered;
    private volatile boolean isClosed;

    // Only for the thread of the clock.
    private long clusteredSinceNanos;
    private boolean isBegun;
    private boolean isHandedOver;
    private List<String> plan = List.of();
    private Optional<String> goTo = Optional.empty();
    private long rounds;
    private String told = "";

    /** What a node is beside this. The methods are called by one thread; none may block for long. */
    public interface Host {
        /** The node, once it runs. */
        Optional<ClusterNode> node();

        /** Where it speaks HTTP, as a URL; empty if it does not. */
        String http();

        /** The node belongs to a cluster that works: it is to run, if it does not already. */
        void begin();

        /** The place of the node was taken by another one: it must end. */
        void gone(String why);

        /** A clustered actor system was started, and the node runs; it may be used until it ends. */
        void onClustered(ActorSystem<?> system);
    }

    private Formation(
            Config config,
            NodeDirectory directory,
            FormationSettings settings,
            Host host,
            Consumer<String> tell,
            ClusteredSystem first,
            Heard heard) {
        this.config = config;
        this.directory = directory;
        this.settings = settings;
        this.host = host;
        this.tell = tell;
        this.heard = heard;
        this.islands = new Islands(config.getDuration("varve.cluster.rejoin-after"));
        this.clustered = first;
        this.clusteredSinceNanos = System.nanoTime();
        this.isBegun = directory.mayRun();
        this.clock = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "varve-formation");
            thread.setDaemon(true);
            return thread;
        });
        clock.scheduleWithFixedDelay(this::round, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }

    /**
     * Begins to look for the others.
     *
     * @param config resolved; has the sections {@code varve.cluster} and {@code pekko}
     * @param tell is given words for people on what is waited for, when that changes
     * @throws IOException if the address for the other nodes cannot be had
     */
    public static Formation start(
            Config config, NodeDirectory directory, FormationSettings settings, Host host, Consumer<String> tell)
            throws IOException {
        Heard heard = new Heard(directory.nodeId());
        ClusteredSystem first = ClusteredSystem.start(config, directory.nodeId(), settings.cluster(), heard::accept);
        return new Formation(config, directory, settings, host, tell, first, heard);
    }

    private void round() {
        try {
            rounds++;
            if (clustered.isEnded()) {
                startAnew();
            }
            if (isClosed) {
                return;
            }
            View view = clustered.view();
            members = view.reachable();
            Announcement self = announcement();
            Collection<Announcement> fresh = heard.fresh();
            carryOut(FormationRules.decide(self, fresh, view.isOldest()), fresh);
            handOver();
            join(view, fresh);
            leaveIslands(self, view, fresh);
            announce(view, fresh);
        } catch (IOException | RuntimeException | Error e) {
            // Whatever it was, the clock must not end in silence.
            LOGGER.warn("The other nodes, to be looked for again: {}", e.toString(), e);
        }
    }

    private void startAnew() throws IOException {
        if (isClosed) {
            return;
        }
        LOGGER.info("The clustered actor system has ended; another one joins the others");
        clustered = ClusteredSystem.start(config, directory.nodeId(), settings.cluster(), heard::accept);
        clusteredSinceNanos = System.nanoTime();
        isHandedOver = false;
        plan = List.of();
        islands.forget();
        if (isClosed) {
            // Whoever closes may have stopped the last one only.
            clustered.stop();
        }
    }

    private Announcement announcement() {
        Optional<Charter> charter = directory.charter();
        return new Announcement(
                directory.nodeId(),
                settings.raft(),
                settings.cluster(),
                host.http(),
                charter.map(Charter::replicationFactor).orElse(settings.replicationFactor()),
                charter.map(Charter::groups).orElse(settings.groups()),
                settings.replaces(),
                charter,
                isBegun);
    }

    /** The ids of the nodes whose clustered actor systems are in one cluster with that of this one, and can be reached. */
    public Set<String> members() {
        return members;
    }

    // What follows from what was heard.

    private void carryOut(Verdict verdict, Collection<Announcement> fresh) throws IOException {
        if (verdict instanceof Verdict.Wait wait) {
            say(wait.isForNodes() ? wait.why() + silentSeeds(fresh) : wait.why());
        } else if (verdict instanceof Verdict.Found found) {
            belongTo(Charter.found(UUID.randomUUID(), settings.groups(), found.founders()));
        } else if (verdict instanceof Verdict.Join join) {
            belongTo(join.charter());
        } else if (verdict instanceof Verdict.Begin) {
            isBegun = true;
            host.begin();
        } else if (verdict instanceof Verdict.Gone gone) {
            directory.update(gone.charter());
            host.gone(placeTaken(directory, gone.successor()));
        } else if (verdict instanceof Verdict.Belongs belongs) {
            say(belongs.warning());
            belongs.replacements().forEach(this::replace);
        }
    }

    /** What to say of a node whose place was taken. */
    public static String placeTaken(NodeDirectory directory, String successor) {
        return "the place of node " + directory.nodeId() + " in cluster "
                + directory.charter().orElseThrow().clusterId() + " was taken by node " + successor
                + ", so it is refused for ever. Keep " + directory.path()
                + " until `varve cluster status` at another node"
                + " has this node among the replicas of no group: till then not everything may be on the others yet. To"
                + " run a node here, start with an empty directory instead";
    }

    private void belongTo(Charter charter) throws IOException {
        if (directory.found(charter) && directory.mayRun()) {
            isBegun = true;
            host.begin();
        }
    }

    private void replace(Verdict.Replacement replacement) {
        host.node()
                .filter(node -> node.isSilent(replacement.nodeId()).orElse(false))
                .ifPresent(node -> node.replace(replacement.nodeId(), replacement.newcomer())
                        .whenComplete((charter, failure) -> {
                            if (failure != null) {
                                LOGGER.info("Replacing node {}, to be tried again: {}", replacement.nodeId(), failure);
                            }
                        }));
    }

    /** Of the places where others may be, those from which nothing was heard. */
    private String silentSeeds(Collection<Announcement> fresh) {
        Set<String> silent = new LinkedHashSet<>(settings.seeds());
        silent.remove(settings.cluster());
        fresh.forEach(other -> silent.remove(other.cluster()));
        return silent.isEmpty()
                ? ""
                : "; " + String.join(", ", silent) + (silent.size() == 1 ? " has" : " have") + " not answered";
    }

    private void say(String words) {
        if (!words.equals(told)) {
            told = words;
            if (!words.isEmpty()) {
                tell.accept(words);
            }
        }
    }

    private void handOver() {
        if (!isHandedOver && host.node().isPresent()) {
            host.onClustered(clustered.system());
            isHandedOver = true;
        }
    }

    // Where to be.

    private void join(View view, Collection<Announcement> fresh) {
        if (view.isJoined()) {
            return;
        }
        boolean isOverdue = System.nanoTime() - clusteredSinceNanos > LEADER_PATIENCE.toNanos();
        List<String> wanted = plan(fresh, isOverdue);
        if (!wanted.isEmpty() && !wanted.equals(plan)) {
            LOGGER.debug("Joins {}", wanted);
            plan = wanted;
            clustered.join(wanted);
        }
    }

    private List<String> plan(Collection<Announcement> fresh, boolean isOverdue) {
        Optional<Charter> charter = directory.charter();
        if (charter.isPresent()) {
            Optional<String> leader = host.node().flatMap(ClusterNode::topicsLeader);
            return leader.flatMap(id -> addressOf(id, fresh))
                    .filter(address -> !address.equals(settings.cluster()))
                    .map(List::of)
                    .orElseGet(() -> JoinPlan.ofMember(
                            charter.get(), directory.nodeId(), settings.cluster(), leader, isOverdue));
        }
        // Once, and for a while: whoever was there may be gone.
        return goTo.filter(address -> !isOverdue)
                .map(List::of)
                .orElseGet(() -> JoinPlan.ofNewcomer(settings.cluster(), settings.seeds()));
    }

    /** Where the clustered actor system of a node is: as it says itself, else as the cluster knows. */
    private Optional<String> addressOf(String nodeId, Collection<Announcement> fresh) {
        return fresh.stream()
                .filter(other -> other.nodeId().equals(nodeId))
                .map(Announcement::cluster)
                .findFirst()
                .or(() -> directory
                        .charter()
                        .flatMap(charter -> charter.member(nodeId))
                        .map(Member::cluster)
                        .filter(address -> !address.isEmpty()));
    }

    private void leaveIslands(Announcement self, View view, Collection<Announcement> fresh) {
        Optional<String> leader = host.node().flatMap(ClusterNode::topicsLeader);
        Optional<String> elsewhere = self.isFormed()
                ? islands.ofMember(
                        self.nodeId(), view, leader, leader.flatMap(id -> addressOf(id, fresh)), System.nanoTime())
                : islands.ofNewcomer(self, view, fresh, System.nanoTime());
        if (elsewhere.isPresent()) {
            LOGGER.info("This node is in another Pekko cluster than {}, and goes there", elsewhere.get());
            goTo = elsewhere;
            islands.forget();
            clustered.stop();
        }
    }

    private void announce(View view, Collection<Announcement> fresh) {
        Announcement self = announcement();
        Set<String> addresses = new HashSet<>(view.addresses());
        fresh.forEach(other -> addresses.add(other.cluster()));
        if (rounds % STRANGER_ROUNDS == 1) {
            directory.charter().ifPresentOrElse(charter -> addAll(charter, addresses), () -> {
                addresses.addAll(settings.seeds());
                fresh.forEach(other -> other.charter().ifPresent(charter -> addAll(charter, addresses)));
            });
        }
        addresses.remove(settings.cluster());
        addresses.remove("");
        addresses.forEach(address -> clustered.send(address, self));
    }

    private static void addAll(Charter charter, Set<String> addresses) {
        charter.members().forEach(member -> addresses.add(member.cluster()));
    }

    /** Leaves the others, and has the clustered actor system end; waits for that, but not longer. May be called once. */
    public void close(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        isClosed = true;
        clock.shutdown();
        try {
            // Half of it, so that some is left for the others to be told.
            clock.awaitTermination(patience.toMillis() / 2, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        clustered.stop();
        clustered.awaitEnd(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
    }

    @Override
    public void close() {
        close(Duration.ofSeconds(4));
    }
}
