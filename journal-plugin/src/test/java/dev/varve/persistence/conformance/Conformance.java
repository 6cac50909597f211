package dev.varve.persistence.conformance;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the parts of the suite have in common. Extend one of {@link JournalConformance}, {@link SnapshotStoreConformance},
 * {@link DurableStateConformance}, {@link ReadJournalConformance}, {@link TypedConformance} and {@link KillConformance}, and
 * {@linkplain #describe describe} the plugin.
 *
 * <p>One actor system serves all cases of a class, and each case has persistence ids of its own; so a store that other things
 * use as well will do, as long as nobody else writes to it meanwhile.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
public abstract class Conformance implements Fixture {
    private final AtomicInteger lastPersistenceId = new AtomicInteger();
    private PluginUnderTest plugin;
    private ActorTestKit kit;

    /**
     * Describes the plugin. Called once for each class of tests, before its first case.
     *
     * @param directory an empty directory for the plugin to store in, deleted after the last case
     */
    protected abstract PluginUnderTest describe(Path directory);

    @BeforeAll
    final void startOn(@TempDir Path directory) {
        plugin = describe(directory);
        startSystem();
    }

    @AfterAll
    final void stopAtTheEnd() {
        if (kit != null) {
            stopSystem();
        }
    }

    final void startSystem() {
        kit = ActorTestKit.create("conformance", configOf(plugin));
    }

    final void stopSystem() {
        kit.shutdownTestKit();
        kit = null;
    }

    /** The configuration of the plugin with what the suite adds, but for {@code reference.conf}. */
    static Config configOf(PluginUnderTest plugin) {
        String journal = "pekko.persistence.journal.plugin";
        Config adapters = plugin.config().hasPath(journal)
                ? TemperatureAdapter.config(plugin.config().getString(journal))
                : ConfigFactory.empty();
        return adapters.withFallback(plugin.config())
                .withFallback(ConfigFactory.parseResources(Conformance.class, "conformance.conf"))
                .resolve();
    }

    @Override
    public final ActorTestKit kit() {
        return kit;
    }

    @Override
    public final PluginUnderTest plugin() {
        return plugin;
    }

    @Override
    public final void restart() {
        stopSystem();
        startSystem();
    }

    @Override
    public final String newPersistenceId() {
        return "entity|" + getClass().getSimpleName() + "-" + lastPersistenceId.incrementAndGet() + "-"
                + UUID.randomUUID();
    }
}
