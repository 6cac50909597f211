package dev.varve.partition.testkit;

import dev.varve.log.LogOptions;
import dev.varve.log.testkit.SimDisk;
import dev.varve.partition.IoExecutors;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionSettings;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import org.apache.pekko.actor.typed.Behavior;

/**
 * A real partition actor on a {@link SimDisk}: everything is as in production, but for the disk, which is memory, and the
 * threads: the disk's work is done at once, by the actor itself, unless other executors are given. So tests need no files,
 * no waiting, and can have the disk fail, fill up, or lose its power. Spawn {@link #behavior()} with the ActorTestKit, or run it in a
 * BehaviorTestKit; spawn it again to see the actor recover what the last one left.
 */
public final class InMemoryPartition {
    private static final Path DIRECTORY = Path.of("/in-memory/partition");

    private final SimDisk disk;
    private final PartitionSettings settings;
    private final IoExecutors executors;

    private InMemoryPartition(SimDisk disk, PartitionSettings settings, IoExecutors executors) {
        this.disk = disk;
        this.settings = settings;
        this.executors = executors;
    }

    /** An empty partition with the default settings. */
    public static InMemoryPartition create() {
        return create(new SimDisk(0));
    }

    /** The partition that is on a disk, or an empty one if there is none. */
    public static InMemoryPartition create(SimDisk disk) {
        Executor atOnce = Runnable::run;
        return new InMemoryPartition(
                disk,
                PartitionSettings.of(DIRECTORY, LogOptions.defaults().withDisk(disk)),
                new IoExecutors(atOnce, atOnce));
    }

    /** The same with other settings; the directory and the disk are to stay. */
    public InMemoryPartition withSettings(UnaryOperator<PartitionSettings> change) {
        return new InMemoryPartition(disk, change.apply(settings), executors);
    }

    /** The same with other options of the log; the disk is to stay. */
    public InMemoryPartition withLog(UnaryOperator<LogOptions> change) {
        return withSettings(before -> before.withLog(change.apply(before.log())));
    }

    /** The same with the disk's work done elsewhere: by executors that a test controls, or real threads. */
    public InMemoryPartition withExecutors(IoExecutors newExecutors) {
        return new InMemoryPartition(disk, settings, newExecutors);
    }

    /** An actor that opens the log on the disk and owns it. One at a time. */
    public Behavior<Command> behavior() {
        return PartitionActor.create(settings, executors);
    }

    public SimDisk disk() {
        return disk;
    }

    public PartitionSettings settings() {
        return settings;
    }
}
