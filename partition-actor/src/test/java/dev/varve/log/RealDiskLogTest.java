package dev.varve.log;

import dev.varve.log.io.Disk;
import dev.varve.log.io.NioDisk;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class RealDiskLogTest extends LogContract {
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
