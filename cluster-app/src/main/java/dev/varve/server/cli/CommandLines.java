package dev.varve.server.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
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
            int exitCode = commandLine(root, streams, out, stop)
                    .setParameterExceptionHandler(failures)
                    .setExecutionExceptionHandler(failures)
                    .execute(args);
            out.flush();
            return exitCode;
        } catch (OutputFailedException | OutOfMemoryError e) {
            return failures.report(e);
        }
    }

    private static CommandLine commandLine(RootCommand root, Streams streams, Output out, GracefulStop stop) {
        return new CommandLine(root)
                .addSubcommand(new AppendCommand(streams, out, stop))
                .addSubcommand(new ReadCommand(streams, out))
                .addSubcommand(new InfoCommand(out))
                .addSubcommand(new LookupCommand(out))
                .addSubcommand(new DumpCommand(out))
                .addSubcommand(new VerifyCommand(streams, out))
                .addSubcommand(new RepairCommand(streams, out))
                .addSubcommand(new DeleteBeforeCommand(out))
                .addSubcommand(new CompactCommand(out))
                .addSubcommand(new DeleteLogCommand(out))
                .addSubcommand(new PerfCommand(streams, out, stop))
                .addSubcommand(journal(streams, out, stop))
                .addSubcommand(new DemoCommand(streams, out, stop))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(streams.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(streams.err(), true, StandardCharsets.UTF_8));
    }

    private static CommandLine journal(Streams streams, Output out, GracefulStop stop) {
        return new CommandLine(new JournalCommand())
                .addSubcommand(new JournalIdsCommand(streams, out))
                .addSubcommand(new JournalEventsCommand(streams, out))
                .addSubcommand(new JournalVerifyCommand(streams, out))
                .addSubcommand(new JournalImportCommand(streams, out, stop))
                .addSubcommand(new JournalExportCommand(streams, out, stop));
    }
}
