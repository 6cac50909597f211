package dev.varve.cluster;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.cluster.GroupCommand.LogSettings;
import dev.varve.log.format.Compression;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * A topic as the topics' group holds it.
 *
 * @param id the index of the entry that created it
 * @param groups how many groups there were then; its partitions go round them
 * @param seed drawn when it was created: what the ids of its logs are made from, and the group of its first partition, which is the one
 *     that {@link Placement} says
 */
record Topic(long id, String name, int partitions, int groups, long seed, TopicSettings settings) {

    int group(int partition) {
        return Math.floorMod(seed + partition, groups);
    }

    PartitionId partition(int partition) {
        return new PartitionId(id, partition);
    }

    /** The same on all replicas, different for each partition. */
    long logId(int partition) {
        return seed + partition;
    }

    GroupCommand.Open open(int partition) {
        return new GroupCommand.Open(partition(partition), logId(partition), LogSettings.of(settings));
    }

    Topic with(TopicSettings changed) {
        return new Topic(id, name, partitions, groups, seed, changed);
    }

    TopicDescription describe() {
        return new TopicDescription(
                name,
                id,
                settings,
                IntStream.range(0, partitions)
                        .mapToObj(each -> new TopicDescription.Partition(each, group(each)))
                        .toList());
    }

    void write(Output output) {
        output.writeVarLong(id, true);
        output.writeString(name);
        output.writeVarInt(partitions, true);
        output.writeVarInt(groups, true);
        output.writeLong(seed);
        writeSettings(output, settings);
    }

    static Topic read(Input input) {
        return new Topic(
                input.readVarLong(true),
                input.readString(),
                input.readVarInt(true),
                input.readVarInt(true),
                input.readLong(),
                readSettings(input));
    }

    static void writeSettings(Output output, TopicSettings settings) {
        // Neither can be 0 if it is there.
        output.writeVarLong(settings.retentionMs().orElse(0), true);
        output.writeVarLong(settings.retentionBytes().orElse(0), true);
        output.writeByte(settings.compaction().code());
        output.writeByte(settings.compression().code());
        output.writeVarLong(settings.segmentBytes(), true);
    }

    static TopicSettings readSettings(Input input) {
        OptionalLong retentionMs = present(input.readVarLong(true));
        OptionalLong retentionBytes = present(input.readVarLong(true));
        TopicCompaction compaction = TopicCompaction.ofCode(input.readByte());
        int code = input.readByte();
        Compression compression = Compression.of(code);
        if (compression == null) {
            throw new UnreadableEntryException("compression number " + code);
        }
        return new TopicSettings(retentionMs, retentionBytes, compaction, compression, input.readVarLong(true));
    }

    private static OptionalLong present(long value) {
        return value == 0 ? OptionalLong.empty() : OptionalLong.of(value);
    }
}
