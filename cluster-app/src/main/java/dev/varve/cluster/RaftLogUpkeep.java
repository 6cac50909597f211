package dev.varve.cluster;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the Raft logs of this node small. Ratis itself cuts a log at each snapshot, up to what every replica has; it counts entries, and waits for
 * replicas that are away. Here bytes count, and nobody is waited for: over its limit a log is cut up to its last snapshot, and who misses
 * something then is copied. What somebody who copies just now will ask for next stays. For one thread.
 */
final class RaftLogUpkeep {
    private static final Logger LOGGER = LoggerFactory.getLogger(RaftLogUpkeep.class);
    private static final Pattern CLOSED_SEGMENT = Pattern.compile("log_(\\d+)-(\\d+)");
    private static final long SNAPSHOT_TIMEOUT_MILLIS = 60_000;

    private final RaftLogLimits limits;
    private final Path raftDirectory;
    private final ClientId clientId = ClientId.randomId();
    private final Map<Integer, CompletableFuture<RaftClientReply>> snapshots = new HashMap<>();

    private record Segment(long lastIndex, long bytes) {}

    RaftLogUpkeep(RaftLogLimits limits, Path raftDirectory) {
        this.limits = limits;
        this.raftDirectory = raftDirectory;
    }

    void round(RaftGroupOnNode<?> group) throws IOException {
        if (group.state().failure() != null
                || RaftGroupOnNode.info(group.server(), group.raft()).isEmpty()) {
            return;
        }
        if (group.state().bytesSinceSnapshot() >= limits.snapshotBytes()) {
            takeSnapshot(group);
        }
        long upTo = upTo(group);
        if (upTo >= 0) {
            RaftServer.Division division =
                    group.server().getDivision(group.raft().getGroupId());
            LOGGER.info("The Raft log of group {} is cut up to entry {}", group.number(), upTo);
            division.getRaftLog().purge(upTo);
        }
    }

    private void takeSnapshot(RaftGroupOnNode<?> group) throws IOException {
        CompletableFuture<RaftClientReply> before = snapshots.get(group.number());
        if (before != null && !before.isDone()) {
            return;
        }
        SnapshotManagementRequest request = SnapshotManagementRequest.newCreate(
                clientId,
                group.server().getId(),
                group.raft().getGroupId(),
                CallId.getAndIncrement(),
                SNAPSHOT_TIMEOUT_MILLIS,
                1);
        snapshots.put(
                group.number(), group.server().snapshotManagementAsync(request).whenComplete((reply, failure) -> {
                    if (failure != null || !reply.isSuccess()) {
                        LOGGER.warn(
                                "No snapshot of group {}: {}",
                                group.number(),
                                failure != null ? failure.toString() : reply.getException());
                    }
                }));
    }

    /** Up to which entry the log is over its limit, and may be cut; -1 if nothing may. */
    long upTo(RaftGroupOnNode<?> group) throws IOException {
        SnapshotInfo snapshot = group.state().getLatestSnapshot();
        if (snapshot == null) {
            return -1;
        }
        long last = Math.min(snapshot.getIndex(), group.state().lastUnneededEntry());
        List<Segment> segments = segments(group);
        long bytes = segments.stream().mapToLong(Segment::bytes).sum();
        long upTo = -1;
        for (Segment segment : segments) {
            bytes -= segment.bytes();
            if (bytes < limits.keptBytes() || segment.lastIndex() > last) {
                break;
            }
            upTo = segment.lastIndex();
        }
        return upTo;
    }

    /** The closed ones and, counting as one that is never cut, the one that is being written. */
    private List<Segment> segments(RaftGroupOnNode<?> group) throws IOException {
        Path current = raftDirectory
                .resolve(group.raft().getGroupId().getUuid().toString())
                .resolve("current");
        List<Segment> segments = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(current, "log_*")) {
            for (Path file : files) {
                Matcher closed = CLOSED_SEGMENT.matcher(file.getFileName().toString());
                segments.add(new Segment(
                        closed.matches() ? Long.parseLong(closed.group(2)) : Long.MAX_VALUE, Files.size(file)));
            }
        } catch (NoSuchFileException e) {
            // Just cut, or renamed; the next round looks again.
            return List.of();
        }
        segments.sort(Comparator.comparingLong(Segment::lastIndex));
        return segments;
    }
}
