package dev.varve.log.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.Ledger;
import dev.varve.log.format.NewRecord;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A log in a process of its own, driven from here; keeps the books on what it was told and said. For one thread at a time. */
final class RemoteLog implements Closeable {
    private final ChildJvm process;
    private final Ledger ledger;
    private int nextNumber;

    private RemoteLog(ChildJvm process, Ledger ledger) {
        this.process = process;
        this.ledger = ledger;
    }

    static RemoteLog start() throws IOException {
        return start(List.of(), Map.of());
    }

    /** Starts the process; see {@link ChildJvm#start}. */
    static RemoteLog start(List<String> wrapper, Map<String, String> environment) throws IOException {
        ChildJvm process = ChildJvm.start(RemoteLogMain.class, wrapper, environment);
        assertThat(process.nextLine()).isEqualTo("ready");
        return new RemoteLog(process, new Ledger());
    }

    /** The same process, with books in which nothing is written yet. */
    RemoteLog withNewBooks() {
        return new RemoteLog(process, new Ledger());
    }

    ChildJvm process() {
        return process;
    }

    /** What was acknowledged, or is in doubt. */
    Ledger ledger() {
        return ledger;
    }

    /** Sends a command; the answer. */
    String ask(String command) throws IOException {
        process.send(command);
        return process.nextLine();
    }

    /** Sends a command that must be carried out; the answer. */
    String tell(String command) throws IOException {
        String answer = ask(command);
        assertThat(answer).as("answer to %s", command).doesNotStartWith("refused");
        return answer;
    }

    String open(Path directory, String sync, long segmentBytes) throws IOException {
        return ask("open " + directory + " " + sync + " " + segmentBytes);
    }

    /** Appends a batch of so many records and notes down what the log said to it. */
    String append(int size) throws IOException {
        List<NewRecord> records = ledger.batch(size);
        int number = nextNumber;
        nextNumber += size;
        String answer = ask("append " + number + " " + size);
        if (answer.startsWith("acked ")) {
            ledger.acknowledge(Long.parseLong(answer.substring("acked ".length())), records);
        } else if (answer.startsWith("refused OutcomeUnknown")) {
            ledger.doubt(records);
        }
        return answer;
    }

    /** Everything acknowledged can be read where it runs, and nothing else. */
    void checkReadable() throws IOException {
        StringBuilder expected = new StringBuilder("records");
        for (Map.Entry<Long, NewRecord> entry : ledger.acknowledged().entrySet()) {
            int number = ByteBuffer.wrap(entry.getValue().value()).getInt();
            expected.append(' ').append(entry.getKey()).append(':').append(number);
        }
        assertThat(ask("read")).isEqualTo(expected.toString());
    }

    @Override
    public void close() throws IOException {
        process.close();
    }
}
