package dev.varve.server.demo;

import static dev.varve.server.demo.DemoFailedException.unless;

import dev.varve.log.Damage;
import dev.varve.log.LogDescription;
import dev.varve.log.LogException;
import dev.varve.log.LogInspector;
import dev.varve.log.LogOptions;
import dev.varve.log.ObservedLog;
import dev.varve.log.PartitionLog;
import dev.varve.log.ReadResult;
import dev.varve.log.ReadableLog;
import dev.varve.log.RollPolicy;
import dev.varve.log.SegmentDescription;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * Does with a real text what a log is for, and to the log what must not hurt it; says what it does, looks whether what
 * should be so is so, and says that too. For one use by one thread.
 */
public final class Demo {
    private static final LogOptions OPTIONS =
            LogOptions.defaults().withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(4 << 10));
    private static final int BATCH_RECORDS = 10;
    private static final int READ_BYTES = 64 << 10;

    /** The lines are written down as if one came each second from here on. */
    private static final Instant FIRST_TIME = Instant.parse("2026-01-31T12:00:00Z");

    private final Path directory;
    private final Consumer<String> out;
    private final DemoText text = DemoText.load();
    private final Path log;
    private int step;

    /**
     * @param directory an empty one, for the logs of the demo
     * @param out takes what there is to say, line by line
     */
    public Demo(Path directory, Consumer<String> out) {
        this.directory = directory;
        this.out = out;
        this.log = directory.resolve("text");
    }

    /** @throws DemoFailedException if something is not as it should be */
    public void run() throws IOException {
        out.accept("The text: the Apache License, " + text.lines().size() + " lines, " + text.bytes().length
                + " bytes. The log: " + log);
        append();
        readBack();
        lookUpByTime();
        killAWriter();
        flipABit();
        deleteBefore();
    }

    private void step(String title) {
        step++;
        out.accept("");
        out.accept(step + ". " + title);
    }

    private void say(String words) {
        out.accept("   " + words);
    }

    private void append() {
        step("Append each line as a record, in atomic batches of " + BATCH_RECORDS + ", each synced to the disk");
        try (PartitionLog owner = PartitionLog.open(log, OPTIONS)) {
            for (int from = 0; from < text.lines().size(); from += BATCH_RECORDS) {
                List<NewRecord> batch = new ArrayList<>();
                for (int i = from;
                        i < Math.min(from + BATCH_RECORDS, text.lines().size());
                        i++) {
                    batch.add(NewRecord.of(time(i), text.lines().get(i)));
                }
                long baseOffset = owner.append(batch);
                unless(baseOffset == from, "line " + from + " got offset " + baseOffset);
            }
            LogDescription description = owner.describe();
            unless(
                    description.durableOffset() == text.lines().size(),
                    "only offsets below " + description.durableOffset() + " are durable");
            say("offsets 0 to " + (description.logEndOffset() - 1) + ", all durable, in "
                    + description.segments().size() + " segments of at most 4 KiB:");
            for (SegmentDescription segment : description.segments()) {
                say("  " + segment.file() + "  offsets " + segment.baseOffset() + " to " + segment.lastOffset());
            }
        }
    }

    private static long time(int line) {
        return FIRST_TIME.plusSeconds(line).toEpochMilli();
    }

    private void readBack() {
        step("Read it all back from outside, without the lock");
        try (ObservedLog observer = ObservedLog.open(log, OPTIONS)) {
            byte[] read = valuesFrom(observer, 0);
            unless(Arrays.equals(read, text.bytes()), "what was read is not what was appended");
            say(read.length + " bytes, byte for byte the text");
        }
    }

    /** All values from an offset on, each with a line feed behind it. */
    private static byte[] valuesFrom(ReadableLog log, long offset) {
        ByteArrayOutputStream values = new ByteArrayOutputStream();
        long next = offset;
        for (ReadResult result = log.read(next, READ_BYTES); !result.isEmpty(); result = log.read(next, READ_BYTES)) {
            result.forEach(record -> {
                values.writeBytes(record.value());
                values.write('\n');
            });
            next = result.nextOffset();
        }
        return values.toByteArray();
    }

    private void lookUpByTime() {
        step("Look up by time: one line was written each second from " + FIRST_TIME + " on");
        try (ObservedLog observer = ObservedLog.open(log, OPTIONS)) {
            for (int i = 0; i < text.lines().size(); i++) {
                OptionalLong found = observer.offsetForTimestamp(time(i) - 500);
                unless(found.equals(OptionalLong.of(i)), "half a second before line " + i + ": " + found);
            }
            long offset = observer.offsetForTimestamp(time(100)).orElseThrow();
            say("the first record at or after " + Instant.ofEpochMilli(time(100)) + " has offset " + offset + ":");
            say("  \"" + string(observer.read(offset, 0).records().get(0)) + "\"");
            say("and so for the time of every line, with the first one after it found each time");
            unless(observer.offsetForTimestamp(time(text.lines().size())).isEmpty(), "a line from the future");
        }
    }

    private static String string(LogRecord record) {
        return new String(record.value(), StandardCharsets.UTF_8).strip();
    }

    private void killAWriter() throws IOException {
        step("Kill -9 another process in the middle of appending, and look for what it had acknowledged");
        Path victim = directory.resolve("killed");
        long enough = ThreadLocalRandom.current().nextLong(5_000, 20_000);
        long acknowledged;
        try (AppendingProcess process =
                AppendingProcess.start(victim, directory.resolve("killed.err"), text::numberedLine)) {
            process.awaitAcknowledged(enough);
            acknowledged = process.kill();
        }
        try (PartitionLog owner = PartitionLog.open(victim, LogOptions.defaults())) {
            unless(!owner.recovery().clean(), "the killed process left a log that was closed cleanly");
            long found = 0;
            for (ReadResult result = owner.read(0, READ_BYTES);
                    !result.isEmpty();
                    result = owner.read(found, READ_BYTES)) {
                for (LogRecord record : result.records()) {
                    unless(record.offset() == found, "offset " + record.offset() + " instead of " + found);
                    unless(
                            Arrays.equals(record.value(), text.numberedLine(found)),
                            "offset " + found + " is not the line that was appended");
                    found++;
                }
            }
            say(acknowledged + " records were acknowledged when it died; " + found + " are in the log");
            unless(found >= acknowledged, (acknowledged - found) + " acknowledged records are lost");
            say("every acknowledged one is there, in order, once, with the bytes that were appended");
            say("(what lies beyond was written, and the answer had no time to arrive; recovery cut off "
                    + owner.recovery().quarantinedBytes() + " bytes of an unfinished write)");
        }
    }

    private void flipABit() throws IOException {
        step("Flip one bit on the disk, as a dying disk does");
        Path file = log.resolve(describe().segments().get(1).file());
        long position = file.toFile().length() / 2;
        flipBit(file, position);
        say("bit 3 of byte " + position + " of " + file.getFileName());
        List<Damage> findings = findings();
        unless(!findings.isEmpty(), "verify did not find it");
        say("verify finds it: position " + findings.get(0).position() + ", offsets "
                + findings.get(0).firstOffset() + " to " + findings.get(0).lastOffset() + ", "
                + findings.get(0).detail());
        readUpToTheDamage(findings.get(0));
        flipBit(file, position);
        unless(findings().isEmpty(), "verify found something after the bit was put right");
        say("with the bit put right verify finds nothing");
    }

    private void readUpToTheDamage(Damage damage) {
        try (ObservedLog observer = ObservedLog.open(log, OPTIONS)) {
            long next = 0;
            while (true) {
                ReadResult result = observer.read(next, READ_BYTES);
                unless(!result.isEmpty(), "the damage was taken for the end of the log");
                for (LogRecord record : result.records()) {
                    unless(
                            Arrays.equals(record.value(), text.lines().get((int) record.offset())),
                            "offset " + record.offset() + " was given with wrong bytes");
                }
                next = result.nextOffset();
                if (next == damage.firstOffset()) {
                    break;
                }
            }
            readDamaged(observer, next);
            byte[] behind = valuesFrom(observer, damage.lastOffset() + 1);
            unless(
                    Arrays.equals(behind, bytesOfLinesFrom((int) damage.lastOffset() + 1)),
                    "the records behind the damage are not what was appended");
            say("and from offset " + (damage.lastOffset() + 1) + " on every record is right again");
        }
    }

    private void readDamaged(ObservedLog observer, long offset) {
        try {
            observer.read(offset, READ_BYTES);
        } catch (LogException.CorruptRecord e) {
            say("a reader gets offsets 0 to " + (offset - 1) + " as they were appended; then, at " + offset
                    + ", no wrong bytes and no \"end of log\", but");
            say("  " + e.getMessage());
            return;
        }
        throw new DemoFailedException("the damaged record was read as if nothing were wrong");
    }

    private byte[] bytesOfLinesFrom(int line) {
        int from = 0;
        for (int i = 0; i < line; i++) {
            from += text.lines().get(i).length + 1;
        }
        return Arrays.copyOfRange(text.bytes(), from, text.bytes().length);
    }

    private static void flipBit(Path file, long position) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(position);
            int value = bytes.read();
            bytes.seek(position);
            bytes.write(value ^ 1 << 3);
        }
    }

    private List<Damage> findings() {
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(log, OPTIONS, findings::add, bytes -> {});
        return findings;
    }

    private LogDescription describe() {
        try (ObservedLog observer = ObservedLog.open(log, OPTIONS)) {
            return observer.describe();
        }
    }

    private void deleteBefore() {
        step("Delete the first half");
        long half = text.lines().size() / 2;
        int segments = describe().segments().size();
        try (PartitionLog owner = PartitionLog.open(log, OPTIONS)) {
            owner.deleteBefore(half);
        }
        // As after a restart: what was deleted must not come back.
        try (PartitionLog owner = PartitionLog.open(log, OPTIONS)) {
            unless(owner.logStartOffset() == half, "the log starts at " + owner.logStartOffset());
            unless(
                    Arrays.equals(valuesFrom(owner, half), bytesOfLinesFrom((int) half)),
                    "the other half is not what was appended");
            int kept = owner.describe().segments().size();
            unless(kept < segments, "no segment was given back");
            say("the log starts at offset " + half + " now, " + (segments - kept) + " segments are gone, the other half"
                    + " is as it was");
            readDeleted(owner);
        }
    }

    private void readDeleted(PartitionLog owner) {
        try {
            owner.read(0, READ_BYTES);
        } catch (LogException.BelowLogStart e) {
            say("reading offset 0 says: " + e.getMessage());
            return;
        }
        throw new DemoFailedException("a deleted record was read");
    }
}
