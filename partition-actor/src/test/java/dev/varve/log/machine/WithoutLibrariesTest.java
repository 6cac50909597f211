package dev.varve.log.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.format.Compression;
import dev.varve.log.format.NewRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process whose directory for temporary files is not there, so that no library can be unpacked into it. */
class WithoutLibrariesTest {
    @TempDir
    Path temporary;

    /** What a crash would leave of a log with a batch of each kind and one more. */
    private Path crashedLog() throws IOException {
        Path living = temporary.resolve("living");
        for (Compression kind : List.of(Compression.NONE, Compression.LZ4)) {
            try (PartitionLog log = open(living, kind)) {
                log.append(NewRecord.of(kind.code() + 1, new byte[1_000]));
            }
        }
        Path copy = Files.createDirectory(temporary.resolve("copy"));
        try (PartitionLog log = open(living, Compression.ZSTD)) {
            log.append(NewRecord.of(3, new byte[1_000]));
            log.append(NewRecord.of(4, new byte[] {4}));
            try (Stream<Path> files = Files.list(living)) {
                for (Path file : files.toList()) {
                    Files.copy(file, copy.resolve(file.getFileName()));
                }
            }
        }
        return copy;
    }

    private static PartitionLog open(Path directory, Compression kind) {
        return PartitionLog.open(directory, LogOptions.defaults().withCompression(kind));
    }

    @Test
    void a_log_opens_and_works_and_only_what_needs_zstd_is_refused_and_is_no_damage() throws Exception {
        Path directory = crashedLog();
        Path nowhere = temporary.resolve("nowhere");
        Map<String, String> environment = Map.of(
                "VARVE_TEST_DIRECTORY", directory.toString(), "JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + nowhere);
        try (ChildJvm process = ChildJvm.start(WithoutLibrariesMain.class, List.of(), environment)) {
            List<String> lines = process.remainingLines();
            assertThat(process.awaitExit()).as(process.errors()).isZero();
            assertThat(lines.get(0)).isEqualTo("append none: 4");
            assertThat(lines.get(1)).isEqualTo("append lz4: 5");
            assertThat(lines.get(2))
                    .startsWith("append zstd: CodecUnavailable zstd cannot be used in this process")
                    .contains(nowhere.toString(), "nothing was written", "varve.log.compression");
            assertThat(lines.get(3)).isEqualTo("recovery: 0 []");
            assertThat(lines.get(4)).isEqualTo("read 0: 1000");
            assertThat(lines.get(5)).isEqualTo("read 1: 1000");
            assertThat(lines.get(6))
                    .startsWith("read 2: CodecUnavailable offsets 2 to 2 in ")
                    .contains("zstd cannot be used in this process", "not damaged", nowhere.toString());
            assertThat(lines.subList(7, 10)).containsExactly("read 3: 1", "read 4: 1000", "read 5: 1000");
            assertThat(lines.get(10)).startsWith("first at 3: CodecUnavailable offsets 2 to 2 in ");
            assertThat(lines.get(11)).isEqualTo("verify: [UNREADABLE]");
        }

        try (PartitionLog again = PartitionLog.open(directory, LogOptions.defaults())) {
            assertThat(again.read(0, 1 << 20).records())
                    .extracting(record -> record.value().length)
                    .containsExactly(1_000, 1_000, 1_000, 1, 1_000, 1_000);
            assertThat(again.describe().damage()).isEmpty();
        }
    }
}
