package dev.varve.cluster;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.statemachine.SnapshotInfo;

/**
 * A snapshot of a {@link ReplicatedState} by the header of its file: the version of what is in it, and the entry up to which it counts. Behind
 * the header comes the state.
 *
 * @param termIndex the last entry that is in the state
 */
record StateSnapshot(TermIndex termIndex) implements SnapshotInfo {
    private static final int VERSION = 2;

    /** The last entry of the snapshot in a file; -1 if there is none. */
    static long indexIn(Path file) throws IOException {
        Optional<byte[]> saved = DurableFile.read(file);
        if (saved.isEmpty()) {
            return -1;
        }
        try (Input input = new Input(saved.get())) {
            return readHeader(file, input).getIndex();
        }
    }

    /** Reads up to where the state begins. */
    static StateSnapshot readHeader(Path file, Input input) throws IOException {
        int version = input.readByte();
        if (version != VERSION) {
            throw new IOException(file + " is of version " + version + "; this program knows " + VERSION
                    + ". Use the one that wrote it, or a later one");
        }
        return new StateSnapshot(TermIndex.valueOf(input.readLong(), input.readLong()));
    }

    void writeHeader(Output output) {
        output.writeByte(VERSION);
        output.writeLong(termIndex.getTerm());
        output.writeLong(termIndex.getIndex());
    }

    @Override
    public TermIndex getTermIndex() {
        return termIndex;
    }

    /** None: Ratis copies no files of ours. */
    @Override
    public List<FileInfo> getFiles() {
        return List.of();
    }
}
