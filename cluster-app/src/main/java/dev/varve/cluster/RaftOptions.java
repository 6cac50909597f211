package dev.varve.cluster;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** How Ratis is set up, and why. */
final class RaftOptions {
    /** The greatest batch of a replicated partition. */
    static final int MAX_BATCH_BYTES = TopicService.MAX_BATCH_BYTES;

    /** Room for a greatest batch and what a command says beside it; what is over the limit for a batch all the same, apply refuses. */
    static final int MAX_COMMAND_BYTES = MAX_BATCH_BYTES + (256 << 10);

    /** Room for a greatest batch and what Ratis puts around it. */
    private static final SizeInBytes APPENDER_BYTES = SizeInBytes.valueOf("4MB");

    private static final long MAX_SEGMENT_BYTES = 8 << 20;

    private static final SizeInBytes WRITE_BUFFER_BYTES = SizeInBytes.valueOf("4160KB");

    private RaftOptions() {}

    static RaftProperties of(ClusterSettings settings, NodeDirectory directory, InetSocketAddress address) {
        RaftProperties properties = new RaftProperties();
        RaftServerConfigKeys.setStorageDir(properties, List.of(directory.raft().toFile()));
        RaftServerConfigKeys.setRemovedGroupsDir(
                properties, directory.removedGroups().toFile());
        GrpcConfigKeys.Server.setHost(properties, address.getHostString());
        GrpcConfigKeys.Server.setPort(properties, address.getPort());
        log(properties, settings);
        snapshots(properties, settings);
        times(properties, settings);
        return properties;
    }

    private static void log(RaftProperties properties, ClusterSettings settings) {
        // Both would acknowledge what is not on the disk.
        RaftServerConfigKeys.Log.setUnsafeFlushEnabled(properties, false);
        RaftServerConfigKeys.Log.setAsyncFlushEnabled(properties, false);
        // With it, a replica takes a heartbeat that has overtaken its entries for a confirmation of those which it has
        // in their places, and
        // applies what a leader left there that was cut off: OvertakenEntriesTest.
        RaftServerConfigKeys.Log.setAppendEntriesComposeEnabled(properties, false);
        // An entry for each advance of the commit index costs a third of the throughput; a restart asks the leader
        // instead.
        RaftServerConfigKeys.Log.setLogMetadataEnabled(properties, false);
        // Only whole segments are cut off.
        long segmentBytes = Math.min(MAX_SEGMENT_BYTES, settings.logLimits().keptBytes() / 4);
        RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SizeInBytes.valueOf(segmentBytes));
        RaftServerConfigKeys.Log.setPreallocatedSize(properties, SizeInBytes.valueOf("1MB"));
        RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, 2);
        RaftServerConfigKeys.Log.setSegmentCacheSizeMax(properties, SizeInBytes.valueOf("16MB"));
        RaftServerConfigKeys.Log.setWriteBufferSize(properties, WRITE_BUFFER_BYTES);
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, APPENDER_BYTES);
        // A node that was away is to be tried again soon.
        RaftServerConfigKeys.Log.Appender.setRetryPolicy(properties, "1ms,10, 200ms,100000");
    }

    private static void snapshots(RaftProperties properties, ClusterSettings settings) {
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, true);
        RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(properties, settings.snapshotEntries());
        // Up to what every replica has; what is more is RaftLogUpkeep's to decide. A replica that misses something is
        // copied.
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, false);
        RaftServerConfigKeys.Log.setPurgeGap(properties, 1);
        RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(properties, false);
    }

    private static void times(RaftProperties properties, ClusterSettings settings) {
        // Two busy cores hold up a heartbeat for some hundred milliseconds.
        RaftServerConfigKeys.Rpc.setTimeoutMin(properties, millis(500));
        RaftServerConfigKeys.Rpc.setTimeoutMax(properties, millis(1_000));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(properties, millis(150));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(properties, millis(500));
        // A leader that lost its majority gives the others a chance first. Where one node is gone and the other one has
        // less than
        // itself, there is nobody but itself: 10 s would go by, the default.
        RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(properties, millis(1_000));
        RaftServerConfigKeys.Read.setOption(properties, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
        RaftServerConfigKeys.Read.setTimeout(
                properties, millis(settings.requestTimeout().toMillis()));
        // What is sent again must be known for as long as it may be sent again.
        RaftServerConfigKeys.RetryCache.setExpiryTime(
                properties, millis(3 * settings.requestTimeout().toMillis()));
    }

    private static TimeDuration millis(long millis) {
        return TimeDuration.valueOf(millis, TimeUnit.MILLISECONDS);
    }
}
