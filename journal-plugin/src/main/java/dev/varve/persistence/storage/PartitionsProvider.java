package dev.varve.persistence.storage;

import com.typesafe.config.Config;
import org.apache.pekko.actor.ExtendedActorSystem;

/**
 * Opens the partitions of stores elsewhere than in files of this process: another form of the port, which the configuration names by its
 * class ({@code cluster.provider} in the section of a plugin). The class has a public constructor without arguments.
 */
public interface PartitionsProvider {

    /**
     * A store.
     *
     * @param kind what it holds: {@code journal}, {@code snapshots} or {@code states}
     * @param partitions how many partitions are configured; 0 if nobody says
     * @param settings the subsection {@code cluster} of the plugin's section
     * @param varve the section {@code varve} as it is for this store: {@code max-batch-bytes}, {@code log}
     */
    record StoreSpec(String kind, int partitions, Config settings, Config varve) {}

    /**
     * What tells stores apart: one that two plugins ask for by the same name is opened once.
     *
     * @throws com.typesafe.config.ConfigException if a value is missing or out of its range
     */
    String name(StoreSpec store);

    /**
     * The partitions of a store. Neither blocks nor fails because something is not there yet: what is asked of the partitions meanwhile waits,
     * or is refused.
     *
     * @throws com.typesafe.config.ConfigException if a value is missing or out of its range
     */
    Partitions open(ExtendedActorSystem system, StoreSpec store);
}
