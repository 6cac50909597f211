package dev.varve.cluster;

import dev.varve.cluster.GroupCommand.Append;
import dev.varve.cluster.GroupCommand.Configure;
import dev.varve.cluster.GroupCommand.LogSettings;
import dev.varve.cluster.GroupCommand.Open;
import dev.varve.log.format.Compression;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** A group of a topic that is compressed by Zstandard: what its entries give, line by line, and then what the log has. */
public final class ReplicaWithoutZstdMain {
    private static final PartitionId ID = new PartitionId(7, 0);
    private static final LogSettings ZSTD = new LogSettings(1 << 20, Compression.ZSTD);
    private static final LogSettings LZ4 = new LogSettings(1 << 20, Compression.LZ4);

    private ReplicaWithoutZstdMain() {}

    public static void main(String[] args) throws IOException {
        System.out.println("zstd is available: " + Compression.ZSTD.isAvailable());
        run(Path.of(System.getenv("VARVE_TEST_DIRECTORY"))).forEach(System.out::println);
    }

    static List<String> run(Path root) throws IOException {
        try (NodeDirectory directory = NodeDirectory.open(ClusterSettings.single(root, "127.0.0.1:1"))) {
            GroupState state = new GroupState(0, directory);
            state.begin();
            List<GroupCommand> commands = List.of(
                    new Open(ID, 11, ZSTD),
                    append("a"),
                    new Configure(ID.topicId(), LZ4),
                    append("b"),
                    new Configure(ID.topicId(), ZSTD),
                    append("c"));
            List<byte[]> results = state.apply(
                    1, 1, commands.stream().map(GroupCommand::encode).toList());
            var log = state.replica(ID).orElseThrow().log();
            List<String> texts = new ArrayList<>();
            log.read(0, 1 << 20).forEach(record -> texts.add(Asking.text(record).substring(0, 1)));
            state.release();
            return Stream.concat(results.stream().map(GroupResult::decode).map(Object::toString), texts.stream())
                    .toList();
        }
    }

    private static Append append(String value) {
        return new Append(ID, List.of(Asking.record(value.repeat(1_000))), OptionalLong.empty(), null);
    }
}
