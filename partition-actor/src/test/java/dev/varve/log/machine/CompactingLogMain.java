package dev.varve.log.machine;

import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.RetentionPolicy;
import dev.varve.log.RollPolicy;
import dev.varve.log.SyncPolicy;
import dev.varve.log.compaction.CompactionPolicy;
import dev.varve.log.compaction.CompactionPolicy.Keep;
import dev.varve.log.format.NewRecord;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Appends records with few keys to a log while another thread compacts it without a pause; says what it does, and is killed at it. */
final class CompactingLogMain {
    static final int KEYS = 40;

    /** More than what stays ever takes, so that it only has a say where compaction does not keep up. */
    private static final RetentionPolicy RETENTION = RetentionPolicy.KEEP_ALL.withMaxBytes(1 << 30);

    private static final OutputStream OUTPUT = new FileOutputStream(FileDescriptor.out);

    private CompactingLogMain() {}

    public static void main(String[] arguments) throws IOException {
        say("ready");
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String[] words = input.readLine().split(" ");
        int number = Integer.parseInt(words[0]);
        try (PartitionLog log = PartitionLog.open(Path.of(words[1]), options(words[2]))) {
            say("working");
            Thread compacting = new Thread(() -> compactForEver(log));
            compacting.setDaemon(true);
            compacting.start();
            while (true) {
                say("trying " + number);
                say("acked " + log.append(record(number)) + " " + number);
                number++;
            }
        }
    }

    static LogOptions options(String sync) {
        return LogOptions.defaults()
                .withSyncPolicy(sync.equals("none") ? SyncPolicy.none() : SyncPolicy.everyWrite())
                .withKeyMemoryBytes(1 << 20)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(8 << 10));
    }

    static NewRecord record(int number) {
        return new NewRecord(
                number,
                new byte[] {(byte) (number % KEYS)},
                number + 1,
                ByteBuffer.allocate(100).putInt(number).array(),
                List.of());
    }

    private static void compactForEver(PartitionLog log) {
        CompactionPolicy policy = CompactionPolicy.of(Keep.LATEST_OF_KEY).withMinDeadShare(0.3);
        while (true) {
            say("compacting");
            say("compacted " + log.compact(policy, bytes -> {}).records());
            log.applyRetention(RETENTION);
        }
    }

    private static synchronized void say(String line) {
        try {
            OUTPUT.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
