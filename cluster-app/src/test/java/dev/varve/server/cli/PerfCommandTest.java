package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code varve perf} says and leaves behind. */
class PerfCommandTest {
    @TempDir
    private Path directory;

    private Cli.Result perf(Path where, String... options) {
        String[] args = new String[options.length + 5];
        args[0] = "perf";
        args[1] = "--dir";
        args[2] = where.toString();
        args[3] = "--seconds";
        args[4] = "1";
        System.arraycopy(options, 0, args, 5, options.length);
        return Cli.run(args);
    }

    private static List<Path> files(Path where) throws IOException {
        try (var files = Files.list(where)) {
            return files.toList();
        }
    }

    @Test
    void the_settings_are_printed_as_they_go_into_a_configuration_and_nothing_is_left() throws IOException {
        Path where = directory.resolve("not/there/yet");
        Cli.Result perf = perf(where).exitsWith(0);
        assertThat(perf.lines())
                .contains("varve.log.sync = every-write")
                .anyMatch(line -> line.matches("varve\\.log\\.segment-bytes = \\d+ MiB"))
                .anyMatch(line -> line.matches("varve\\.log\\.compression = (none|lz4|zstd)"))
                .anyMatch(line -> line.matches(" +4 KiB blocks there +\\d+\\.\\d+ ms +\\d+\\.\\d+ ms"));
        assertThat(perf.err()).isEmpty();
        assertThat(files(directory)).isEmpty();
    }

    @Test
    void the_figures_come_as_json_and_a_log_that_lies_there_is_not_touched() throws IOException {
        Cli.append(directory, Cli.numbered("line ", 100));
        List<Path> before = files(directory);
        Cli.Result perf = perf(directory, "--json").exitsWith(0);
        assertThat(perf.err()).contains("there is a log in " + directory);
        Map<String, Object> object = perf.objects().get(0);
        assertThat((List<?>) object.get("appends")).hasSize(6).allSatisfy(appends -> {
            Map<?, ?> figures = (Map<?, ?>) appends;
            assertThat((long) figures.get("count")).isGreaterThanOrEqualTo(5);
            assertThat((long) figures.get("p50Micros")).isLessThanOrEqualTo((long) figures.get("p99Micros"));
        });
        assertThat((long) object.get("writeBytesPerSecond")).isPositive();
        assertThat((long) object.get("readBytesPerSecond")).isPositive();
        assertThat(object).containsKeys("settings", "batchBytes", "reasons", "warnings", "compressors");
        assertThat(files(directory)).containsExactlyInAnyOrderElementsOf(before);
        Cli.run("verify", "--dir", directory.toString()).exitsWith(0);
    }

    @Test
    void what_is_no_directory_or_no_number_of_seconds_is_refused() throws IOException {
        Path file = Files.write(directory.resolve("file"), new byte[1]);
        assertThat(perf(file).exitsWith(3).err()).contains("is no directory");
        assertThat(perf(file.resolve("below")).exitsWith(3).err()).contains("is no directory");
        Cli.run("perf", "--dir", directory.toString(), "--seconds", "0").exitsWith(2);
        Cli.run("perf", "--dir", directory.toString(), "--seconds", "3601").exitsWith(2);
        assertThat(files(directory)).containsExactly(file);
    }
}
