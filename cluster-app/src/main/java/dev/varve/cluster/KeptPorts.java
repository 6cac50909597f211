package dev.varve.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** The ports that a node was given when it could have any, by what listens there: a line {@code NAME PORT} for each. */
final class KeptPorts {
    private static final int FIRST_PORT = 20_000;
    private static final int PORTS = 12_000;

    /** From anywhere, so that processes which look at the same time do not find the same. */
    private static final AtomicInteger NEXT =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(PORTS));

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

    /**
     * A port that is free at the moment, and that no connection of this machine takes for its own end while nobody listens there: those get theirs
     * from 32768 on. One that was given before comes again only when all others have.
     */
    static int free(String host) throws IOException {
        InetAddress address = InetAddress.getByName(host);
        IOException last = null;
        for (int tried = 0; tried < PORTS; tried++) {
            int port = FIRST_PORT + Math.floorMod(NEXT.getAndIncrement(), PORTS);
            try (ServerSocket socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(address, port));
                return port;
            } catch (IOException e) {
                last = e;
            }
        }
        throw new IOException("there is no free port at '" + host + "': " + last.getMessage(), last);
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
