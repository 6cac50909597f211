package dev.varve.partition;

import dev.varve.log.LogException;
import dev.varve.log.PartitionLog;
import java.util.List;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The jobs of a partition that nobody waits for: one round at a time, in which each has its turn, on a dispatcher of its own. Beside
 * the {@link WriteLane}, which it never holds up for longer than a job changes the log. For the actor alone, but for what
 * {@link #round} gives.
 */
final class MaintenanceLane {
    private static final Logger LOGGER = LoggerFactory.getLogger(MaintenanceLane.class);

    private final List<MaintenanceJob> jobs;
    private final LongConsumer pace;
    private boolean isBusy;
    private boolean isWantedAgain;

    MaintenanceLane(List<MaintenanceJob> jobs, LongConsumer pace) {
        this.jobs = List.copyOf(jobs);
        this.pace = pace;
    }

    /** The lane of a partition with these settings. */
    static MaintenanceLane of(MaintenanceSettings settings) {
        return new MaintenanceLane(MaintenanceJobs.of(settings), new Pacer(settings.bytesPerSecond()));
    }

    /** Whether there is anything to do, ever. */
    boolean isNeeded() {
        return !jobs.isEmpty();
    }

    /** Begins a round, if none is under way; else another one will be wanted when it has ended. */
    boolean begin() {
        if (isBusy) {
            isWantedAgain = true;
            return false;
        }
        isBusy = isNeeded();
        return isBusy;
    }

    /**
     * The round is over.
     *
     * @return whether another one was wanted meanwhile
     */
    boolean ended() {
        boolean again = isWantedAgain;
        isBusy = false;
        isWantedAgain = false;
        return again;
    }

    /** A round, to be run on a thread that may block. A job that fails keeps no other from its turn. */
    Runnable round(PartitionLog log) {
        return () -> {
            for (MaintenanceJob job : jobs) {
                try {
                    job.run(log, pace);
                } catch (LogException.Closed e) {
                    return;
                } catch (LogException e) {
                    LOGGER.warn("{} of the log in {}: {}", job.name(), log.directory(), e.getMessage());
                }
            }
        };
    }
}
