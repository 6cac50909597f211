package dev.varve.log.machine;

import dev.varve.log.Commit;
import dev.varve.log.Ledger;
import dev.varve.log.LogException;
import dev.varve.log.LogOptions;
import dev.varve.log.PartitionLog;
import dev.varve.log.RollPolicy;
import dev.varve.log.SyncPolicy;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * What {@link RemoteLog} talks to: carries out commands on a log, a line of standard input each, and answers each with a line
 * of standard output. Ends when its input does, without closing the log.
 */
final class RemoteLogMain {
    private static final Duration MARK_DELAY = Duration.ofMillis(2);

    /** Unbuffered: a line is with the operating system when it is written, whatever happens next. */
    private final OutputStream output = new FileOutputStream(FileDescriptor.out);

    private PartitionLog log;

    private RemoteLogMain() {}

    public static void main(String[] arguments) throws IOException {
        RemoteLogMain main = new RemoteLogMain();
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        main.say("ready");
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            main.say(main.answer(line.split(" ")));
        }
    }

    private void say(String line) throws IOException {
        output.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private String answer(String[] words) throws IOException {
        try {
            return carryOut(words);
        } catch (LogException e) {
            return "refused " + e.getClass().getSimpleName() + ": " + e.getMessage();
        }
    }

    private String carryOut(String[] words) throws IOException {
        switch (words[0]) {
            case "open" -> {
                log = PartitionLog.open(Path.of(words[1]), options(words[2], Long.parseLong(words[3])));
                return "opened " + log.recovery();
            }
            case "append" -> {
                return "acked " + log.append(batch(Integer.parseInt(words[1]), Integer.parseInt(words[2])));
            }
            case "read" -> {
                return "records" + words(Ledger.readAll(log, 4096));
            }
            case "read-from" -> {
                return "records"
                        + words(log.read(Long.parseLong(words[1]), 1 << 20).records());
            }
            case "roll" -> log.roll();
            case "flush" -> log.flush();
            case "housekeep" -> log.housekeep();
            case "delete-before" -> log.deleteBefore(Long.parseLong(words[1]));
            case "close" -> {
                if (log != null) {
                    log.close();
                }
            }
            case "state" -> {
                return log.state().name();
            }
            case "shim" -> tellShim(words[1]);
            case "work" -> new Work(Long.parseLong(words[1]), Integer.parseInt(words[2]), words).run();
            default -> throw new IllegalArgumentException(words[0]);
        }
        return "done";
    }

    private static LogOptions options(String sync, long segmentBytes) {
        SyncPolicy policy =
                switch (sync) {
                    case "none" -> SyncPolicy.none();
                    case "every-write" -> SyncPolicy.everyWrite();
                    default -> SyncPolicy.everyNWrites(Integer.parseInt(sync), Duration.ofMillis(20));
                };
        return LogOptions.defaults()
                .withSyncPolicy(policy)
                .withMarkDelay(MARK_DELAY)
                .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(segmentBytes));
    }

    private static List<NewRecord> batch(int firstNumber, int size) {
        List<NewRecord> records = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            records.add(Ledger.record(firstNumber + i));
        }
        return records;
    }

    /** Each record as offset and number; all the rest of it follows from its number. */
    private static String words(List<LogRecord> records) {
        StringBuilder all = new StringBuilder();
        for (LogRecord record : records) {
            int number = ByteBuffer.wrap(record.value()).getInt();
            boolean right = record.toNewRecord().equals(Ledger.record(number));
            all.append(' ').append(record.offset()).append(':').append(right ? "" + number : "wrong");
        }
        return all.toString();
    }

    /** The shim takes the opening of a file that cannot be there for a command. */
    private static void tellShim(String command) throws IOException {
        try {
            Files.newInputStream(Path.of("/varve-shim", command)).close();
        } catch (NoSuchFileException e) {
            return;
        }
        throw new IllegalStateException("there is no shim");
    }

    /** Does everything that a log can be asked to do, in a seeded order, until the process is killed or the log refuses. */
    private final class Work {
        private final Random random;
        private final String[] words;
        private int nextNumber;

        Work(long seed, int firstNumber, String[] words) {
            this.random = new Random(seed);
            this.nextNumber = firstNumber;
            this.words = words;
        }

        void run() throws IOException {
            say("opening");
            open();
            say("working");
            while (true) {
                int dice = random.nextInt(100);
                if (dice < 70) {
                    commit(1);
                } else if (dice < 88) {
                    commit(2 + random.nextInt(5));
                } else if (dice < 91) {
                    log.roll();
                } else if (dice < 94) {
                    long offset = Math.max(log.logStartOffset(), log.logEndOffset() - random.nextInt(150));
                    say("deleting " + offset);
                    log.deleteBefore(offset);
                    say("deleted " + offset);
                } else if (dice < 96) {
                    beIdle();
                } else if (dice < 98) {
                    log.flush();
                } else {
                    log.close();
                    open();
                }
            }
        }

        private void open() {
            log = PartitionLog.open(Path.of(words[3]), options(words[4], Long.parseLong(words[5])));
        }

        private void commit(int batches) throws IOException {
            Commit commit = log.newCommit();
            for (int i = 0; i < batches; i++) {
                int size = 1 + random.nextInt(5);
                say("trying " + size);
                commit.stage(batch(nextNumber, size));
                nextNumber += size;
            }
            log.commit(commit);
            for (int i = 0; i < batches; i++) {
                say("acked " + commit.baseOffset(i));
            }
        }

        /** Long enough for the durable mark. */
        private void beIdle() {
            long until = System.nanoTime() + MARK_DELAY.toNanos();
            while (System.nanoTime() < until) {
                Thread.onSpinWait();
            }
            log.housekeep();
        }
    }
}
