package dev.varve.persistence.storage;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import dev.varve.persistence.storage.PartitionsProvider.StoreSpec;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;
import org.apache.pekko.actor.ExtensionId;
import org.apache.pekko.actor.ExtensionIdProvider;
import org.apache.pekko.actor.typed.Scheduler;
import org.apache.pekko.actor.typed.javadsl.Adapter;

/**
 * The stores of an actor system: the plugins for writing and those for reading share one by its directory, or by its name where it is
 * not in files of this process ({@link PartitionsProvider}). Stores are opened when they are first asked for and closed cleanly when the system ends. Thread-safe.
 */
public final class VarveStorage implements Extension {
    private static final ExtensionIds ID = new ExtensionIds();

    private final ExtendedActorSystem system;
    /** By their directories, or, elsewhere, by their names. */
    private final Map<Object, Store<?>> stores = new HashMap<>();

    private record Store<T>(String kind, Partitions partitions, T wrapped) {}

    private static final class ExtensionIds extends AbstractExtensionId<VarveStorage> implements ExtensionIdProvider {
        @Override
        public VarveStorage createExtension(ExtendedActorSystem system) {
            return new VarveStorage(system);
        }

        @Override
        public ExtensionId<? extends Extension> lookup() {
            return this;
        }
    }

    /** The stores of this system. */
    public static VarveStorage get(ClassicActorSystemProvider system) {
        return ID.get(system);
    }

    private VarveStorage(ExtendedActorSystem system) {
        this.system = system;
        CoordinatedShutdown.get(system)
                .addTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate(), "close-varve-stores", this::closeAll);
    }

    private synchronized CompletionStage<Done> closeAll() {
        CompletionStage<Done> all = CompletableFuture.completedFuture(Done.getInstance());
        for (Store<?> store : stores.values()) {
            all = all.thenCombine(store.partitions().close(), (done, closed) -> closed);
        }
        return all;
    }

    /**
     * The store that a section of the configuration describes, opened and wrapped by whoever asks first.
     *
     * @param section of a plugin, with {@code backend}, {@code directory} or {@code cluster}, {@code partitions}, and what it has to say otherwise than {@code varve} in {@code log},
     *     {@code partition} and {@code max-batch-bytes}
     * @param defaultName the directory below {@code varve.directory} if the section names none
     * @param wrap makes of the partitions what the plugin needs; the same for all that ask for the directory
     * @throws ConfigException if a value is missing or out of its range
     */
    public synchronized <T> T store(
            Config section, String defaultName, BiFunction<PartitionRequests, ExtendedActorSystem, T> wrap) {
        Config root = system.settings().config();
        int wanted = StorageSettings.partitions(section);
        Duration timeout = section.getDuration("request-timeout");
        if (StorageSettings.backend(root, section).equals(StorageSettings.CLUSTER)) {
            PartitionsProvider provider = provider(section.getString("cluster.provider"));
            StoreSpec spec = new StoreSpec(
                    defaultName,
                    wanted,
                    section.getConfig("cluster"),
                    StorageSettings.partitionConfig(root.getConfig("varve"), section));
            String name = provider.name(spec);
            return store(name, "topic " + name, wanted, defaultName, () -> provider.open(system, spec), timeout, wrap);
        }
        StorageSettings settings = StorageSettings.of(root, section, defaultName);
        return store(
                settings.directory(),
                "directory " + settings.directory(),
                wanted,
                defaultName,
                () -> open(settings, defaultName),
                timeout,
                wrap);
    }

    @SuppressWarnings("unchecked")
    private <T> T store(
            Object key,
            String place,
            int wanted,
            String kind,
            Supplier<Partitions> open,
            Duration timeout,
            BiFunction<PartitionRequests, ExtendedActorSystem, T> wrap) {
        Store<?> store = stores.get(key);
        if (store == null) {
            Partitions partitions = open.get();
            Scheduler scheduler = Adapter.toTyped(system).scheduler();
            store = new Store<>(
                    kind, partitions, wrap.apply(new PartitionRequests(partitions, scheduler, timeout), system));
            stores.put(key, store);
        } else if (!store.kind().equals(kind)) {
            throw new ConfigException.Generic("the " + place + " is configured for " + store.kind() + " and for " + kind
                    + "; each needs one of its own");
        } else if (wanted != 0 && wanted != store.partitions().count()) {
            throw new ConfigException.Generic("the store in the " + place + " has "
                    + store.partitions().count() + " partitions, which never changes, but " + wanted
                    + " are configured; set partitions to that or to 0");
        }
        return (T) store.wrapped();
    }

    private LocalPartitions open(StorageSettings settings, String defaultName) {
        String name = defaultName + (stores.isEmpty() ? "" : "-" + stores.size());
        int count = PartitionCount.of(settings.directory(), settings.partitions(), StorageSettings.DEFAULT_PARTITIONS);
        return LocalPartitions.open(system, name, count, settings::partition);
    }

    private PartitionsProvider provider(String className) {
        try {
            return Class.forName(className, true, system.dynamicAccess().classLoader())
                    .asSubclass(PartitionsProvider.class)
                    .getConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException | ClassCastException e) {
            throw new ConfigException.Generic(
                    "the class " + className + " (cluster.provider) cannot be used: " + e
                            + ". For stores in a cluster add dev.varve:varve-cluster-app to the application",
                    e);
        }
    }
}
