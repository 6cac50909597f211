package dev.varve.log.machine;

import dev.varve.log.Damage;
import dev.varve.log.LogException;
import dev.varve.log.LogInspector;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.format.Compression;
import dev.varve.log.format.NewRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Works on a log in a process that cannot load native libraries, and tells what it got, a line a step. */
final class WithoutLibrariesMain {
    private WithoutLibrariesMain() {}

    public static void main(String[] arguments) {
        Path directory = Path.of(System.getenv("VARVE_TEST_DIRECTORY"));
        for (Compression kind : Compression.values()) {
            try (PartitionLog log =
                    PartitionLog.open(directory, LogOptions.defaults().withCompression(kind))) {
                tell("append " + kind, () -> log.append(NewRecord.of(9, new byte[1_000])));
            }
        }
        try (PartitionLog log = PartitionLog.open(directory, LogOptions.defaults())) {
            tell(
                    "recovery",
                    () -> log.recovery().quarantinedBytes() + " "
                            + log.describe().damage());
            for (long offset = 0; offset < log.logEndOffset(); offset++) {
                long from = offset;
                tell("read " + from, () -> log.read(from, 1).records().get(0).value().length);
            }
            tell("first at 3", () -> log.offsetForTimestamp(3).getAsLong());
        }
        List<Damage.Kind> findings = new ArrayList<>();
        LogInspector.verify(directory, LogOptions.defaults(), damage -> findings.add(damage.kind()), bytes -> {});
        tell("verify", () -> findings);
    }

    private interface Step {
        Object take();
    }

    private static void tell(String what, Step step) {
        String outcome;
        try {
            outcome = step.take().toString();
        } catch (LogException e) {
            outcome = e.getClass().getSimpleName() + " " + e.getMessage();
        }
        System.out.println(what + ": " + outcome);
    }
}
