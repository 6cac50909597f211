package dev.varve.server.cli;

/** What the exit codes of all commands mean. */
final class ExitCodes {
    static final int FINE = 0;

    /** Damage was met, or findings were found. */
    static final int DAMAGE = 1;

    /** The command line is wrong, or asks for offsets that the log does not have. */
    static final int USAGE = 2;

    /** The operating system or the log refused something. */
    static final int REFUSED = 3;

    private ExitCodes() {}
}
