package dev.varve.server.node;

import dev.varve.server.http.HttpServer;

/** What others are told. */
final class Addresses {
    private Addresses() {}

    /** The URL of a server for others: one that listens everywhere is where its replicas are. */
    static String advertised(HttpServer http, String raft) {
        return http.address().getAddress().isAnyLocalAddress()
                ? "http://" + raft.substring(0, raft.lastIndexOf(':')) + ":"
                        + http.address().getPort()
                : http.url();
    }
}
