package dev.varve.server.http;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * How the server speaks HTTP, and what it takes on at most. The keys of {@code varve.server.http} in reference.conf. Immutable.
 *
 * @param bind where it listens, as {@code host:port}; port 0 takes a free one
 * @param maxConnections how many connections are open at once; more wait in the queue of the operating system
 * @param maxRequestBytes how long the body of a request may be, streamed ones excepted
 * @param maxRecordBytes how long a line of a streamed request may be
 * @param maxRecords how many records one request may bring, streamed ones excepted
 * @param maxBytesInFlight how many bytes of requests are in memory at once, over all connections
 * @param maxReadBytes how many bytes one request may read
 * @param maxReadBytesInFlight how many bytes all requests together may have asked to read
 * @param maxWait how long a read may wait for records
 * @param answerTimeout how long a partition has for its answer, the wait of a read not counted
 * @param bodyTimeout how long the body of a request may take to arrive, streamed ones excepted
 * @param keepAlive after how long a silence a tail tells its reader that it is still there
 */
public record HttpSettings(
        String bind,
        int maxConnections,
        int maxRequestBytes,
        int maxRecordBytes,
        int maxRecords,
        long maxBytesInFlight,
        int maxReadBytes,
        long maxReadBytesInFlight,
        Duration maxWait,
        Duration answerTimeout,
        Duration bodyTimeout,
        Duration keepAlive) {
    public HttpSettings {
        HostAndPort.parse(bind);
        if (maxConnections < 1 || maxRequestBytes < 1 || maxRecordBytes < 1 || maxRecords < 1 || maxReadBytes < 1) {
            throw new IllegalArgumentException("the limits of varve.server.http must be 1 or more");
        }
    }

    /**
     * From the section {@code varve.server.http}.
     *
     * @throws com.typesafe.config.ConfigException if a key is missing or of another kind
     * @throws IllegalArgumentException if a value makes no sense; the message says why
     */
    public static HttpSettings fromConfig(Config http) {
        return new HttpSettings(
                http.getString("bind"),
                http.getInt("max-connections"),
                bytes(http, "max-request-bytes"),
                bytes(http, "max-record-bytes"),
                http.getInt("max-records"),
                http.getMemorySize("max-bytes-in-flight").toBytes(),
                bytes(http, "max-read-bytes"),
                http.getMemorySize("max-read-bytes-in-flight").toBytes(),
                http.getDuration("max-wait"),
                http.getDuration("answer-timeout"),
                http.getDuration("body-timeout"),
                http.getDuration("keep-alive"));
    }

    private static int bytes(Config http, String key) {
        long bytes = http.getMemorySize(key).toBytes();
        if (bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(key + " must be less than 2 GiB, not " + bytes + " bytes");
        }
        return (int) bytes;
    }
}
