package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cluster.GroupCommand.Append;
import dev.varve.cluster.GroupCommand.AppendIf;
import dev.varve.cluster.GroupCommand.DeleteKey;
import dev.varve.cluster.GroupCommand.ForgetKey;
import dev.varve.cluster.GroupCommand.LogSettings;
import dev.varve.cluster.GroupCommand.Open;
import dev.varve.log.Commit;
import dev.varve.log.KeyCondition;
import dev.varve.log.format.Compression;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordHeader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a sender may make up, and what fits into an entry, is stored or refused. An entry at which a replica stopped would stop all of them, for
 * ever: they all have it in their logs.
 */
class ExtremeBatchesTest {
    private static final PartitionId P = new PartitionId(7, 0);
    private static final LogSettings SETTINGS =
            new LogSettings(TopicSettings.MIN_SEGMENT_BYTES, Compression.LZ4, TopicCompaction.UNDELETED);

    @TempDir
    Path root;

    private NodeDirectory directory;
    private GroupState state;
    private long index;

    @BeforeEach
    void open() throws IOException {
        directory = NodeDirectory.open(ClusterSettings.single(root, "127.0.0.1:1"));
        state = new GroupState(0, directory);
        state.begin();
        apply(new Open(P, 11, SETTINGS));
    }

    @AfterEach
    void close() throws IOException {
        state.release();
        state.close();
        directory.close();
    }

    private GroupResult apply(GroupCommand command) {
        return GroupResult.decode(
                state.apply(1, ++index, List.of(command.encode())).get(0));
    }

    private GroupResult append(List<NewRecord> records) {
        return apply(new Append(P, records, OptionalLong.empty(), null));
    }

    @Test
    void a_batch_with_as_many_keys_as_it_can_hold_is_stored() {
        List<NewRecord> records = new ArrayList<>();
        byte[] value = null;
        for (int i = 0; records.size() < 260_000; i++) {
            records.add(NewRecord.of(0, new byte[] {(byte) i, (byte) (i >> 8), (byte) (i >> 16)}, value));
        }
        assertThat(Commit.batchBytes(records)).isBetween(2_500_000L, (long) RaftOptions.MAX_BATCH_BYTES);
        assertThat(append(records)).isInstanceOf(GroupResult.Stored.class);
        assertThat(append(records)).isInstanceOf(GroupResult.Stored.class);
        assertThat(apply(new DeleteKey(P, records.get(1).key(), Long.MAX_VALUE, 0)))
                .isInstanceOf(GroupResult.Stored.class);
    }

    @Test
    void timestamps_as_far_apart_as_there_are_any_are_stored() {
        for (long[] pair : new long[][] {
            {Long.MIN_VALUE, Long.MAX_VALUE},
            {Long.MAX_VALUE, Long.MIN_VALUE},
            {Long.MIN_VALUE, 0},
            {-1, Long.MAX_VALUE}
        }) {
            GroupResult result =
                    append(List.of(NewRecord.of(pair[0], new byte[1]), NewRecord.of(pair[1], new byte[1])));
            assertThat(result).isInstanceOf(GroupResult.Stored.class);
        }
    }

    @Test
    void what_is_no_batch_is_refused() {
        assertThat(append(List.of())).isInstanceOf(GroupResult.Refused.class);
        for (Producer wrong : List.of(
                new Producer(-1, (short) 0, 0), new Producer(0, (short) -1, 0), new Producer(0, (short) 0, -1))) {
            List<NewRecord> records = List.of(NewRecord.of(0, new byte[1]));
            assertThat(apply(new Append(P, records, OptionalLong.empty(), wrong)))
                    .isInstanceOf(GroupResult.Refused.class);
        }
        byte[] large = new byte[RaftOptions.MAX_BATCH_BYTES];
        assertThat(append(List.of(NewRecord.of(0, large)))).isInstanceOf(GroupResult.Refused.class);
        assertThat(append(List.of(NewRecord.of(0, large, new byte[0])))).isInstanceOf(GroupResult.Refused.class);
        assertThat(apply(new DeleteKey(P, large, 1, 0))).isInstanceOf(GroupResult.Refused.class);
        assertThat(apply(new ForgetKey(P, large, 0))).isInstanceOf(GroupResult.Refused.class);
        assertThat(apply(new DeleteKey(P, new byte[1], Long.MIN_VALUE, 0))).isInstanceOf(GroupResult.Refused.class);
    }

    @Test
    void odd_keys_values_and_headers_are_stored() {
        byte[] none = new byte[0];
        assertThat(append(List.of(
                        new NewRecord(0, none, Long.MAX_VALUE, null, List.of(new RecordHeader("\ud800", none))))))
                .isInstanceOf(GroupResult.Stored.class);
        assertThat(apply(new AppendIf(
                        P,
                        List.of(NewRecord.of(0, null)),
                        OptionalLong.empty(),
                        new KeyCondition(none, Long.MAX_VALUE))))
                .isInstanceOf(GroupResult.Stored.class);
        assertThat(apply(new DeleteKey(P, none, Long.MAX_VALUE, Long.MIN_VALUE)))
                .isInstanceOf(GroupResult.Stored.class);
        assertThat(apply(new ForgetKey(P, none, Long.MAX_VALUE))).isInstanceOf(GroupResult.Stored.class);
        byte[] long1 = new byte[1 << 20];
        assertThat(append(List.of(NewRecord.of(0, long1, none)))).isInstanceOf(GroupResult.Stored.class);
        assertThat(append(List.of(NewRecord.of(0, new byte[RaftOptions.MAX_BATCH_BYTES - 200], none))))
                .isInstanceOf(GroupResult.Stored.class);
        assertThat(apply(new DeleteKey(P, long1, 1, 0))).isInstanceOf(GroupResult.Stored.class);
    }
}
