package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HelpTest {
    private static final List<String> COMMANDS = List.of(
            "append",
            "read",
            "info",
            "lookup",
            "dump",
            "verify",
            "repair",
            "delete-before",
            "compact",
            "delete-log",
            "perf",
            "journal",
            "serve",
            "topic",
            "produce",
            "consume",
            "cluster",
            "demo");

    private static final Map<String, List<String>> NESTED_COMMANDS = Map.of(
            "journal", List.of("ids", "events", "verify", "import", "export"),
            "topic", List.of("create", "list", "describe", "alter", "delete"),
            "cluster", List.of("status"));

    @Test
    void help_names_every_command_and_each_has_help_with_an_example() {
        Cli.Result help = Cli.run("--help").exitsWith(0);
        assertThat(help.err()).isEmpty();
        for (String command : COMMANDS) {
            assertThat(help.text()).contains("\n  " + command + " ");
            assertThat(Cli.run(command, "--help").exitsWith(0).text())
                    .startsWith("Usage: varve " + command)
                    .contains("\nExample")
                    .contains("\n  varve " + command);
        }
    }

    @Test
    void the_commands_within_a_command_have_help_each() {
        NESTED_COMMANDS.forEach((outer, commands) -> {
            Cli.Result help = Cli.run(outer, "--help").exitsWith(0);
            for (String command : commands) {
                assertThat(help.text()).contains("\n  " + command + " ");
                assertThat(Cli.run(outer, command, "--help").exitsWith(0).text())
                        .startsWith("Usage: varve " + outer + " " + command)
                        .contains("\nExample")
                        .contains("\n  varve " + outer + " " + command);
            }
            assertThat(Cli.run(outer).exitsWith(2).err()).startsWith("Usage: varve " + outer + " ");
        });
    }

    @Test
    void the_version_is_that_of_the_build() {
        assertThat(Cli.run("--version").exitsWith(0).lines().get(0)).matches("varve \\d+\\.\\d+\\.\\d+.*");
    }

    @Test
    void what_is_no_command_is_a_usage_error() {
        assertThat(Cli.run().exitsWith(2).err()).startsWith("Usage: varve ");
        assertThat(Cli.run("apend").exitsWith(2).err()).contains("'apend'").contains("append");
        assertThat(Cli.run("read").exitsWith(2).err())
                .contains("Missing required option: '--dir=DIR'")
                .contains("See 'varve read --help'.");
        assertThat(Cli.run("read", "--dir", "x", "--from", "abc").exitsWith(2).out())
                .isEmpty();
    }

    @Test
    void a_stack_trace_is_shown_only_to_those_who_ask(@TempDir Path directory) {
        String file = directory.resolve("x").toString();
        assertThat(Cli.run("append", "--dir", file, file).exitsWith(3).err()).doesNotContain("\tat ");
        assertThat(Cli.run("append", "--dir", file, file, "-v").exitsWith(3).err())
                .contains("\tat dev.varve.");
        assertThat(Cli.run("-v", "append", "--dir", file, file).exitsWith(3).err())
                .contains("\tat dev.varve.");
    }

    @Test
    void the_demo_sees_what_it_should_and_leaves_nothing_behind() {
        Cli.Result demo = Cli.run("demo").exitsWith(0);
        assertThat(demo.lines()).filteredOn(line -> line.matches("\\d\\. .*")).hasSize(6);
        assertThat(demo.text()).contains("byte for byte the text").contains("All as it should be, in ");
        String log = demo.text().replaceFirst("(?s).*The log: (\\S+)\n.*", "$1");
        assertThat(Path.of(log).getParent()).doesNotExist();
    }
}
