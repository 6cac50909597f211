package dev.varve.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The ports that a node was given when it could have any, by what listens there: a line {@code NAME PORT} for each. */
final class KeptPorts {
    private final Path file;
    private final Map<String, Integer> ports = new TreeMap<>();

    private KeptPorts(Path file) {
        this.file = file;
    }

    static KeptPorts read(Path file) throws IOException {
        KeptPorts ports = new KeptPorts(file);
        String text = new String(DurableFile.read(file).orElse(new byte[0]), StandardCharsets.UTF_8);
        text.lines()
                .map(line -> line.split(" "))
                .forEach(words -> ports.ports.put(words[0], Integer.valueOf(words[1])));
        return ports;
    }

    /** The port that was given before, or one that is free, which is given from now on. */
    int get(String name, String host) throws IOException {
        Integer known = ports.get(name);
        if (known != null) {
            requireFree(name, host, known);
            return known;
        }
        int port = free(host);
        ports.put(name, port);
        StringBuilder text = new StringBuilder();
        ports.forEach(
                (each, number) -> text.append(each).append(' ').append(number).append('\n'));
        DurableFile.write(file, text.toString().getBytes(StandardCharsets.UTF_8));
        return port;
    }

    private static int free(String host) throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), 0));
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IOException("there is no free port at '" + host + "': " + e.getMessage(), e);
        }
    }

    private void requireFree(String name, String host, int port) throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
        } catch (IOException e) {
            throw new IOException(
                    "port " + port + " at '" + host + "', which this node was given for " + name
                            + " when it first started"
                            + " (see " + file + ") and where others look for it, cannot be had: " + e.getMessage()
                            + ". Find out what has it, and stop that",
                    e);
        }
    }
}
