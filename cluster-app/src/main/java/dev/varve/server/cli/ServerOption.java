package dev.varve.server.cli;

import java.net.URI;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which server a command asks. Whatever speaks to it is loaded when the command runs, not when its help is made. */
final class ServerOption {
    private URI server = URI.create("http://127.0.0.1:8080");

    @Option(
            names = "--server",
            paramLabel = "URL",
            description = "A server of the cluster (default: http://127.0.0.1:8080).")
    void setServer(URI server) {
        if (server.getScheme() == null || !server.getScheme().matches("https?") || server.getHost() == null) {
            throw new TypeConversionException("a server is http://host:port");
        }
        this.server = server;
    }

    URI url() {
        return server;
    }
}
