package dev.varve.persistence.conformance;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.conformance.Notebook.Add;
import dev.varve.persistence.conformance.Notebook.Command;
import dev.varve.persistence.conformance.Notebook.Options;
import dev.varve.persistence.conformance.Notebook.Page;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * Entities that write until the process is killed. Each says what it is going to write, and what was acknowledged:
 *
 * <pre>
 * sends ID FIRST LAST
 * acked ID LAST
 * </pre>
 */
final class WriterMain {
    static final List<String> IDS = List.of("killed|1", "killed|2", "killed|3", "Aa|killed", "BB|killed");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int MAX_EVENTS = 12;
    private static final int MAX_PADDING = 3000;

    private WriterMain() {}

    public static void main(String[] arguments) {
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            failure.printStackTrace();
            // Otherwise the actor system would live on, and nobody would hear of the failure.
            Runtime.getRuntime().halt(1);
        });
        // Flushed at each line: nothing of what was said may wait in this process.
        PrintStream output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Random random = new Random(Long.parseLong(arguments[1]));
        ActorTestKit kit = ActorTestKit.create("killed", ConfigFactory.parseFile(new File(arguments[0])));
        List<ActorRef<Command>> notebooks = new ArrayList<>();
        List<TestProbe<Page>> inboxes = new ArrayList<>();
        long[] last = new long[IDS.size()];
        for (int i = 0; i < IDS.size(); i++) {
            notebooks.add(kit.spawn(Notebook.create(IDS.get(i), Options.plain())));
            inboxes.add(kit.createTestProbe());
            notebooks.get(i).tell(new Add(List.of(), inboxes.get(i).ref()));
            last[i] = inboxes.get(i).receiveMessage(PATIENCE).sequenceNr();
        }
        while (true) {
            for (int i = 0; i < IDS.size(); i++) {
                int events = 1 + random.nextInt(MAX_EVENTS);
                output.println("sends " + IDS.get(i) + " " + (last[i] + 1) + " " + (last[i] + events));
                notebooks
                        .get(i)
                        .tell(new Add(
                                events(random, last[i] + 1, events),
                                inboxes.get(i).ref()));
            }
            for (int i = 0; i < IDS.size(); i++) {
                last[i] = inboxes.get(i).receiveMessage(PATIENCE).sequenceNr();
                output.println("acked " + IDS.get(i) + " " + last[i]);
            }
        }
    }

    /** Each event says of which write it is: {@code FIRST LAST NUMBER PADDING}. */
    private static List<String> events(Random random, long first, int count) {
        List<String> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            events.add(first + " " + (first + count - 1) + " " + (first + i) + " "
                    + "x".repeat(random.nextInt(MAX_PADDING)));
        }
        return events;
    }
}
