package dev.varve.server;

import dev.varve.server.cli.CommandLines;
import dev.varve.server.cli.Streams;

/** The program: the command line of this process, its exit code that of the command. */
public final class Varve {
    private Varve() {}

    public static void main(String[] args) {
        System.exit(CommandLines.run(Streams.ofProcess(), args));
    }
}
