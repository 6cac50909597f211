package dev.varve.cluster;

import com.esotericsoftware.kryo.io.Input;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.apache.ratis.protocol.RaftGroup;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replica that does not know any more in which term it was, and for whom it voted. When Ratis finds no room to note that down it puts an
 * empty file in the place of what it had noted before, and does not start with such a file.
 *
 * <p>What matters is that a replica never votes twice in a term. So it goes on in a term that is far above any in which it can have voted,
 * which a replica may do at any time: the others follow, with one election.
 */
final class LostVote {
    private static final Logger LOGGER = LoggerFactory.getLogger(LostVote.class);

    /** More than eleven days of nothing but elections could bring since the last snapshot. */
    private static final long TERMS = 2_000_000;

    private LostVote() {}

    /**
     * Replaces what is empty. To be called while Ratis does not run.
     *
     * @param snapshot the last snapshot of the group, which tells of a term; needs not be there
     */
    static void replace(Path raftDirectory, RaftGroup group, Path snapshot) throws IOException {
        Path file = raftDirectory
                .resolve(group.getGroupId().getUuid().toString())
                .resolve("current")
                .resolve("raft-meta");
        if (!Files.isRegularFile(file) || Files.size(file) > 0) {
            return;
        }
        long term = termOf(snapshot) + TERMS;
        Path temporary = file.resolveSibling("raft-meta.lost");
        Files.writeString(temporary, "votedFor=\nterm=" + term + "\n");
        sync(temporary);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        sync(file.getParent());
        LOGGER.warn(
                "{} was empty: there was no room when it was last written. This replica goes on in term {}, above any in"
                        + " which it can have voted; the group elects a leader once more. No record is concerned",
                file,
                term);
    }

    private static long termOf(Path snapshot) throws IOException {
        Optional<byte[]> saved = DurableFile.read(snapshot);
        if (saved.isEmpty()) {
            return 0;
        }
        try (Input input = new Input(saved.get())) {
            // As ReplicatedState writes it: the version, then the term.
            input.readByte();
            return input.readLong();
        }
    }

    private static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
