package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node on which no library can be unpacked, for there is no directory for temporary files. */
class ReplicaWithoutZstdTest {
    @TempDir
    Path temporary;

    @Test
    void it_stores_what_others_store_at_the_same_offsets() throws Exception {
        List<String> others = ReplicaWithoutZstdMain.run(temporary.resolve("with"));
        assertThat(others).endsWith("a", "b", "c");
        List<String> lines = runWithoutLibraries();
        assertThat(lines).contains("zstd is available: false").containsSubsequence(others);
    }

    private List<String> runWithoutLibraries() throws Exception {
        Path output = temporary.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Djava.io.tmpdir=" + temporary.resolve("nowhere"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ReplicaWithoutZstdMain.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment()
                .put("VARVE_TEST_DIRECTORY", temporary.resolve("without").toString());
        Process process = builder.start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).as(Files.readString(output)).isZero();
        return Files.readAllLines(output);
    }
}
