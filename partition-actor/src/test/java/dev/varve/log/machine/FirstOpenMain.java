package dev.varve.log.machine;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import java.nio.file.Path;

/** Opens a log, says so before and after, and dies. */
final class FirstOpenMain {
    private FirstOpenMain() {}

    public static void main(String[] arguments) {
        Path directory = Path.of(System.getenv("VARVE_TEST_DIRECTORY"));
        System.out.println("opening");
        PartitionLog log = PartitionLog.open(directory, LogOptions.defaults());
        System.out.println("opened");
        Runtime.getRuntime().halt(log.recovery().clean() ? 0 : 1);
    }
}
