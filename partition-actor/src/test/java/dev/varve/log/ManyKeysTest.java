package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.NewRecord;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A million keys on a real disk: the memory that knowing them takes is bounded, and printed. */
@Tag("soak")
class ManyKeysTest {
    private static final int KEYS = 1_000_000;

    @Test
    void a_million_keys_are_known_within_the_memory_they_may_take(@TempDir Path directory) {
        LogOptions options =
                LogOptions.defaults().withSyncPolicy(SyncPolicy.none()).withKeyMemoryBytes(16 << 20);
        try (PartitionLog log = PartitionLog.open(directory, options)) {
            long began = System.nanoTime();
            List<NewRecord> batch = new ArrayList<>();
            for (int i = 0; i < KEYS; i++) {
                batch.add(new NewRecord(1, key(i), 1, new byte[100], List.of()));
                if (batch.size() == 100) {
                    log.append(batch);
                    batch.clear();
                }
            }
            System.out.printf("a million keys appended in %.1f s%n", (System.nanoTime() - began) / 1e9);
        }
        long before = usedBytes();
        long began = System.nanoTime();
        try (PartitionLog log = PartitionLog.open(directory, options)) {
            System.out.printf(
                    "opened in %.0f ms, with %d KiB more on the heap, %d segments%n",
                    (System.nanoTime() - began) / 1e6,
                    (usedBytes() - before) >> 10,
                    log.describe().segments().size());
            assertThat(usedBytes() - before).as("heap for a million keys").isLessThan(40 << 20);
            Random random = new Random(1);
            began = System.nanoTime();
            for (int i = 0; i < 100_000; i++) {
                assertThat(log.keys().state(key(random.nextInt(KEYS))).highestSequence())
                        .isEqualTo(1);
            }
            System.out.printf("a look at a key takes %.1f us%n", (System.nanoTime() - began) / 1e3 / 100_000);
            began = System.nanoTime();
            for (int i = 0; i < 10_000; i++) {
                assertThat(log.keys()
                                .read(key(random.nextInt(KEYS)), 0, 0, 1000)
                                .records())
                        .isNotEmpty();
            }
            System.out.printf("a read of a key takes %.1f us%n", (System.nanoTime() - began) / 1e3 / 10_000);
        }
    }

    private static byte[] key(int i) {
        return ("account|" + i).getBytes(StandardCharsets.UTF_8);
    }

    private static long usedBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
