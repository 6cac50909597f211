package dev.varve.server.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;

/** Runs a command line. */
public final class CommandLines {
    private CommandLines() {}

    /**
     * Runs one command to its end. Blocks; any thread.
     *
     * @return the exit code
     */
    public static int run(Streams streams, String... args) {
        RootCommand root = new RootCommand();
        Failures failures = new Failures(streams.err(), root::isVerbose);
        Output out = new Output(streams.out());
        try (GracefulStop stop = new GracefulStop()) {
            int exitCode = commandLine(root, new Subcommands(streams, out, stop).of(args), streams)
                    .setParameterExceptionHandler(failures)
                    .setExecutionExceptionHandler(failures)
                    .execute(args);
            out.flush();
            return exitCode;
        } catch (OutputFailedException | OutOfMemoryError e) {
            return failures.report(e);
        }
    }

    private static CommandLine commandLine(RootCommand root, List<CommandLine> subcommands, Streams streams) {
        CommandLine commandLine = new CommandLine(root);
        subcommands.forEach(subcommand -> commandLine.addSubcommand(subcommand));
        return commandLine
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(streams.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(streams.err(), true, StandardCharsets.UTF_8));
    }
}
