package dev.varve.log.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.io.Disk.OpenMode;
import dev.varve.log.io.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The simulated disk loses what a real one may, and nothing else. */
class SimDiskTest {
    private static final Path FILE = Path.of("/simulated/file");

    /** What is written anew after a failed sync, and synced then, is durable, the length of the file included. */
    @Test
    void a_sync_that_succeeds_makes_durable_what_was_written_since_one_that_failed() throws IOException {
        for (long seed = 0; seed < 20; seed++) {
            SimDisk disk = new SimDisk(seed);
            disk.createDirectories(FILE.getParent());
            byte[] bytes = new byte[1500];
            java.util.Arrays.fill(bytes, (byte) 7);
            try (LogFile file = disk.open(FILE, OpenMode.CREATE_NEW)) {
                disk.syncDirectory(FILE.getParent());
                disk.inject(Fault.at(1, operation -> operation.kind() == Operation.Kind.SYNC, Fault.Effect.IO_ERROR));
                file.write(ByteBuffer.wrap(bytes), 0);
                assertThatThrownBy(file::sync).isInstanceOf(IOException.class);
                file.write(ByteBuffer.wrap(bytes), 0);
                file.sync();
            }
            disk.powerLoss();
            disk.restart();
            assertThat(disk.bytes(FILE)).as("%s", disk).isEqualTo(bytes);
        }
    }

    @Test
    void bytes_of_a_sync_that_failed_are_seen_until_the_power_goes_and_not_made_durable_by_the_next_one()
            throws IOException {
        SimDisk disk = new SimDisk(1);
        disk.createDirectories(FILE.getParent());
        try (LogFile file = disk.open(FILE, OpenMode.CREATE_NEW)) {
            disk.syncDirectory(FILE.getParent());
            disk.inject(Fault.at(1, operation -> operation.kind() == Operation.Kind.SYNC, Fault.Effect.IO_ERROR));
            file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 0);
            assertThatThrownBy(file::sync).isInstanceOf(IOException.class);
            file.sync();
        }
        assertThat(disk.bytes(FILE)).containsExactly(1, 2, 3);
        disk.powerLoss();
        disk.restart();
        // The length is the journal's business, which writes it with the next sync.
        assertThat(disk.bytes(FILE)).containsExactly(0, 0, 0);
    }
}
