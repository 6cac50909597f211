package dev.varve.server.client;

import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * How a client works. Immutable.
 *
 * @param servers the nodes of one cluster, as {@code http://host:port}; one or more. All are asked for the same things: another one
 *     is, when one does not answer
 * @param requestTimeout how long one attempt may take, 1 ms to 365 days; the first one of what only asks gets 2 seconds at most if there are
 *     other servers
 * @param retryFor how long a request is sent again while it fails for now, counted from its first failure, 0 to 365 days; each server is tried
 *     once, however little that is
 * @param retryDelay how long to wait before it is sent again, 1 ms to 365 days
 * @param maxBatchRecords how many records are sent at a time to a server
 * @param maxBatchBytes how many bytes of keys, values and headers are sent at a time to a server, unless one record is more
 * @param maxWaitingBytes how many bytes may wait to be sent, over all partitions; more are refused
 */
public record ClientSettings(
        List<URI> servers,
        Duration requestTimeout,
        Duration retryFor,
        Duration retryDelay,
        int maxBatchRecords,
        int maxBatchBytes,
        long maxWaitingBytes) {
    private static final Duration LONGEST = Duration.ofDays(365);

    public ClientSettings {
        servers = List.copyOf(servers);
        if (servers.isEmpty()) {
            throw new IllegalArgumentException("a client needs a server");
        }
        for (URI server : servers) {
            if (server.getScheme() == null || !server.getScheme().matches("https?") || server.getHost() == null) {
                throw new IllegalArgumentException("'" + server + "' is not http://host:port");
            }
        }
        if (maxBatchRecords < 1) {
            throw new IllegalArgumentException("maxBatchRecords must be 1 or more, not " + maxBatchRecords);
        }
        if (maxBatchBytes < 1) {
            throw new IllegalArgumentException("maxBatchBytes must be 1 or more, not " + maxBatchBytes);
        }
        if (maxWaitingBytes < 1) {
            throw new IllegalArgumentException("maxWaitingBytes must be 1 or more, not " + maxWaitingBytes);
        }
        require("requestTimeout", requestTimeout, Duration.ofMillis(1));
        require("retryFor", retryFor, Duration.ZERO);
        require("retryDelay", retryDelay, Duration.ofMillis(1));
    }

    private static void require(String name, Duration given, Duration least) {
        if (given.compareTo(least) < 0 || given.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    name + " must be from " + least.toMillis() + " ms to " + LONGEST.toDays() + " days, not " + given);
        }
    }

    /** 20 s an attempt, 30 s of attempts 100 ms apart, batches of 1,000 records or 512 KiB, 32 MiB that wait. */
    public static ClientSettings of(URI... servers) {
        return new ClientSettings(
                List.of(servers),
                Duration.ofSeconds(20),
                Duration.ofSeconds(30),
                Duration.ofMillis(100),
                1_000,
                512 << 10,
                32L << 20);
    }

    public ClientSettings withRequestTimeout(Duration timeout) {
        return new ClientSettings(
                servers, timeout, retryFor, retryDelay, maxBatchRecords, maxBatchBytes, maxWaitingBytes);
    }

    public ClientSettings withRetries(Duration newRetryFor, Duration newRetryDelay) {
        return new ClientSettings(
                servers, requestTimeout, newRetryFor, newRetryDelay, maxBatchRecords, maxBatchBytes, maxWaitingBytes);
    }

    public ClientSettings withBatches(int records, int bytes) {
        return new ClientSettings(servers, requestTimeout, retryFor, retryDelay, records, bytes, maxWaitingBytes);
    }

    public ClientSettings withMaxWaitingBytes(long bytes) {
        return new ClientSettings(servers, requestTimeout, retryFor, retryDelay, maxBatchRecords, maxBatchBytes, bytes);
    }
}
