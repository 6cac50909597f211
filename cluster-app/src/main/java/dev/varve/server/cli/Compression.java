package dev.varve.server.cli;

import java.util.Locale;

/** How the records of a batch are stored. */
enum Compression {
    /** As they are. */
    NONE;

    /** As on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
