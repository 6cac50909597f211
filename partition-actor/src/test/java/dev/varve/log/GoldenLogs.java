package dev.varve.log;

import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordHeader;
import dev.varve.log.testkit.ManualClock;
import dev.varve.log.testkit.SimDisk;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Two small logs that come out byte for byte the same each time: one with something of everything, kept under
 * {@code src/test/resources/golden}, and a smaller one, printed in docs/FORMAT.md.
 */
final class GoldenLogs {
    static final Path DIRECTORY = Path.of("/simulated/log");
    static final long LOG_ID = 0x7661_7276_6500_0001L;

    /** 2026-01-01T00:00:00Z. */
    static final long NOW = 1_767_225_600_000L;

    /** Sent the batch at offset 20. */
    static final Producer PRODUCER = new Producer(0x0102030405060708L, (short) 3, 77);

    private GoldenLogs() {}

    static LogOptions options(SimDisk disk, ManualClock clock) {
        return LogOptions.defaults()
                .withDisk(disk)
                .withClock(clock)
                .withLogId(LOG_ID)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(8192));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] counting(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 7);
        }
        return bytes;
    }

    /** What can be read from {@link #everything()}: all but the record at offset 0, which was deleted. */
    static final List<LogRecord> RECORDS = List.of(
            new LogRecord(1, NOW - 500, utf8("key"), 300, utf8("value"), List.of()),
            new LogRecord(
                    2,
                    NOW + 1,
                    utf8("schlüssel"),
                    Long.MAX_VALUE,
                    null,
                    List.of(
                            new RecordHeader("trace", new byte[] {0, 1, -1}),
                            new RecordHeader("trace", new byte[0]),
                            new RecordHeader("", utf8("🙂")))),
            new LogRecord(3, -1, new byte[0], new byte[0], List.of()),
            new LogRecord(4, NOW + 2, null, counting(4100), List.of()),
            new LogRecord(5, NOW + 3, null, utf8("behind an index entry"), List.of()),
            new LogRecord(6, NOW + 4, null, utf8("first of a commit"), List.of()),
            new LogRecord(7, NOW + 5, null, utf8("second of a commit"), List.of()),
            new LogRecord(20, NOW + 6, utf8("k"), 1, utf8("given place"), List.of()),
            new LogRecord(23, NOW + 7, utf8("k"), 2, utf8("behind a gap"), List.of()),
            new LogRecord(24, Long.MIN_VALUE, null, null, List.of()),
            new LogRecord(25, Long.MAX_VALUE, null, utf8("any time"), List.of()),
            new LogRecord(26, NOW + 8, null, utf8("the last"), List.of()));

    private static NewRecord record(long offset) {
        return RECORDS.stream()
                .filter(record -> record.offset() == offset)
                .findFirst()
                .orElseThrow()
                .toNewRecord();
    }

    /** A log of three segments, closed, with keys, headers, nulls, gaps, a producer, marks, a deletion and an index entry. */
    static SimDisk everything() {
        SimDisk disk = new SimDisk(0);
        ManualClock clock = new ManualClock();
        clock.jumpTo(NOW);
        LogOptions options = options(disk, clock).withKeyMemoryBytes(1 << 20);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options)) {
            log.append(NewRecord.of(NOW, utf8("deleted")));
            log.append(List.of(record(1), record(2), record(3)));
            log.append(record(4));
            log.append(record(5));
            clock.advance(Duration.ofMillis(150));
            log.housekeep();
            log.roll();
            Commit commit = log.newCommit();
            commit.stage(List.of(record(6)));
            commit.stage(List.of(record(7)));
            log.commit(commit);
            commit.clear();
            List<LogRecord> given = RECORDS.stream()
                    .filter(record -> record.offset() == 20 || record.offset() == 23)
                    .toList();
            commit.stageAt(5, 100, given, PRODUCER);
            log.commit(commit);
            log.roll();
            log.append(List.of(record(24), record(25)));
            log.deleteBefore(1);
        }
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options)) {
            log.append(record(26));
            log.keys().deleteTo(utf8("k"), 1);
            log.keys().forget(utf8("schlüssel"));
            clock.advance(Duration.ofMillis(150));
            log.housekeep();
        }
        return disk;
    }

    /** A log of one segment with three frames: a batch of two records, a mark, a batch of a producer. */
    static SimDisk example() {
        SimDisk disk = new SimDisk(0);
        ManualClock clock = new ManualClock();
        clock.jumpTo(NOW);
        try (PartitionLog log = PartitionLog.open(DIRECTORY, options(disk, clock))) {
            log.append(List.of(
                    new NewRecord(NOW, utf8("k1"), utf8("hello"), List.of(new RecordHeader("h", new byte[] {7}))),
                    NewRecord.of(NOW + 300, null, null)));
            clock.advance(Duration.ofMillis(150));
            log.housekeep();
            Commit commit = log.newCommit();
            commit.stageAt(
                    2,
                    9,
                    List.of(new LogRecord(4, NOW + 200, null, utf8("after a gap"), List.of())),
                    new Producer(7, (short) 1, 5));
            log.commit(commit);
        }
        return disk;
    }
}
