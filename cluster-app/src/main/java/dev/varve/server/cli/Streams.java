package dev.varve.server.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;

/**
 * What a command reads from and writes to.
 *
 * @param in standard input, unbuffered: a read gives what is there
 * @param out standard output, unbuffered: errors are thrown, not swallowed
 * @param err standard error
 * @param outIsTerminal whether a person sees standard output as it is written
 * @param errIsTerminal the same of standard error
 */
public record Streams(InputStream in, OutputStream out, PrintStream err, boolean outIsTerminal, boolean errIsTerminal) {

    /** Set by the launcher, which can ask the operating system; to any of the words "out" and "err". */
    private static final String TERMINALS = "varve.terminals";

    /** Those of this process. */
    public static Streams ofProcess() {
        String terminals = System.getProperty(TERMINALS, System.console() == null ? "" : "out");
        return new Streams(
                new FileInputStream(FileDescriptor.in),
                new FileOutputStream(FileDescriptor.out),
                System.err,
                terminals.contains("out"),
                terminals.contains("err"));
    }
}
