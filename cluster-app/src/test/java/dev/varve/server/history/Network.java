package dev.varve.server.history;

import dev.varve.log.machine.Machine;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A network for the nodes of a cluster: each in a network namespace of its own, all joined by a bridge, on which this process is too. Needs
 * root.
 */
final class Network implements Closeable {
    private static final String PREFIX = "vh";
    private static final int BITS = 24;

    private final String name;
    private final String subnet;
    private final int nodes;

    private Network(String name, String subnet, int nodes) {
        this.name = name;
        this.subnet = subnet;
        this.nodes = nodes;
    }

    /** Whether the machine allows it; else why not. */
    static String refusal() throws IOException {
        String name = PREFIX + ProcessHandle.current().pid() + "t";
        Machine.Answer answer = Machine.run(
                "sh",
                "-c",
                "ip netns add " + name + " && nsenter --net=/run/netns/" + name + " true && ip netns del " + name);
        return answer.isOk() ? null : "network namespaces are not allowed here: " + answer.output();
    }

    static Network create(int nodes) throws IOException {
        removeLeftOvers();
        long pid = ProcessHandle.current().pid();
        // Names of interfaces have 15 letters at most.
        Network network = new Network(PREFIX + pid, "10." + (200 + pid / 250 % 50) + "." + (1 + pid % 250), nodes);
        boolean made = false;
        try {
            network.make();
            made = true;
            return network;
        } finally {
            if (!made) {
                network.close();
            }
        }
    }

    /** Those of processes that are gone. */
    private static void removeLeftOvers() throws IOException {
        for (String line : Machine.mustRun("ip", "netns", "list").split("\n")) {
            String namespace = line.split(" ")[0];
            if (namespace.matches(PREFIX + "\\d+n\\d+")) {
                long pid = Long.parseLong(namespace.substring(PREFIX.length(), namespace.lastIndexOf('n')));
                if (ProcessHandle.of(pid).isEmpty()) {
                    Machine.run("ip", "netns", "del", namespace);
                    Machine.run("ip", "link", "del", PREFIX + pid + "b");
                }
            }
        }
    }

    private void make() throws IOException {
        ip("link", "add", bridge(), "type", "bridge");
        ip("addr", "add", subnet + ".1/" + BITS, "dev", bridge());
        ip("link", "set", bridge(), "up");
        for (int node = 1; node <= nodes; node++) {
            ip("netns", "add", namespace(node));
            ip("link", "add", link(node), "type", "veth", "peer", "name", "eth0", "netns", namespace(node));
            ip("link", "set", link(node), "master", bridge(), "up");
            inside(node, "addr", "add", address(node) + "/" + BITS, "dev", "eth0");
            inside(node, "link", "set", "eth0", "up");
            inside(node, "link", "set", "lo", "up");
        }
    }

    private static void ip(String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(words));
        Machine.mustRun(command.toArray(String[]::new));
    }

    private void inside(int node, String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of("-n", namespace(node)));
        command.addAll(List.of(words));
        ip(command.toArray(String[]::new));
    }

    private String bridge() {
        return name + "b";
    }

    private String namespace(int node) {
        return name + "n" + node;
    }

    private String link(int node) {
        return name + "v" + node;
    }

    /** @param node from 1 */
    String address(int node) {
        return subnet + "." + (10 + node);
    }

    /**
     * The words that put a command into the network of a node. Not "ip netns exec", which gives it mounts of its own too, that would keep the
     * disks of others alive.
     */
    List<String> within(int node) {
        return List.of("nsenter", "--net=/run/netns/" + namespace(node));
    }

    /** Pulls a node's cable: nobody reaches it, and it reaches nobody. */
    void unplug(int node) throws IOException {
        ip("link", "set", link(node), "down");
    }

    void plug(int node) throws IOException {
        ip("link", "set", link(node), "up");
    }

    /** What a node sends to another one is lost without a word. */
    void lose(int from, int to) throws IOException {
        inside(from, "route", "replace", "blackhole", address(to) + "/32");
    }

    void loseNoMore(int from, int to) throws IOException {
        inside(from, "route", "del", "blackhole", address(to) + "/32");
    }

    @Override
    public void close() throws IOException {
        for (int node = 1; node <= nodes; node++) {
            Machine.run("ip", "netns", "del", namespace(node));
            Machine.run("ip", "link", "del", link(node));
        }
        Machine.run("ip", "link", "del", bridge());
    }
}
