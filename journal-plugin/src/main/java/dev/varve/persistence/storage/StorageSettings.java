package dev.varve.persistence.storage;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import dev.varve.partition.PartitionSettings;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Where a store lies and how its partitions are opened.
 *
 * @param directory absolute
 * @param partitions how many a new store gets and an existing one must have; 0 for whatever it has
 * @param keyMemoryBytes for each partition, see {@link dev.varve.log.LogOptions#keyMemoryBytes()}
 * @param requestTimeout how long a partition may take to answer
 */
record StorageSettings(
        Path directory, int partitions, long keyMemoryBytes, Duration requestTimeout, Config partitionConfig) {

    /** Of a new store, if nobody says otherwise. One sync for all, see docs/PERFORMANCE.md. */
    static final int DEFAULT_PARTITIONS = 1;

    static final String LOCAL = "local";
    static final String CLUSTER = "cluster";

    static StorageSettings of(Config root, Config section, String defaultName) {
        Config varve = root.getConfig("varve");
        return new StorageSettings(
                directory(varve, section, defaultName),
                partitions(section),
                section.getBytes("key-memory-bytes"),
                section.getDuration("request-timeout"),
                partitionConfig(varve, section));
    }

    /** Where the store of a section is: {@code local} or {@code cluster}. */
    static String backend(Config root, Config section) {
        String own = section.getString("backend");
        String backend = own.isBlank() ? root.getString("varve.journal.backend") : own;
        if (!backend.equals(LOCAL) && !backend.equals(CLUSTER)) {
            throw new ConfigException.BadValue(
                    section.getValue("backend").origin(), "backend", "local or cluster, not " + backend);
        }
        return backend;
    }

    static int partitions(Config section) {
        int partitions = section.getInt("partitions");
        if (partitions < 0 || partitions > Partitions.SLICES) {
            throw new ConfigException.BadValue(
                    section.getValue("partitions").origin(),
                    "partitions",
                    "from 1 to " + Partitions.SLICES + ", or 0 for what the store has, not " + partitions);
        }
        return partitions;
    }

    /** What {@code varve} says, and before it what the section says. */
    static Config partitionConfig(Config varve, Config section) {
        return overlay(varve, section, "log", "partition", "max-batch-bytes");
    }

    /** What the section says goes before what {@code varve} says. */
    private static Config overlay(Config varve, Config section, String... paths) {
        Config overlaid = varve;
        for (String path : paths) {
            if (section.hasPath(path)) {
                overlaid = section.withOnlyPath(path).withFallback(overlaid);
            }
        }
        return overlaid;
    }

    private static Path directory(Config varve, Config section, String defaultName) {
        String own = section.getString("directory");
        if (!own.isBlank()) {
            return Path.of(own).toAbsolutePath().normalize();
        }
        String common = varve.getString("directory");
        if (common.isBlank()) {
            throw new ConfigException.Missing("varve.directory: say where varve keeps its files");
        }
        return Path.of(common).resolve(defaultName).toAbsolutePath().normalize();
    }

    PartitionSettings partition(int index) {
        Path log = StoreDirectory.partition(directory, index);
        PartitionSettings settings = PartitionSettings.fromConfig(log, partitionConfig);
        return settings.withLog(settings.log().withKeyMemoryBytes(keyMemoryBytes));
    }
}
