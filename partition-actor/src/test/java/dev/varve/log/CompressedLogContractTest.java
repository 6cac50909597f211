package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.Compression;
import dev.varve.log.io.Disk;
import dev.varve.log.io.NioDisk;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract again, of logs that compress. */
class CompressedLogContractTest {

    /** With a test that the others are not in vain. */
    abstract static class Compressed extends LogContract {
        abstract Compression compression();

        @Override
        LogOptions options() {
            return super.options().withCompression(compression());
        }

        @Test
        void its_frames_are_compressed() {
            try (PartitionLog log = open()) {
                new Ledger().append(log, 10);
            }
            assertThat(FrameList.of(directory(), options()).codecs())
                    .containsExactly(compression().toString());
        }
    }

    abstract static class OnSimulatedDisk extends Compressed {
        private final SimDisk disk = new SimDisk(1);

        @Override
        Disk disk() {
            return disk;
        }

        @Override
        Path directory() {
            return Path.of("/simulated/log");
        }
    }

    abstract static class OnRealDisk extends Compressed {
        @TempDir
        Path temporary;

        @Override
        Disk disk() {
            return NioDisk.instance();
        }

        @Override
        Path directory() {
            return temporary.resolve("a/log");
        }
    }

    @Nested
    class Lz4OnSimulatedDisk extends OnSimulatedDisk {
        @Override
        Compression compression() {
            return Compression.LZ4;
        }
    }

    @Nested
    class ZstdOnSimulatedDisk extends OnSimulatedDisk {
        @Override
        Compression compression() {
            return Compression.ZSTD;
        }
    }

    @Nested
    class Lz4OnRealDisk extends OnRealDisk {
        @Override
        Compression compression() {
            return Compression.LZ4;
        }
    }

    @Nested
    class ZstdOnRealDisk extends OnRealDisk {
        @Override
        Compression compression() {
            return Compression.ZSTD;
        }
    }
}
