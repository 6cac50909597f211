package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.log.compaction.CompactionPolicy.Keep;
import dev.varve.log.format.Compression;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.testkit.Fault;
import dev.varve.log.testkit.Fault.Effect;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.Operation;
import dev.varve.log.testkit.SimDisk;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A log that is appended to, deleted from, compacted, cut by retention, closed, killed and opened again in any order holds what must
 * stay, and nothing that nobody appended; and it knows of each key what it knew before.
 */
class CompactionModelTest {
    private static final Path DIRECTORY = Path.of("/simulated/log");

    /** What the log should know of a key. */
    private static final class KeyModel {
        long highest;
        long deletedTo;
        long forgottenBefore;
    }

    private static final class Life {
        private final Random random;
        private final SimDisk disk;
        private final ManualClock clock = new ManualClock();
        private final Keep keep;
        private final boolean retains;
        private final TreeMap<Long, NewRecord> appended = new TreeMap<>();
        private final Map<String, KeyModel> keys = new HashMap<>();
        private final StringBuilder story = new StringBuilder();
        private int producerSequence;
        private long lastProducerOffset = -1;
        private PartitionLog log;

        Life(long seed) {
            random = new Random(seed);
            disk = new SimDisk(seed);
            keep = random.nextBoolean() ? Keep.UNDELETED : Keep.LATEST_OF_KEY;
            retains = random.nextInt(3) == 0;
            story.append(keep).append(retains ? " with retention" : "");
        }

        private LogOptions options() {
            return LogOptions.defaults()
                    .withDisk(disk)
                    .withClock(clock)
                    .withCompression(Compression.values()[random.nextInt(2)])
                    .withKeyMemoryBytes(random.nextBoolean() ? 4_000 : 1 << 20)
                    .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(1024 + random.nextInt(3000)));
        }

        void live(int steps) {
            open();
            for (int i = 0; i < steps; i++) {
                step();
            }
            check();
            log.close();
        }

        private void open() {
            story.append("\nopen");
            log = PartitionLog.open(DIRECTORY, options());
            assertThat(disk.names(DIRECTORY)).noneMatch(name -> name.contains("compacted") || name.endsWith(".tmp"));
            check();
        }

        private void step() {
            clock.advance(Duration.ofMinutes(random.nextInt(300)));
            switch (random.nextInt(20)) {
                case 0, 1 -> {
                    story.append("; roll");
                    log.roll();
                }
                case 2, 3, 4 -> compact();
                case 5 -> dieWhileCompacting();
                case 6 -> delete();
                case 7 -> forget();
                case 8 -> cut();
                case 9 -> end();
                case 10 -> loseTables();
                case 11 -> repeat();
                case 12 -> check();
                default -> append();
            }
        }

        private String key() {
            return (random.nextBoolean() ? "numbered-" : "plain-") + random.nextInt(5);
        }

        private void append() {
            List<NewRecord> records = new ArrayList<>();
            for (int i = 0; i <= random.nextInt(6); i++) {
                records.add(record());
            }
            boolean byProducer = random.nextInt(4) == 0;
            Producer producer = byProducer ? new Producer(3, (short) 0, producerSequence) : null;
            long offset = byProducer ? log.append(records, producer) : log.append(records);
            story.append("; append ").append(records.size()).append(" at ").append(offset);
            if (byProducer) {
                producerSequence += records.size();
                lastProducerOffset = offset;
                lastProducerBatch = records;
            }
            for (NewRecord record : records) {
                appended.put(offset++, record);
            }
        }

        private List<NewRecord> lastProducerBatch;

        /** The last batch of the producer comes again: it is told, whatever compaction has made of it. */
        private void repeat() {
            if (lastProducerOffset >= 0 && log.logStartOffset() == 0) {
                int first = producerSequence - lastProducerBatch.size();
                assertThat(log.append(lastProducerBatch, new Producer(3, (short) 0, first)))
                        .isEqualTo(lastProducerOffset);
            }
        }

        private NewRecord record() {
            byte[] value = random.nextInt(6) == 0 ? null : new byte[random.nextInt(80)];
            if (value != null) {
                random.nextBytes(value);
            }
            if (random.nextInt(8) == 0) {
                return NewRecord.of(clock.wallMillis(), value);
            }
            String key = key();
            KeyModel model = keys.computeIfAbsent(key, k -> new KeyModel());
            long sequence = key.startsWith("plain") ? 0 : ++model.highest;
            return new NewRecord(clock.wallMillis(), bytes(key), sequence, value, List.of());
        }

        private static byte[] bytes(String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }

        private void delete() {
            String key = key();
            KeyModel model = keys.getOrDefault(key, new KeyModel());
            long to = model.highest == 0 ? 0 : random.nextLong(model.highest + 1);
            story.append("; delete ").append(key).append(" to ").append(to);
            log.keys().deleteTo(bytes(key), to);
            model.deletedTo = Math.max(model.deletedTo, to);
        }

        private void forget() {
            String key = key();
            story.append("; forget ").append(key);
            long at = log.logEndOffset();
            if (log.keys().forget(bytes(key))) {
                KeyModel model = new KeyModel();
                model.forgottenBefore = at;
                keys.put(key, model);
            }
        }

        private void compact() {
            CompactionPolicy policy = new CompactionPolicy(
                    keep, random.nextInt(3) / 4.0, random.nextBoolean() ? Duration.ZERO : Duration.ofHours(20));
            story.append("; compact ").append(policy.minDeadShare());
            CompactionResult result = log.compact(policy, bytes -> {});
            assertThat(result.leftAlone()).isEmpty();
            check();
        }

        private void dieWhileCompacting() {
            boolean powerLoss = random.nextBoolean();
            disk.inject(
                    Fault.at(1 + random.nextInt(30), Operation::changes, powerLoss ? Effect.POWER_LOSS : Effect.KILL));
            story.append("; die while compacting");
            try {
                log.compact(new CompactionPolicy(keep, 0, Duration.ZERO), bytes -> {});
                disk.kill();
            } catch (LogException e) {
                story.append(" (died)");
            }
            disk.restart();
            open();
        }

        private void cut() {
            if (retains) {
                long before = log.logStartOffset();
                log.applyRetention(RetentionPolicy.KEEP_ALL.withMaxBytes(4000 + random.nextInt(8000)));
                story.append("; retain from ").append(log.logStartOffset());
                appended.headMap(log.logStartOffset()).clear();
                assertThat(log.logStartOffset()).isGreaterThanOrEqualTo(before);
            }
        }

        private void end() {
            switch (random.nextInt(3)) {
                case 0 -> log.close();
                case 1 -> disk.kill();
                default -> disk.powerLoss();
            }
            disk.restart();
            open();
        }

        /** What is known of keys can be found again by reading, where nothing of the log was cut off. */
        private void loseTables() {
            if (retains) {
                return;
            }
            log.close();
            for (String name : disk.names(DIRECTORY)) {
                if (name.equals("keydirectory") || (name.endsWith(".keys") && random.nextBoolean())) {
                    disk.remove(DIRECTORY.resolve(name));
                }
            }
            story.append("; lose tables");
            open();
        }

        private boolean mustStay(long offset, NewRecord record, Map<String, Long> last) {
            if (record.key() == null) {
                return true;
            }
            if (isDeleted(offset, record)) {
                return false;
            }
            boolean isLast = last.get(text(record)) == offset;
            return keep == Keep.UNDELETED || (isLast && (record.value() != null || record.keySequence() > 0));
        }

        private boolean isDeleted(long offset, NewRecord record) {
            KeyModel model = keys.get(text(record));
            return offset < model.forgottenBefore || (model.deletedTo > 0 && record.keySequence() <= model.deletedTo);
        }

        private static String text(NewRecord record) {
            return new String(record.key(), StandardCharsets.UTF_8);
        }

        private void check() {
            TreeMap<Long, NewRecord> found = new TreeMap<>();
            Ledger.readAll(log, 300 + random.nextInt(3000))
                    .forEach(record -> found.put(record.offset(), record.toNewRecord()));
            assertThat(appended.entrySet()).as("what was appended").containsAll(found.entrySet());
            Map<String, Long> last = new HashMap<>();
            appended.forEach((offset, record) -> {
                if (record.key() != null) {
                    last.put(text(record), offset);
                }
            });
            appended.forEach((offset, record) -> {
                if (mustStay(offset, record, last)) {
                    assertThat(found).as("what must stay").containsKey(offset);
                }
            });
            if (!found.isEmpty()) {
                long from = log.logStartOffset() + random.nextLong(log.logEndOffset() - log.logStartOffset() + 1);
                Long next = found.ceilingKey(from);
                List<LogRecord> read = log.read(from, 1).records();
                assertThat(read.isEmpty() ? null : read.get(0).offset())
                        .as("the first from " + from)
                        .isEqualTo(next);
            }
            keys.forEach((key, model) -> check(key, model, found));
            List<Damage> findings = new ArrayList<>();
            LogInspector.verify(DIRECTORY, LogOptions.defaults().withDisk(disk), findings::add, bytes -> {});
            assertThat(findings).isEmpty();
        }

        private void check(String key, KeyModel model, TreeMap<Long, NewRecord> found) {
            List<LogRecord> read = log.keys().read(bytes(key), 0, 0, 1 << 20).records();
            List<LogRecord> expected = new ArrayList<>();
            found.forEach((offset, record) -> {
                if (record.key() != null && text(record).equals(key) && !isDeleted(offset, record)) {
                    expected.add(new LogRecord(
                            offset,
                            record.timestamp(),
                            record.key(),
                            record.keySequence(),
                            record.value(),
                            record.headers()));
                }
            });
            assertThat(read).as("the records of " + key).isEqualTo(expected);
            if (!retains) {
                KeyState state = log.keys().state(bytes(key));
                assertThat(state.highestSequence()).as("highest of " + key).isEqualTo(model.highest);
                assertThat(state.deletedTo()).as("deleted of " + key).isEqualTo(model.deletedTo);
            }
        }
    }

    private static void live(long from, long to) {
        for (long seed = from; seed < to; seed++) {
            Life life = new Life(seed);
            try {
                life.live(60);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e + "\n" + life.story, e);
            }
        }
    }

    @Test
    void what_must_stay_stays_and_of_each_key_is_known_what_was_known() {
        live(0, 150);
    }

    @Tag("soak")
    @Test
    void what_must_stay_stays_for_a_long_time() {
        live(1_000, 30_000);
    }
}
