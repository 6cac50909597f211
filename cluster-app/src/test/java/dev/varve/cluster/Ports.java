package dev.varve.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Addresses on this machine that nobody uses at the moment, and that no connection takes before they are used. */
public final class Ports {
    private Ports() {}

    public static List<String> free(int count) {
        try {
            List<String> addresses = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                addresses.add("127.0.0.1:" + KeptPorts.free("127.0.0.1"));
            }
            return addresses;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
