package dev.varve.partition;

import dev.varve.log.CompactionResult;
import dev.varve.log.PartitionLog;
import dev.varve.log.RetentionPolicy;
import dev.varve.log.RetentionResult;
import dev.varve.log.compaction.CompactionPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The jobs that settings ask for, in the order in which a round takes them. */
final class MaintenanceJobs {
    private static final Logger LOGGER = LoggerFactory.getLogger(MaintenanceJobs.class);

    private MaintenanceJobs() {}

    static List<MaintenanceJob> of(MaintenanceSettings settings) {
        List<MaintenanceJob> jobs = new ArrayList<>();
        // What goes as a whole need not be written anew before.
        if (!settings.retention().keepsAll()) {
            jobs.add(new Retain(settings.retention()));
        }
        settings.compaction().ifPresent(policy -> jobs.add(new Compact(policy)));
        return jobs;
    }

    private record Retain(RetentionPolicy policy) implements MaintenanceJob {
        @Override
        public String name() {
            return "Retention";
        }

        @Override
        public void run(PartitionLog log, LongConsumer pace) {
            RetentionResult result = log.applyRetention(policy);
            if (result.segments() > 0) {
                LOGGER.info(
                        "Retention let go of {} segments, {} bytes, of the log in {}, which begins at offset {} now",
                        result.segments(),
                        result.bytes(),
                        log.directory(),
                        result.logStartOffset());
            }
        }
    }

    private record Compact(CompactionPolicy policy) implements MaintenanceJob {
        @Override
        public String name() {
            return "Compaction";
        }

        @Override
        public void run(PartitionLog log, LongConsumer pace) {
            CompactionResult result = log.compact(policy, pace);
            if (result.records() > 0) {
                LOGGER.info(
                        "Compaction took {} dead records, {} bytes, out of the log in {}",
                        result.records(),
                        result.bytesReclaimed(),
                        log.directory());
            }
        }
    }
}
