package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * {@code kill -9} in the middle of writes: another process writes to the storage until it is killed, and then this one compares
 * what was told with what is there. To use it, extend it and describe the plugin. The configuration is all that the other process
 * is told of the plugin; it has the class path of this one.
 *
 * <p>How often is a matter of patience: {@code -Dconformance.kills=1000}. Which moments is one of luck, and of the seed that is
 * in the message of a failure: {@code -Dconformance.seed=...}.
 */
public abstract class KillConformance extends Conformance {
    private static final int KILLS = Integer.getInteger("conformance.kills", 3);
    private static final long SEED = Long.getLong("conformance.seed", System.nanoTime());
    /** Enough for an acknowledgement. */
    private static final int MIN_LINES = 2 * WriterMain.IDS.size();

    private static final int MAX_LINES = 400;

    @Test
    @Timeout(3600)
    void what_was_acknowledged_survives_kills_and_every_write_is_there_whole_or_not_at_all() throws IOException {
        needs(Capability.SURVIVES_A_KILL);
        Random random = new Random(SEED);
        Told told = new Told();
        for (int kill = 1; kill <= KILLS; kill++) {
            stopSystem();
            try (WriterProcess process = WriterProcess.start(configOf(plugin()), random.nextLong())) {
                int lines = MIN_LINES + random.nextInt(MAX_LINES - MIN_LINES);
                for (int i = 0; i < lines; i++) {
                    told.hear(process.nextLine());
                }
                process.kill();
                process.remainingLines().forEach(told::hear);
            }
            startSystem();
            told.compareWith(new JournalProbe(kit()), "kill " + kill + ", conformance.seed=" + SEED);
        }
        assertThat(told.acknowledgements())
                .as("acknowledged writes, conformance.seed=%s", SEED)
                .isPositive();
    }
}
