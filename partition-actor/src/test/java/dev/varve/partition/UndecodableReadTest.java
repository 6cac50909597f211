package dev.varve.partition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.Seals;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import dev.varve.partition.PartitionActor.Failure;
import dev.varve.partition.PartitionActor.ReadFailed;
import dev.varve.partition.PartitionActor.Records;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A partition meets a batch that was compressed in a way that it has no means for. */
class UndecodableReadTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");
    private static final Path FILE = DIRECTORY.resolve("00000000000000000000.log");

    private final SimDisk disk = new SimDisk(1);
    private final LogOptions options =
            LogOptions.defaults().withDisk(disk).withClock(new ManualClock()).withLogId(3);

    @Test
    void records_before_it_are_given_and_whoever_reads_on_is_told_that_it_is_no_damage() {
        long position;
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options)) {
            log.append(NewRecord.of(1, new byte[] {1}));
            position = log.describe().bytes();
            log.append(NewRecord.of(2, new byte[] {2}));
            log.append(NewRecord.of(3, new byte[] {3}));
        }
        byte[] bytes = disk.bytes(FILE);
        bytes[(int) position + 15] = 6;
        Seals.frame(bytes, (int) position, 3, 1);
        disk.put(FILE, bytes);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options)) {
            Records before = (Records) LogReader.read(log, 0, 1 << 20, false);
            assertThat(before.records()).extracting(LogRecord::offset).containsExactly(0L);
            assertThat(before.nextOffset()).isEqualTo(1);
            ReadFailed failed = (ReadFailed) LogReader.read(log, 1, 1 << 20, false);
            assertThat(failed.error()).isInstanceOfSatisfying(PartitionError.CodecUnavailable.class, error -> {
                assertThat(error.message()).contains("codec 6", "a later version is needed", "not damaged");
                assertThat(error.firstOffset()).isEqualTo(1);
                assertThat(error.lastOffset()).isEqualTo(1);
            });
            assertThat(((Records) LogReader.read(log, 2, 1 << 20, false)).records())
                    .hasSize(1);
            assertThat(((Failure) LogReader.offsetForTimestamp(log, 2)).error())
                    .isInstanceOf(PartitionError.CodecUnavailable.class);
        }
    }
}
