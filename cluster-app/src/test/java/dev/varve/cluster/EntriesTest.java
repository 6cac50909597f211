package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.cluster.GroupCommand.LogSettings;
import dev.varve.log.KeyCondition;
import dev.varve.log.format.Compression;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordHeader;
import dev.varve.partition.PartitionError;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The bytes in the Raft logs outlive the version that wrote them. */
class EntriesTest {
    private static final PartitionId ID = new PartitionId(300, 2);

    @Test
    void every_command_of_a_group_is_read_as_it_was_written() {
        NewRecord full =
                new NewRecord(-5, new byte[] {1}, 9, new byte[] {2, 3}, List.of(new RecordHeader("h", new byte[] {4})));
        NewRecord empty = new NewRecord(Long.MAX_VALUE, null, null, List.of());
        for (GroupCommand command : List.of(
                new GroupCommand.Open(ID, -1, new LogSettings(1 << 20, Compression.ZSTD)),
                new GroupCommand.Configure(300, new LogSettings(1024, Compression.LZ4)),
                new GroupCommand.Remove(300),
                new GroupCommand.DeleteBefore(ID, Long.MAX_VALUE),
                new GroupCommand.Open(
                        ID, -1, new LogSettings(1 << 20, Compression.ZSTD, TopicCompaction.LATEST_OF_KEY)),
                new GroupCommand.Configure(300, new LogSettings(1024, Compression.NONE, TopicCompaction.UNDELETED)),
                new GroupCommand.AppendIf(
                        ID, List.of(full, empty), OptionalLong.of(4), new KeyCondition(new byte[] {5, 6}, 1_000)),
                new GroupCommand.AppendIf(ID, List.of(empty), OptionalLong.empty(), new KeyCondition(new byte[0], 0)),
                new GroupCommand.Append(ID, List.of(full), OptionalLong.of(4), new Producer(1, (short) 2, 3)),
                new GroupCommand.Append(ID, List.of(empty, empty), OptionalLong.empty(), null))) {
            assertThat(GroupCommand.decode(command.encode())).isEqualTo(command);
            byte[] bytes = command.encode();
            for (int length = 0; length < bytes.length; length++) {
                byte[] cut = Arrays.copyOf(bytes, length);
                assertThatThrownBy(() -> GroupCommand.decode(cut)).isInstanceOf(UnreadableEntryException.class);
            }
        }
    }

    @Test
    void what_is_said_of_a_key_is_read_as_it_was_written() {
        for (GroupCommand command : List.of(
                new GroupCommand.DeleteKey(ID, new byte[] {1, 2}, 300, -7),
                new GroupCommand.ForgetKey(ID, new byte[] {3}, Long.MAX_VALUE))) {
            byte[] bytes = command.encode();
            assertThat(GroupCommand.decode(bytes)).usingRecursiveComparison().isEqualTo(command);
            for (int length = 0; length < bytes.length; length++) {
                byte[] cut = Arrays.copyOf(bytes, length);
                assertThatThrownBy(() -> GroupCommand.decode(cut)).isInstanceOf(UnreadableEntryException.class);
            }
        }
    }

    @Test
    void every_result_of_a_group_is_read_as_it_was_written() {
        for (GroupResult result : List.of(
                GroupResult.Done.INSTANCE,
                GroupResult.NoSuchPartition.INSTANCE,
                new GroupResult.Stored(5, 6, true),
                new GroupResult.Deleted(8),
                new GroupResult.SettledBefore("who knows"),
                new GroupResult.Refused(new PartitionError.BatchTooLarge("m", 2, 1)),
                new GroupResult.Refused(new PartitionError.Invalid("m")),
                new GroupResult.Refused(new PartitionError.StaleEpoch("m", 1, 2)),
                new GroupResult.Refused(new PartitionError.OutOfSequence("m", 1, 2, 3)),
                new GroupResult.Refused(new PartitionError.StaleProducerEpoch("m", 1, (short) 2, (short) 3)),
                new GroupResult.Refused(new PartitionError.KeyConflict("m", 4, 5)),
                new GroupResult.Refused(new PartitionError.AboveLogEnd("m", 1, 2, 3)))) {
            assertThat(GroupResult.decode(result.encode())).isEqualTo(result);
        }
    }

    @Test
    void every_command_of_the_topics_is_read_as_it_was_written() {
        TopicSettings settings =
                new TopicSettings(OptionalLong.of(5), OptionalLong.empty(), false, Compression.LZ4, 2048);
        for (TopicsCommand command : List.of(
                new TopicsCommand.Create(new TopicSpec("t", 3, settings), 4, -9),
                new TopicsCommand.Alter("t", settings),
                new TopicsCommand.Delete("t"),
                new TopicsCommand.CommitOffsets("g", "t", new TreeMap<>(Map.of(0, 1L, 7, Long.MAX_VALUE))))) {
            assertThat(TopicsCommand.decode(command.encode())).isEqualTo(command);
        }
        Topic topic = new Topic(1, "t", 2, 3, 4, settings);
        for (TopicsResult result : List.of(
                new TopicsResult.Done(topic),
                new TopicsResult.Refused(new ClusterError.TopicExists("t")),
                new TopicsResult.Refused(new ClusterError.NoSuchTopic("t")),
                new TopicsResult.Refused(new ClusterError.NoSuchPartition("t", 5, 2)),
                new TopicsResult.Refused(new ClusterError.InvalidRequest("no")))) {
            assertThat(TopicsResult.decode(result.encode())).isEqualTo(result);
        }
    }

    @Test
    void the_bytes_of_an_entry_are_pinned() {
        NewRecord record = NewRecord.of(1_000, new byte[] {7}, new byte[] {8, 9});
        byte[] append = new GroupCommand.Append(ID, List.of(record), OptionalLong.empty(), null).encode();
        assertThat(hex(Parcel.pack(List.of(append, new GroupCommand.Remove(300).encode()))))
                .isEqualTo("01021F04AC02020001E803000000000000E80300000000000000000207000308090003" + "03AC02");
    }

    @Test
    void the_bytes_of_what_is_said_of_keys_are_pinned() {
        NewRecord record = new NewRecord(1_000, new byte[] {7}, 3, new byte[] {8, 9}, List.of());
        KeyCondition condition = new KeyCondition(new byte[] {7}, 2);
        assertThat(hex(new GroupCommand.AppendIf(ID, List.of(record), OptionalLong.empty(), condition).encode()))
                .isEqualTo("10AC020201070200" + "01E803000000000000E803000000000000" + "0000020703030809" + "00");
        assertThat(hex(new GroupCommand.DeleteKey(ID, new byte[] {7}, 3, 1_000).encode()))
                .isEqualTo("11AC0202010703E803000000000000");
        assertThat(hex(new GroupCommand.ForgetKey(ID, new byte[] {7}, 1_000).encode()))
                .isEqualTo("12AC02020107E803000000000000");
    }

    /** Written by a version that knew of no compaction. */
    @Test
    void settings_from_before_there_was_compaction_are_read_as_none() {
        byte[] old = HexFormat.of().parseHex("02AC02800802");
        assertThat(GroupCommand.decode(old))
                .isEqualTo(new GroupCommand.Configure(300, new LogSettings(1024, Compression.ZSTD)));
        assertThat(hex(new GroupCommand.Configure(300, new LogSettings(1024, Compression.ZSTD)).encode()))
                .isEqualTo(hex(old));
        assertThat(hex(new GroupCommand.Configure(
                                300, new LogSettings(1024, Compression.ZSTD, TopicCompaction.LATEST_OF_KEY))
                        .encode()))
                .isEqualTo("02AC0280081201");
        assertThatThrownBy(() -> GroupCommand.decode(HexFormat.of().parseHex("02AC0280081209")))
                .hasMessageContaining("compaction number 9");
    }

    @Test
    void the_settings_of_topics_are_read_as_they_were_written_before_and_now() {
        for (TopicCompaction compaction : TopicCompaction.values()) {
            TopicSettings settings =
                    new TopicSettings(OptionalLong.of(5), OptionalLong.empty(), compaction, Compression.LZ4, 2048);
            TopicsCommand command = new TopicsCommand.Alter("t", settings);
            assertThat(TopicsCommand.decode(command.encode())).isEqualTo(command);
        }
        assertThat(hex(new TopicsCommand.Alter(
                                "t",
                                new TopicSettings(
                                        OptionalLong.of(5), OptionalLong.empty(), true, Compression.LZ4, 2048))
                        .encode()))
                .isEqualTo("0282740500" + "01" + "018010");
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().withUpperCase().formatHex(bytes);
    }

    @Test
    void what_a_later_version_wrote_is_refused_and_not_guessed_at() {
        assertThatThrownBy(() -> Parcel.unpack(new byte[] {2, 0})).hasMessageContaining("later version");
        assertThatThrownBy(() -> Parcel.unpack(new byte[] {1, 1, 9, 0})).isInstanceOf(UnreadableEntryException.class);
        assertThatThrownBy(() -> GroupCommand.decode(new byte[] {99})).hasMessageContaining("unknown kind 99");
    }
}
