package dev.varve.server.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command that the others belong to. */
@Command(
        name = "varve",
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        description = "A segmented, append-only log in a directory.",
        footer = {
            "",
            "Exit codes: 0 fine, 1 damage or findings, 2 usage or offsets out of range,",
            "3 input/output failed or the request was refused.",
            "",
            "Try it:  varve demo",
            "Help:    varve COMMAND --help"
        })
final class RootCommand implements Callable<Integer> {
    /** Read by logback.xml when the first message is logged: what becomes of stack traces. */
    private static final String LOG_EXCEPTIONS = "varve.log.exceptions";

    @Spec
    private CommandSpec spec;

    private boolean verbose;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help.")
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the version.")
    private boolean version;

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "Show stack traces of what went wrong.")
    void setVerbose(boolean verbose) {
        this.verbose = verbose;
        if (verbose) {
            System.setProperty(LOG_EXCEPTIONS, "%ex");
        }
    }

    boolean isVerbose() {
        return verbose;
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCodes.USAGE;
    }
}
