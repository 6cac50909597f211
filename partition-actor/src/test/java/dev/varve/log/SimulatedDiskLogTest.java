package dev.varve.log;

import dev.varve.log.io.Disk;
import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;

class SimulatedDiskLogTest extends LogContract {
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
