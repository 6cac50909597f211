package dev.varve.benchmarks;

import dev.varve.benchmarks.cluster.ClusterTable;
import dev.varve.benchmarks.journal.JournalTable;
import dev.varve.benchmarks.rows.Rows;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The command line of the benchmarks. */
public final class Benchmarks {
    private static final String USAGE =
            """
            table [--dir DIR] [--effort FACTOR] [ROW...]   measures the rows, all by default, and prints the table
            rows                                           prints the names of the rows
            journal [--dir DIR] [--effort FACTOR] [WORK...] measures the journal plugin beside LevelDB and Pekko's in-memory journal
            cluster [--dir DIR] [--effort FACTOR] [ROW...] measures three nodes on this machine through a client: appends, failover
            jmh [ARGUMENTS OF JMH]                         runs the JMH benchmarks: single operations, and what they allocate
            help                                           prints this

            --dir     where to measure: a directory on the disk in question, by default the working directory
            --effort  how many times the usual number of rounds; 0.2 for a first look
            """;

    private Benchmarks() {}

    public static void main(String[] args) throws Exception {
        List<String> arguments = new ArrayList<>(Arrays.asList(args));
        String command = arguments.isEmpty() ? "table" : arguments.remove(0);
        switch (command) {
            case "table" -> table(arguments);
            case "rows" -> Rows.all().forEach(row -> System.out.println(row.name() + ": " + row.work()));
            case "journal" -> journal(arguments);
            case "cluster" -> cluster(arguments);
            case "jmh" -> org.openjdk.jmh.Main.main(arguments.toArray(String[]::new));
            case "help", "--help" -> System.out.print(USAGE);
            default -> refuse("there is no command " + command);
        }
    }

    /** What is said behind a command. */
    private record Options(Path directory, double effort, List<String> names) {

        static Options of(List<String> arguments, List<String> known) {
            Path directory = Path.of("");
            double effort = 1;
            List<String> names = new ArrayList<>();
            for (int i = 0; i < arguments.size(); i++) {
                String argument = arguments.get(i);
                if (argument.startsWith("--") && i + 1 == arguments.size()) {
                    refuse(argument + " wants a value");
                }
                switch (argument) {
                    case "--dir" -> directory = Path.of(arguments.get(++i));
                    case "--effort" -> effort = Double.parseDouble(arguments.get(++i));
                    default -> names.add(argument);
                }
            }
            for (String name : names) {
                if (!known.contains(name)) {
                    refuse("there is no " + name + "; there are " + String.join(", ", known));
                }
            }
            return new Options(directory.toAbsolutePath(), effort, names);
        }
    }

    private static void table(List<String> arguments) throws Exception {
        Options options =
                Options.of(arguments, Rows.all().stream().map(Row::name).toList());
        List<Row> rows = Rows.all().stream()
                .filter(row -> options.names().isEmpty() || options.names().contains(row.name()))
                .toList();
        try (Workplace workplace = new Workplace(options.directory())) {
            new Table(workplace, System.err, options.effort()).print(rows, System.out);
        }
    }

    private static void journal(List<String> arguments) throws Exception {
        Options options = Options.of(arguments, JournalTable.names());
        try (Workplace workplace = new Workplace(options.directory())) {
            new JournalTable(workplace, System.err, options.effort()).print(options.names(), System.out);
        }
    }

    private static void cluster(List<String> arguments) throws Exception {
        Options options = Options.of(arguments, ClusterTable.names());
        try (Workplace workplace = new Workplace(options.directory())) {
            new ClusterTable(workplace, System.err, options.effort()).print(options.names(), System.out);
        }
    }

    private static void refuse(String reason) {
        System.err.println(reason);
        System.err.print(USAGE);
        System.exit(2);
    }
}
