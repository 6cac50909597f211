package dev.varve.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.LogException;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log as a library, as the README shows it. */
class LibraryExampleTest {
    private final List<LogRecord> printed = new ArrayList<>();

    private final List<String> said = new ArrayList<>();

    private void print(LogRecord record) {
        printed.add(record);
    }

    private void say(String text) {
        said.add(text);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void the_example_of_the_readme_does_what_it_says(@TempDir Path directory) {
        // begin log
        try (PartitionLog log = PartitionLog.open(directory.resolve("orders"), LogOptions.defaults())) {
            // Durable and visible when it returns; both records or neither.
            long now = System.currentTimeMillis();
            long offset = log.append(List.of(
                    NewRecord.of(now, bytes("order-1"), bytes("created")),
                    NewRecord.of(now, bytes("order-1"), bytes("paid"))));

            // At most a megabyte, at least one record if there is one; never a wrong byte for a right one.
            log.read(offset, 1 << 20).forEach(this::print);

            log.offsetForTimestamp(now).ifPresent(first -> say("the first since now is " + first));
            log.deleteBefore(offset + 1);
            try {
                log.read(offset, 1 << 20);
            } catch (LogException.BelowLogStart gone) {
                say(gone.getMessage());
            }
        }
        // end log
        assertThat(printed).extracting(LogRecord::offset).containsExactly(0L, 1L);
        assertThat(said)
                .containsExactly(
                        "the first since now is 0",
                        "offset 0 is below the log start offset 1; the log holds offsets from 1 up to but not including 2");
    }
}
