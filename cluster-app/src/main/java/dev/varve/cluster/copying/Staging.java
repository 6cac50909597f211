package dev.varve.cluster.copying;

import dev.varve.log.io.NioDisk;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Where the copy of a group is put together, and how it takes the place of what the group had.
 *
 * <pre>
 * state/          the files of the state, which go into the directory of that
 * partitions/     the logs of the partitions, which become the directory of those; not there for a group without any
 * decided         the copy is whole and durable: it is to take the place, whatever happens from here on
 * old/            the logs that the group had
 * </pre>
 *
 * <p>Until {@code decided} is there the group is as it was, and the staging directory is worth nothing. From then on the switch is finished, by
 * whoever comes to it: after a crash it goes on with the steps that are left. For one thread.
 */
public final class Staging {
    private static final String DECIDED = "decided";
    /** Where in an image the files of the state are. */
    public static final String STATE = "state";
    /** Where in an image the directories of the logs are. */
    public static final String PARTITIONS = "partitions";

    private static final String OLD = "old";

    private final Path directory;
    private final Path state;
    private final Path partitions;
    private final Steps steps;

    /** Is told before each step of the switch, for tests, which have it fail there. */
    interface Steps {
        void before(String step) throws IOException;
    }

    /**
     * @param directory of the staging, of this group alone
     * @param state the directory with the files of the state
     * @param partitions the directory of the logs of the group; null for a group without any
     */
    public Staging(Path directory, Path state, Path partitions) {
        this(directory, state, partitions, step -> {});
    }

    Staging(Path directory, Path state, Path partitions, Steps steps) {
        this.directory = directory;
        this.state = state;
        this.partitions = partitions;
        this.steps = steps;
    }

    Path directory() {
        return directory;
    }

    /** Throws away what is there, unless that is decided. */
    void begin() throws IOException {
        if (isDecided()) {
            throw new IOException("the copy in " + directory + " is to be switched in already");
        }
        Trees.delete(directory);
        NioDisk.instance().createDirectories(directory);
    }

    /**
     * Puts away a copy that did not come to its end; another one may be begun at once. Does not take long, as {@link #deleteDiscarded} may.
     */
    public void discard() throws IOException {
        if (!isDecided() && Files.exists(directory)) {
            Files.move(
                    directory,
                    directory.resolveSibling(discarded() + UUID.randomUUID()),
                    StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /** Gives back the room of what was discarded. Any thread. */
    public void deleteDiscarded() throws IOException {
        if (!Files.isDirectory(directory.getParent())) {
            return;
        }
        List<Path> all = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory.getParent(), discarded() + "*")) {
            found.forEach(all::add);
        }
        for (Path each : all) {
            Trees.delete(each);
        }
    }

    private String discarded() {
        return directory.getFileName() + "-discarded-";
    }

    /** Whether there is a copy that is to take the place of what the group has. */
    public boolean isDecided() {
        return Files.exists(directory.resolve(DECIDED));
    }

    /** That a decision failed and cannot be taken back for certain: after a loss of power the copy may be decided upon, or not. */
    public static final class UndecidedException extends IOException {
        private static final long serialVersionUID = 1L;

        UndecidedException(Path directory, IOException cause) {
            super("whether the copy in " + directory + " counts cannot be made certain: " + cause.getMessage(), cause);
        }
    }

    /**
     * All files of the copy are there and synced: from here on it counts. Durable when it returns.
     *
     * @throws UndecidedException if nobody knows whether it counts
     * @throws IOException if it does not count
     */
    public void decide() throws IOException {
        Files.createDirectories(directory.resolve(STATE));
        if (partitions != null) {
            Files.createDirectories(directory.resolve(PARTITIONS));
        }
        Trees.syncDirectories(directory);
        steps.before("decide");
        try {
            Trees.create(directory.resolve(DECIDED), new byte[0]);
            steps.before("sync the decision");
            NioDisk.instance().syncDirectory(directory);
            NioDisk.instance().syncDirectory(directory.getParent());
        } catch (IOException | RuntimeException | Error e) {
            takeBack(e);
            throw e;
        }
    }

    private void takeBack(Throwable why) throws UndecidedException {
        try {
            revoke();
        } catch (IOException e) {
            e.addSuppressed(why);
            throw new UndecidedException(directory, e);
        }
    }

    /** Has a copy not count, though it was decided upon. Nothing of it may have taken its place yet. Durable when it returns. */
    public void revoke() throws IOException {
        steps.before("take the decision back");
        Files.deleteIfExists(directory.resolve(DECIDED));
        NioDisk.instance().syncDirectory(directory);
    }

    /** A file of the state in a copy that was decided upon, if nothing of the copy has taken its place yet. */
    public Optional<Path> untouched(String stateFile) {
        boolean isWhole = partitions == null
                || Files.exists(directory.resolve(PARTITIONS)) && !Files.exists(directory.resolve(OLD));
        return Optional.of(directory.resolve(STATE).resolve(stateFile))
                .filter(file -> isDecided() && isWhole && Files.exists(file));
    }

    /**
     * Before the group is opened: has a decided copy take the place of what the group had, or throws away one that is not. Nobody may have a
     * log of the group open. Durable when it returns.
     *
     * @return whether there is another state now
     * @throws IOException if it could not be finished; it can be called again
     */
    public boolean finish() throws IOException {
        boolean decided = isDecided();
        if (decided) {
            switchPartitions();
            switchState();
            steps.before("forget the decision");
            Files.delete(directory.resolve(DECIDED));
            NioDisk.instance().syncDirectory(directory);
        }
        steps.before("clean up");
        Trees.delete(directory);
        return decided;
    }

    private void switchPartitions() throws IOException {
        Path copied = directory.resolve(PARTITIONS);
        if (partitions == null || !Files.exists(copied)) {
            // There are none, or they are in already.
            return;
        }
        NioDisk disk = NioDisk.instance();
        disk.createDirectories(partitions.getParent());
        if (Files.exists(partitions)) {
            steps.before("put the old logs away");
            Files.move(partitions, directory.resolve(OLD), StandardCopyOption.ATOMIC_MOVE);
            disk.syncDirectory(directory);
            disk.syncDirectory(partitions.getParent());
        }
        steps.before("put the copied logs in");
        Files.move(copied, partitions, StandardCopyOption.ATOMIC_MOVE);
        disk.syncDirectory(partitions.getParent());
        disk.syncDirectory(directory);
    }

    private void switchState() throws IOException {
        Path copied = directory.resolve(STATE);
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(copied)) {
            found.forEach(files::add);
        }
        files.sort(null);
        for (Path file : files) {
            steps.before("put the file " + file.getFileName() + " of the state in");
            Files.move(
                    file,
                    state.resolve(file.getFileName()),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        }
        NioDisk.instance().syncDirectory(state);
        NioDisk.instance().syncDirectory(copied);
    }
}
