package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Format version 1, pinned by files: today's code reads them to the records that they were made from, and writes them byte for
 * byte. Files of a format that was ever released are never changed. Whoever changes the format raises its version, keeps these
 * files and the test that reads them, and adds a directory {@code v2} beside them.
 *
 * <p>While a version is not released its files are written anew, deliberately, with
 *
 * <pre>mvn -pl partition-actor test -Dtest=GoldenFormatTest -Dvarve.golden.write=true</pre>
 *
 * and what changed in them is reviewed with what changed in docs/FORMAT.md.
 */
class GoldenFormatTest {
    private static final String RESOURCES = "golden/v1";

    private static TreeMap<String, byte[]> kept() throws IOException, URISyntaxException {
        URL resources = GoldenFormatTest.class.getClassLoader().getResource(RESOURCES);
        assertThat(resources).as("the directory of the golden files").isNotNull();
        TreeMap<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> paths = Files.list(Path.of(resources.toURI()))) {
            for (Path path : paths.toList()) {
                files.put(path.getFileName().toString(), Files.readAllBytes(path));
            }
        }
        return files;
    }

    private static TreeMap<String, byte[]> written() {
        SimDisk disk = GoldenLogs.everything();
        TreeMap<String, byte[]> files = new TreeMap<>();
        for (String name : disk.names(GoldenLogs.DIRECTORY)) {
            if (!name.equals("lock")) {
                files.put(name, disk.bytes(GoldenLogs.DIRECTORY.resolve(name)));
            }
        }
        return files;
    }

    @EnabledIfSystemProperty(named = "varve.golden.write", matches = "true")
    @Test
    void write_the_golden_files_anew() throws IOException {
        Path directory = Path.of("src/test/resources").resolve(RESOURCES);
        Files.createDirectories(directory);
        for (var file : written().entrySet()) {
            Files.write(directory.resolve(file.getKey()), file.getValue());
        }
    }

    @Test
    void todays_code_writes_the_golden_files_byte_for_byte() throws Exception {
        TreeMap<String, byte[]> kept = kept();
        TreeMap<String, byte[]> written = written();
        assertThat(written.keySet()).isEqualTo(kept.keySet());
        written.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(kept.get(name)));
    }

    @Test
    void todays_code_reads_the_golden_files_to_the_records_that_they_were_made_from() throws Exception {
        SimDisk disk = new SimDisk(0);
        kept().forEach((name, bytes) -> disk.put(GoldenLogs.DIRECTORY.resolve(name), bytes));
        ManualClock clock = new ManualClock();
        clock.jumpTo(GoldenLogs.NOW);
        LogOptions options = GoldenLogs.options(disk, clock);
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(GoldenLogs.DIRECTORY, options, findings::add, bytes -> {});
        assertThat(findings).isEmpty();
        try (ObservedLog observed = ObservedLog.open(GoldenLogs.DIRECTORY, options)) {
            check(observed);
        }
        try (PartitionLog log = PartitionLog.open(GoldenLogs.DIRECTORY, options)) {
            assertThat(log.recovery().clean()).isTrue();
            assertThat(log.recovery().bytesScanned())
                    .as("the index files are used")
                    .isZero();
            check(log);
            List<NewRecord> again = Collections.nCopies(4, NewRecord.of(0, null));
            assertThat(log.append(again, GoldenLogs.PRODUCER))
                    .as("a batch of the producer, sent again")
                    .isEqualTo(20);
        }
        try (PartitionLog log = PartitionLog.open(GoldenLogs.DIRECTORY, options.withKeyMemoryBytes(1 << 20))) {
            assertThat(log.keys().state("k".getBytes(StandardCharsets.UTF_8))).isEqualTo(new KeyState(2, 1, 23));
            assertThat(log.keys().state("schlüssel".getBytes(StandardCharsets.UTF_8)))
                    .isEqualTo(KeyState.UNKNOWN);
            assertThat(log.keys().keysAfter(null, 10)).hasSize(3);
        }
    }

    private static void check(ReadableLog log) {
        assertThat(Ledger.readAll(log, 1 << 20)).isEqualTo(GoldenLogs.RECORDS);
        LogDescription description = log.describe();
        assertThat(description.logId()).isEqualTo(GoldenLogs.LOG_ID);
        assertThat(description.logStartOffset()).isEqualTo(1);
        assertThat(description.logEndOffset()).isEqualTo(29);
        assertThat(description.segments())
                .extracting(SegmentDescription::baseOffset)
                .containsExactly(0L, 6L, 24L);
        assertThat(log.offsetForTimestamp(GoldenLogs.NOW + 6)).hasValue(20);
    }

    @Test
    void the_golden_files_hold_something_of_everything() throws Exception {
        SimDisk disk = new SimDisk(0);
        kept().forEach((name, bytes) -> disk.put(GoldenLogs.DIRECTORY.resolve(name), bytes));
        List<FrameDescription> frames = new ArrayList<>();
        LogInspector.dump(
                GoldenLogs.DIRECTORY, GoldenLogs.options(disk, new ManualClock()), 0, new LogInspector.FrameVisitor() {
                    @Override
                    public boolean frame(FrameDescription frame) {
                        return frames.add(frame);
                    }

                    @Override
                    public boolean damage(Damage damage) {
                        throw new AssertionError(damage);
                    }
                });
        assertThat(frames).as("marks").anyMatch(frame -> frame.records() == 0);
        assertThat(frames).as("batches of several").anyMatch(frame -> frame.records() == 3);
        assertThat(frames).extracting(FrameDescription::epoch).contains(1L, 5L, 6L);
        assertThat(frames).extracting(FrameDescription::sequence).contains(1L, 100L, 102L);
        assertThat(kept().get("00000000000000000000.index")).as("with an entry").hasSize(48 + 8);
        assertThat(kept().get("00000000000000000000.timeindex"))
                .as("with an entry")
                .hasSize(48 + 12);
    }
}
