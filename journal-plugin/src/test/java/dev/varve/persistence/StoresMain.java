package dev.varve.persistence;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.conformance.SnapshotProbe;
import dev.varve.persistence.state.VarveDurableStateStore;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.state.DurableStateStoreRegistry;

/**
 * Saves snapshots and deletes old ones, and stores and deletes states, until the process is killed. Says what it is going to do, and what was
 * acknowledged:
 *
 * <pre>
 * sends snapshot ID NUMBER     acked snapshot ID NUMBER
 *                              acked deletion ID NUMBER
 * sends state ID NUMBER        acked state ID NUMBER
 * </pre>
 */
final class StoresMain {
    static final List<String> IDS = List.of("killed|1", "killed|2", "Aa|killed", "BB|killed");
    private static final int MAX_PADDING = 20_000;
    private static final int DELETION_EVERY = 7;

    private StoresMain() {}

    static String text(String id, long number) {
        return id + " " + number + " " + "x".repeat((int) (number * 7_919 % MAX_PADDING));
    }

    /** What is stored at a revision; some are deletions. */
    static Optional<Object> state(String id, long revision) {
        return revision % DELETION_EVERY == 0 ? Optional.empty() : Optional.of(text(id, revision));
    }

    @SuppressWarnings("unchecked")
    public static void main(String[] arguments) {
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            failure.printStackTrace();
            Runtime.getRuntime().halt(1);
        });
        PrintStream output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Random random = new Random(Long.parseLong(arguments[1]));
        ActorTestKit kit = ActorTestKit.create("killed", ConfigFactory.parseFile(new File(arguments[0])));
        SnapshotProbe snapshots = new SnapshotProbe(kit);
        VarveDurableStateStore<Object> states = DurableStateStoreRegistry.get(
                        kit.system().classicSystem())
                .getDurableStateStoreFor(VarveDurableStateStore.class, "");
        while (true) {
            String id = IDS.get(random.nextInt(IDS.size()));
            long number = 1
                    + snapshots
                            .load(id)
                            .map(loaded -> loaded.metadata().sequenceNr())
                            .orElse(0L);
            output.println("sends snapshot " + id + " " + number);
            snapshots.save(SnapshotMetadata.apply(id, number), text(id, number));
            output.println("acked snapshot " + id + " " + number);
            if (random.nextBoolean()) {
                snapshots.delete(id, SnapshotSelectionCriteria.create(number - 1, Long.MAX_VALUE));
                output.println("acked deletion " + id + " " + (number - 1));
            }
            long revision = 1 + await(states.getObject(id)).revision();
            output.println("sends state " + id + " " + revision);
            Optional<Object> state = state(id, revision);
            await(
                    state.isPresent()
                            ? states.upsertObject(id, revision, state.get(), "")
                            : states.deleteObject(id, revision));
            output.println("acked state " + id + " " + revision);
        }
    }

    private static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    }
}
