package dev.varve.persistence.storage;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
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
 * The stores of an actor system: the plugins for writing and those for reading share one by its directory. Stores are opened when they are
 * first asked for and closed cleanly when the system ends. Thread-safe.
 */
public final class VarveStorage implements Extension {
    private static final ExtensionIds ID = new ExtensionIds();

    private final ExtendedActorSystem system;
    private final Map<Path, Store<?>> stores = new HashMap<>();

    private record Store<T>(String kind, LocalPartitions partitions, T wrapped) {}

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
     * @param section of a plugin, with {@code directory}, {@code partitions}, and what it has to say otherwise than {@code varve} in {@code log},
     *     {@code partition} and {@code max-batch-bytes}
     * @param defaultName the directory below {@code varve.directory} if the section names none
     * @param wrap makes of the partitions what the plugin needs; the same for all that ask for the directory
     * @throws ConfigException if a value is missing or out of its range
     */
    @SuppressWarnings("unchecked")
    public synchronized <T> T store(
            Config section, String defaultName, BiFunction<PartitionRequests, ExtendedActorSystem, T> wrap) {
        StorageSettings settings = StorageSettings.of(system.settings().config(), section, defaultName);
        Store<?> store = stores.get(settings.directory());
        if (store == null) {
            store = open(settings, defaultName, wrap);
            stores.put(settings.directory(), store);
        } else if (!store.kind().equals(defaultName)) {
            throw new ConfigException.Generic("the directory " + settings.directory() + " is configured for "
                    + store.kind() + " and for " + defaultName + "; each needs one of its own");
        } else if (settings.partitions() != 0
                && settings.partitions() != store.partitions().count()) {
            throw new ConfigException.Generic("the store in " + settings.directory() + " has "
                    + store.partitions().count() + " partitions, which never changes, but " + settings.partitions()
                    + " are configured; set partitions to that or to 0");
        }
        return (T) store.wrapped();
    }

    private <T> Store<T> open(
            StorageSettings settings, String defaultName, BiFunction<PartitionRequests, ExtendedActorSystem, T> wrap) {
        String name = defaultName + (stores.isEmpty() ? "" : "-" + stores.size());
        int count = PartitionCount.of(settings.directory(), settings.partitions(), StorageSettings.DEFAULT_PARTITIONS);
        LocalPartitions partitions = LocalPartitions.open(system, name, count, settings::partition);
        Scheduler scheduler = Adapter.toTyped(system).scheduler();
        return new Store<>(
                defaultName,
                partitions,
                wrap.apply(new PartitionRequests(partitions, scheduler, settings.requestTimeout()), system));
    }
}
