package dev.varve.server.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;

/**
 * The commands by their names. Picocli looks at every annotation of a command that it is given, which takes longer than most commands
 * work: so it is given the one that is asked for, and all only to list them or to suggest one.
 */
final class Subcommands {
    private final Map<String, Supplier<CommandLine>> byName = new LinkedHashMap<>();

    Subcommands(Streams streams, Output out, GracefulStop stop) {
        add("append", () -> new AppendCommand(streams, out, stop));
        add("read", () -> new ReadCommand(streams, out));
        add("info", () -> new InfoCommand(out));
        add("lookup", () -> new LookupCommand(out));
        add("dump", () -> new DumpCommand(out));
        add("verify", () -> new VerifyCommand(streams, out));
        add("repair", () -> new RepairCommand(streams, out));
        add("delete-before", () -> new DeleteBeforeCommand(out));
        add("compact", () -> new CompactCommand(out));
        add("delete-log", () -> new DeleteLogCommand(out));
        add("perf", () -> new PerfCommand(streams, out, stop));
        byName.put("journal", () -> journal(streams, out, stop));
        add("serve", () -> new ServeCommand(streams, out, stop));
        byName.put("topic", () -> topic(out));
        add("produce", () -> new ProduceCommand(streams, out, stop));
        add("consume", () -> new ConsumeCommand(streams, out));
        byName.put("cluster", () -> cluster(out));
        add("demo", () -> new DemoCommand(streams, out, stop));
    }

    private void add(String name, Supplier<Object> command) {
        byName.put(name, () -> new CommandLine(command.get()));
    }

    /** The one that these arguments begin with, or all if they begin with none. */
    List<CommandLine> of(String... args) {
        for (String arg : args) {
            if (!arg.startsWith("-")) {
                Supplier<CommandLine> asked = byName.get(arg);
                return asked == null ? all() : List.of(asked.get());
            }
        }
        return all();
    }

    private List<CommandLine> all() {
        return byName.values().stream().map(Supplier::get).toList();
    }

    private static CommandLine journal(Streams streams, Output out, GracefulStop stop) {
        return new CommandLine(new JournalCommand())
                .addSubcommand(new JournalIdsCommand(streams, out))
                .addSubcommand(new JournalEventsCommand(streams, out))
                .addSubcommand(new JournalVerifyCommand(streams, out))
                .addSubcommand(new JournalImportCommand(streams, out, stop))
                .addSubcommand(new JournalExportCommand(streams, out, stop));
    }

    private static CommandLine topic(Output out) {
        return new CommandLine(new TopicCommand())
                .addSubcommand(new TopicCreateCommand(out))
                .addSubcommand(new TopicListCommand(out))
                .addSubcommand(new TopicDescribeCommand(out))
                .addSubcommand(new TopicAlterCommand(out))
                .addSubcommand(new TopicDeleteCommand(out));
    }

    private static CommandLine cluster(Output out) {
        return new CommandLine(new ClusterCommand()).addSubcommand(new ClusterStatusCommand(out));
    }
}
