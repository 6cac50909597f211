package dev.varve.cluster;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Passes on what comes over connections to another address. Can let those that there are stall, so that nothing comes through and nobody is told, and
 * can hold back everything for a while.
 */
final class Relay implements Closeable {
    private final InetSocketAddress target;
    private final ServerSocket server;
    private final List<Pair> pairs = new CopyOnWriteArrayList<>();
    private final Object gate = new Object();
    private boolean isHeld;

    private static final class Pair {
        private final Socket near;
        private final Socket far;
        private volatile boolean isStalled;

        private Pair(Socket near, Socket far) {
            this.near = near;
            this.far = far;
        }

        private void close() {
            for (Socket each : List.of(near, far)) {
                try {
                    each.close();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
        }
    }

    private Relay(InetSocketAddress target, ServerSocket server) {
        this.target = target;
        this.server = server;
    }

    static Relay to(String address) throws IOException {
        int colon = address.lastIndexOf(':');
        Relay relay = new Relay(
                new InetSocketAddress(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))),
                new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")));
        start("accept", relay::accept);
        return relay;
    }

    String address() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    /** Nothing comes through the connections that there are, any more. New ones are not concerned. */
    void stall() {
        pairs.forEach(pair -> pair.isStalled = true);
    }

    /** Nothing comes through before {@link #release}; then everything does. */
    void hold() {
        synchronized (gate) {
            isHeld = true;
        }
    }

    void release() {
        synchronized (gate) {
            isHeld = false;
            gate.notifyAll();
        }
    }

    private void awaitRelease() throws IOException {
        synchronized (gate) {
            try {
                while (isHeld) {
                    gate.wait();
                }
            } catch (InterruptedException e) {
                throw new IOException("interrupted", e);
            }
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void start(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        // A socket was closed, by one end or by the test.
                        return;
                    }
                },
                "relay-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() throws IOException {
        while (true) {
            Socket near = server.accept();
            start("connect", () -> connect(near));
        }
    }

    private void connect(Socket near) throws IOException {
        Socket far = new Socket();
        try {
            far.connect(target);
        } catch (IOException e) {
            near.close();
            throw e;
        }
        Pair pair = new Pair(near, far);
        near.setTcpNoDelay(true);
        far.setTcpNoDelay(true);
        pairs.add(pair);
        start("there", () -> pass(pair, near, far));
        start("back", () -> pass(pair, far, near));
    }

    private void pass(Pair pair, Socket from, Socket to) throws IOException {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[64 << 10];
            while (true) {
                int count = in.read(buffer);
                awaitRelease();
                if (pair.isStalled) {
                    // Whether more comes, or the end: it does not get through.
                    return;
                } else if (count < 0) {
                    break;
                }
                out.write(buffer, 0, count);
            }
        } finally {
            if (!pair.isStalled) {
                pairs.remove(pair);
                pair.close();
            }
        }
    }

    @Override
    public void close() throws IOException {
        release();
        server.close();
        pairs.forEach(Pair::close);
    }
}
