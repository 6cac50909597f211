package dev.varve.server.testkit;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Answers every request with what a test says, however little sense that makes: with 200, or as the problem that it is. */
public final class CannedServer implements AutoCloseable {
    private static final Pattern PROBLEM = Pattern.compile("\\{\"status\":(\\d{3}),");

    private final HttpServer server;

    private CannedServer(HttpServer server) {
        this.server = server;
    }

    /** @param answer the body of the answer to the path and query of a request; a problem begins with its status */
    public static CannedServer start(Function<String, String> answer) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", exchange -> {
                exchange.getRequestBody().readAllBytes();
                String text = answer.apply(exchange.getRequestURI().toString());
                byte[] body = text.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(status(text), body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            server.start();
            return new CannedServer(server);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int status(String body) {
        Matcher problem = PROBLEM.matcher(body);
        return problem.lookingAt() ? Integer.parseInt(problem.group(1)) : 200;
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
