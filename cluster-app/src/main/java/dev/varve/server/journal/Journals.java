package dev.varve.server.journal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import dev.varve.persistence.journal.VarveJournal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.CoordinatedShutdown;
import scala.concurrent.Await;

/**
 * Two journals that a configuration describes, one that events are carried from and one that they are carried to, in an actor system for that
 * alone.
 */
public final class Journals implements AutoCloseable {
    /** The journal plugin of varve. */
    public static final String VARVE = "varve.journal";

    private static final String LEVEL_DB = "org.apache.pekko.persistence.journal.leveldb.LeveldbJournal";
    private static final Map<String, String> READ_JOURNALS =
            Map.of("pekko.persistence.journal.leveldb", "pekko.persistence.query.journal.leveldb");
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** The system is for one task, which ends it. */
    private static final Config OVERRIDES = ConfigFactory.parseString(
            """
            pekko {
              actor.provider = local
              coordinated-shutdown.run-by-jvm-shutdown-hook = off
              daemonic = on
              jvm-exit-on-fatal-error = off
              loggers = ["org.apache.pekko.event.slf4j.Slf4jLogger"]
              loglevel = WARNING
              stdout-loglevel = OFF
              log-dead-letters = off
            }
            """);

    private final ActorSystem system;
    private final Plan plan;

    /**
     * What is to be carried.
     *
     * @param from the journal plugin
     * @param query the read journal for it; null for the usual one. Not needed where the source is of varve
     * @param to the journal plugin
     * @param tags which tags are looked for; not needed where the source is of varve
     * @param persistenceIds which of them; all if empty
     */
    public record Plan(String from, String query, String to, List<String> tags, List<String> persistenceIds) {}

    /**
     * What was done.
     *
     * @param persistenceIds how many are in the target now as they are in the source
     * @param events how many events were carried
     * @param alreadyThere how many of the persistence ids had events in the target
     * @param deletedPrefixes of how many events are deleted at the source, and in the target
     * @param notCarried how many persistence ids were not carried, or not all of them
     * @param isComplete false if it was asked to stop
     * @param notes what is carried of no event
     */
    public record Result(
            long persistenceIds,
            long events,
            long alreadyThere,
            long deletedPrefixes,
            long notCarried,
            boolean isComplete,
            List<String> notes) {}

    private Journals(ActorSystem system, Plan plan) {
        this.system = system;
        this.plan = plan;
    }

    /**
     * Starts the actor system.
     *
     * @param file the configuration in HOCON; null if that which is on the class path will do
     * @param varveDirectory {@code varve.directory}; null if the file says
     * @throws ConfigException if the configuration does not describe both
     */
    public static Journals open(Path file, Path varveDirectory, Plan plan) {
        Config own = file == null
                ? ConfigFactory.empty()
                : ConfigFactory.parseFile(
                        file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false));
        if (varveDirectory != null) {
            own = ConfigFactory.parseMap(Map.of(
                            "varve.directory", varveDirectory.toAbsolutePath().toString()))
                    .withFallback(own);
        }
        // Read journals that are not told which journal they are for read this one.
        Config config =
                ConfigFactory.load(ConfigFactory.parseMap(Map.of("pekko.persistence.journal.plugin", plan.from()))
                        .withFallback(OVERRIDES)
                        .withFallback(own));
        if (plan.from().equals(plan.to())) {
            throw new ConfigException.Generic("both journals are " + plan.from());
        }
        for (String plugin : List.of(plan.from(), plan.to())) {
            requireDescribed(config, plugin);
            requireLevelDb(config.getConfig(plugin));
        }
        return new Journals(ActorSystem.create("varve-journals", config), plan);
    }

    private static void requireDescribed(Config config, String plugin) {
        if (!config.hasPath(plugin + ".class")) {
            throw new ConfigException.Generic("the configuration does not describe " + plugin);
        }
    }

    private String query() {
        String query = plan.query() == null ? READ_JOURNALS.get(plan.from()) : plan.query();
        if (query == null) {
            throw new ConfigException.Generic(
                    "which read journal goes with " + plan.from() + " is not known; say it by --query");
        }
        requireDescribed(system.settings().config(), query);
        return query;
    }

    /** Pekko would end the process, without a word that helps. */
    private static void requireLevelDb(Config section) {
        if (isLevelDb(section)) {
            boolean isNative = section.getBoolean("native");
            String factory =
                    isNative ? "org.fusesource.leveldbjni.JniDBFactory" : "org.iq80.leveldb.impl.Iq80DBFactory";
            try {
                Class.forName(factory, false, Journals.class.getClassLoader());
            } catch (ClassNotFoundException e) {
                throw new TransferFailedException(
                        "LevelDB is not on the class path; name the jars of "
                                + (isNative ? "org.fusesource.leveldbjni:leveldbjni-all" : "org.iq80.leveldb:leveldb")
                                + " in VARVE_CLASSPATH (with native = " + (isNative ? "off" : "on")
                                + " in the section of the journal the other one is used)",
                        e);
            }
        }
    }

    private static boolean isLevelDb(Config section) {
        return section.getString("class").equals(LEVEL_DB);
    }

    private boolean isVarve(String plugin) {
        return section(plugin).getString("class").equals(VarveJournal.class.getName());
    }

    private Config section(String plugin) {
        return system.settings().config().getConfig(plugin);
    }

    /**
     * Carries the events. Blocks.
     *
     * @param notCarried told of persistence ids that are not carried, and why; one call at a time, on any thread
     * @param isAskedToStop whether to end early
     * @throws TransferFailedException if a journal cannot be read or written at all
     */
    public Result transfer(BiConsumer<String, String> notCarried, BooleanSupplier isAskedToStop) {
        EventSource source = isVarve(plan.from())
                ? new VarveSource(system, section(plan.from()))
                : new PekkoSource(system, plan.from(), query(), plan.tags(), isLevelDb(section(plan.from())));
        EventTarget target = isVarve(plan.to())
                ? new VarveTarget(system, plan.to(), section(plan.to()))
                : new PekkoTarget(system, plan.to(), plan.from());
        Iterator<String> ids = plan.persistenceIds().isEmpty()
                ? source.ids().iterator()
                : plan.persistenceIds().iterator();
        Transfer.Summary done = run(new Transfer(source, target, notCarried, isAskedToStop), ids);
        source.requireThere();
        target.requireThere();
        return new Result(
                done.persistenceIds(),
                done.events(),
                done.alreadyThere(),
                done.deletedPrefixes(),
                done.notCarried(),
                done.isComplete(),
                notes(source));
    }

    private Transfer.Summary run(Transfer transfer, Iterator<String> ids) {
        try {
            return transfer.run(ids);
        } catch (TransferFailedException e) {
            throw e;
        } catch (RuntimeException e) {
            if (CoordinatedShutdown.get(system).getShutdownReason().isPresent()) {
                throw new TransferFailedException("a journal could not be started or has ended, see above", e);
            }
            throw e;
        }
    }

    private List<String> notes(EventSource source) {
        List<String> notes = new ArrayList<>(source.notes());
        if (!isVarve(plan.to())) {
            notes.add("timestamps: " + plan.to() + " sets its own, if it does");
        }
        notes.add("offsets: readers of " + plan.to()
                + " begin anew, and the order of events of different persistence ids is another");
        return notes;
    }

    /** Ends the actor system, which closes both journals. Blocks until it has. */
    @Override
    public void close() {
        system.terminate();
        try {
            Await.ready(
                    system.whenTerminated(),
                    scala.concurrent.duration.Duration.create(PATIENCE.toSeconds(), TimeUnit.SECONDS));
        } catch (TimeoutException e) {
            throw new TransferFailedException("the journals do not close", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
