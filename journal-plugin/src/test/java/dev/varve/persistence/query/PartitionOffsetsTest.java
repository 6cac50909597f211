package dev.varve.persistence.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.NotSerializableException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Offsets over several partitions, which projections store for years. */
class PartitionOffsetsTest {
    private static final ActorTestKit KIT = ActorTestKit.create();

    private final PartitionOffsets offsets = PartitionOffsets.of(2, 0, 300, Long.MAX_VALUE);

    @AfterAll
    static void shutDown() {
        KIT.shutdownTestKit();
    }

    private static PartitionOffsetsSerializer serializer() {
        return new PartitionOffsetsSerializer((ExtendedActorSystem) Adapter.toClassic(KIT.system()));
    }

    @Test
    void a_partition_that_is_not_named_has_not_been_read() {
        assertThat(offsets.nextOffset(0)).isZero();
        assertThat(offsets.nextOffset(3)).isEqualTo(300);
        assertThat(offsets.nextOffset(5)).isZero();
    }

    @Test
    void no_offset_is_below_zero() {
        assertThatThrownBy(() -> PartitionOffsets.of(0, 3, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PartitionOffsets.of(-1, 3)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void the_system_serializes_them_with_a_manifest_that_offset_stores_take() {
        Serialization serialization = SerializationExtension.get(KIT.system());
        SerializerWithStringManifest serializer =
                (SerializerWithStringManifest) serialization.findSerializerFor(offsets);
        assertThat(serializer).isInstanceOf(PartitionOffsetsSerializer.class);
        assertThat(serializer.identifier() + ":" + serializer.manifest(offsets)).hasSizeLessThanOrEqualTo(4);
        byte[] bytes = serializer.toBinary(offsets);
        Object again = serialization
                .deserialize(bytes, serializer.identifier(), serializer.manifest(offsets))
                .get();
        assertThat(again).isEqualTo(offsets).hasSameHashCodeAs(offsets);
    }

    /** They are stored in databases: these bytes mean this for ever. */
    @Test
    void the_bytes_are_pinned() throws Exception {
        PartitionOffsetsSerializer serializer = serializer();
        byte[] bytes = serializer.toBinary(offsets);
        assertThat(HexFormat.of().formatHex(bytes)).isEqualTo("020300ac02ffffffffffffffff7f");
        assertThat(serializer.identifier()).isEqualTo(85);
        assertThat(serializer.fromBinary(bytes, "1")).isEqualTo(offsets);
    }

    /** The column for offsets of Pekko Projections has 255 characters, of which base 64 leaves three quarters. */
    @Test
    void the_offsets_of_32_partitions_with_billions_of_events_each_fit_into_an_offset_store() {
        long[] next = new long[32];
        Arrays.fill(next, 30_000_000_000L);
        String stored = Base64.getEncoder().encodeToString(serializer().toBinary(PartitionOffsets.of(0, next)));
        assertThat(stored).hasSizeLessThanOrEqualTo(255);
    }

    @Test
    void damaged_bytes_and_those_of_later_versions_are_refused() {
        PartitionOffsetsSerializer serializer = serializer();
        byte[] bytes = serializer.toBinary(offsets);
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> serializer.fromBinary(cut, PartitionOffsetsSerializer.MANIFEST))
                    .isInstanceOf(NotSerializableException.class);
        }
        byte[] many = {0, -1, -1, -1, -1, 7};
        assertThatThrownBy(() -> serializer.fromBinary(many, PartitionOffsetsSerializer.MANIFEST))
                .isInstanceOf(NotSerializableException.class);
        assertThatThrownBy(() -> serializer.fromBinary(bytes, "2"))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("later version");
    }
}
