package dev.varve.cluster;

import dev.varve.log.CompactionResult;
import dev.varve.log.LogException;
import dev.varve.log.PartitionLog;
import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.partition.Pacer;
import java.io.Closeable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compacts the replicas of this node whose topics ask for it: when a segment was sealed, and every minute. One after the other, held back,
 * on a thread of its own; those who apply entries and read go on meanwhile. Each node does so on its own: what is dead depends on the
 * committed records alone, and which of it is gone already makes no difference to what is stored next.
 */
final class CompactionRounds implements Closeable {
    private static final Logger LOGGER = LoggerFactory.getLogger(CompactionRounds.class);
    private static final long PERIOD_MILLIS = 1_000;
    private static final long LONGEST_REST_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long BYTES_PER_SECOND = 64 << 20;

    private final Supplier<List<Replica>> replicas;
    private final ScheduledExecutorService clock;
    private final LongConsumer pace;
    /** Of replicas that were compacted: when, and how many segments they had. Forgotten with the replicas. */
    private Map<Replica, Done> done = new HashMap<>();

    private volatile boolean isEnding;

    private record Done(long atNanos, int segments, TopicCompaction compaction) {}

    /** Ends a run. */
    private static final class EndedException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    CompactionRounds(Supplier<List<Replica>> replicas) {
        this.replicas = replicas;
        Pacer pacer = new Pacer(BYTES_PER_SECOND);
        this.pace = bytes -> {
            if (isEnding) {
                throw new EndedException();
            }
            pacer.accept(bytes);
        };
        this.clock = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "varve-cluster-compaction");
            thread.setDaemon(true);
            return thread;
        });
    }

    static CompactionRounds start(ClusterGroups groups) {
        CompactionRounds rounds = new CompactionRounds(() -> groups.partitions().stream()
                .flatMap(group -> group.state().replicas().stream())
                .toList());
        rounds.clock.scheduleWithFixedDelay(
                rounds::roundUnlessEnding, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        return rounds;
    }

    /** Compacts what is due; never throws, for the clock would end in silence. */
    void roundUnlessEnding() {
        try {
            round();
        } catch (EndedException e) {
            LOGGER.debug("Compaction ends with the node");
        } catch (RuntimeException | Error e) {
            LOGGER.error("Nobody foresaw this; compaction goes on with the next round", e);
        }
    }

    /** Compacts what is due. */
    void round() {
        Map<Replica, Done> after = new HashMap<>();
        for (Replica replica : replicas.get()) {
            Done before = done.get(replica);
            after.put(replica, isDue(replica, before) ? compact(replica) : before);
        }
        done = after;
    }

    private static boolean isDue(Replica replica, Done before) {
        return before == null
                || before.segments() != replica.log().segmentCount()
                || before.compaction() != replica.settings().compaction()
                || System.nanoTime() - before.atNanos() > LONGEST_REST_NANOS;
    }

    private Done compact(Replica replica) {
        PartitionLog log = replica.log();
        TopicCompaction compaction = replica.settings().compaction();
        compaction.policy().ifPresent(policy -> compact(replica, log, policy));
        return new Done(System.nanoTime(), log.segmentCount(), compaction);
    }

    private void compact(Replica replica, PartitionLog log, CompactionPolicy policy) {
        try {
            CompactionResult result = log.compact(policy, pace);
            if (result.records() > 0) {
                LOGGER.info(
                        "Compaction took {} dead records, {} bytes, out of the log in {}",
                        result.records(),
                        result.bytesReclaimed(),
                        log.directory());
            }
        } catch (LogException.Closed e) {
            LOGGER.debug("{} was closed while it was compacted", replica.id());
        } catch (LogException | IllegalStateException e) {
            // It was just opened anew with other settings, or there is no room. It is due again after the longest rest
            // at the latest.
            LOGGER.warn("Compaction of the log in {}, to be tried again: {}", log.directory(), e.getMessage());
        }
    }

    /** Has a run end, and waits for that. */
    @Override
    public void close() {
        isEnding = true;
        clock.shutdown();
        try {
            if (!clock.awaitTermination(10, TimeUnit.SECONDS)) {
                LOGGER.warn("A compaction does not leave off; the node is closed all the same");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
