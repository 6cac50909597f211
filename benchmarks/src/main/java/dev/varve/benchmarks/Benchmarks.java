package dev.varve.benchmarks;

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
            case "jmh" -> org.openjdk.jmh.Main.main(arguments.toArray(String[]::new));
            case "help", "--help" -> System.out.print(USAGE);
            default -> refuse("there is no command " + command);
        }
    }

    private static void table(List<String> arguments) throws Exception {
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
        List<Row> rows = Rows.all().stream()
                .filter(row -> names.isEmpty() || names.contains(row.name()))
                .toList();
        for (String name : names) {
            if (rows.stream().noneMatch(row -> row.name().equals(name))) {
                refuse("there is no row " + name);
            }
        }
        try (Workplace workplace = new Workplace(directory.toAbsolutePath())) {
            new Table(workplace, System.err, effort).print(rows, System.out);
        }
    }

    private static void refuse(String reason) {
        System.err.println(reason);
        System.err.print(USAGE);
        System.exit(2);
    }
}
