package dev.varve.log.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.ProducerEntry.Batch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The file beside a segment that tells what the log remembers of its producers: its bytes, whole and damaged. */
class ProducerSnapshotTest {
    private static final ProducerSnapshot SMALL = new ProducerSnapshot(
            0x1122334455667788L,
            3,
            512,
            4,
            9,
            1_700_000_000_000L,
            List.of(new ProducerEntry(
                    7,
                    (short) 2,
                    1_600_000_000_000L,
                    List.of(new Batch(Integer.MAX_VALUE - 1, 2, 40), new Batch(1, 0, 43)))));

    private static ProducerSnapshot random(Random random, int producers) {
        List<ProducerEntry> entries = new ArrayList<>();
        for (int i = 0; i < producers; i++) {
            List<Batch> batches = new ArrayList<>();
            for (int b = 1 + random.nextInt(ProducerEntry.MAX_BATCHES); b > 0; b--) {
                batches.add(new Batch(random.nextInt() >>> 1, random.nextInt(1000), random.nextLong() >>> 1));
            }
            entries.add(new ProducerEntry(
                    random.nextLong() >>> 1, (short) random.nextInt(Short.MAX_VALUE), random.nextLong(), batches));
        }
        return new ProducerSnapshot(
                random.nextLong(),
                random.nextLong(),
                random.nextLong(),
                random.nextLong(),
                random.nextLong(),
                random.nextLong(),
                entries);
    }

    @Test
    void what_is_written_is_read_back() {
        Random random = new Random(1);
        for (int producers : new int[] {0, 1, 2, 50, 1000}) {
            ProducerSnapshot snapshot = random(random, producers);
            ByteBuffer bytes = snapshot.encode();
            assertThat(bytes.remaining()).isLessThanOrEqualTo(ProducerSnapshot.maxBytes(producers));
            ProducerSnapshot.Decoded decoded = ProducerSnapshot.decode(bytes);
            assertThat(decoded.snapshot()).isEqualTo(snapshot);
            assertThat(decoded.problems()).isEmpty();
        }
    }

    /** docs/FORMAT.md says what they mean; they mean it for ever. */
    @Test
    void the_bytes_are_pinned() {
        String copy = "564152564550524F000000010000007058B8FFBF00000000"
                + "1122334455667788000000000000000300000000000002000000000000000004000000000000000900000"
                + "18BCFE568000000000100000000"
                + "000000000000000700020002000000000000017487"
                + "6E80007FFFFFFE000000020000000000000028000000010000000000000000"
                + "0000002B";
        assertThat(HexFormat.of().withUpperCase().formatHex(SMALL.encode().array()))
                .isEqualTo(copy + copy);
    }

    @Test
    void a_flipped_bit_costs_one_copy_and_no_producer() {
        byte[] bytes = SMALL.encode().array();
        for (int bit = 0; bit < bytes.length * 8; bit++) {
            byte[] damaged = bytes.clone();
            damaged[bit / 8] ^= (byte) (1 << (bit % 8));
            ProducerSnapshot.Decoded decoded = ProducerSnapshot.decode(ByteBuffer.wrap(damaged));
            assertThat(decoded.snapshot()).as("bit %d", bit).isEqualTo(SMALL);
            assertThat(decoded.problems()).as("bit %d", bit).hasSize(1);
        }
    }

    @Test
    void a_file_that_is_cut_anywhere_is_read_from_its_first_copy_or_not_at_all() {
        byte[] bytes = SMALL.encode().array();
        for (int length = 0; length < bytes.length; length++) {
            ProducerSnapshot.Decoded decoded = ProducerSnapshot.decode(ByteBuffer.wrap(Arrays.copyOf(bytes, length)));
            assertThat(decoded.problems()).as("cut to %d", length).isNotEmpty();
            if (length < bytes.length / 2) {
                assertThat(decoded.snapshot()).as("cut to %d", length).isNull();
            } else {
                assertThat(decoded.snapshot()).as("cut to %d", length).isEqualTo(SMALL);
            }
        }
    }

    @Test
    void bytes_that_are_none_are_refused_whatever_their_checksum_says() {
        Random random = new Random(2);
        byte[] bytes = SMALL.encode().array();
        int half = bytes.length / 2;
        int refused = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] garbage = bytes.clone();
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                int at = random.nextInt(half);
                garbage[at] = (byte) random.nextInt();
                garbage[half + at] = (byte) random.nextInt();
            }
            if (random.nextBoolean()) {
                seal(garbage, 0, half);
                seal(garbage, half, half);
            }
            if (ProducerSnapshot.decode(ByteBuffer.wrap(garbage)).snapshot() == null) {
                refused++;
            }
        }
        assertThat(refused).isBetween(50_000, 199_999);
    }

    private static void seal(byte[] bytes, int start, int length) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        int crc = new Crc()
                .start(0)
                .add(buffer, start, start + 16)
                .add(buffer, start + 20, start + length)
                .value();
        buffer.putInt(start + 16, crc);
    }

    @Test
    void a_count_of_producers_that_cannot_be_allocates_nothing() {
        byte[] bytes = SMALL.encode().array();
        int half = bytes.length / 2;
        for (int count : new int[] {Integer.MAX_VALUE, -1, 2, 0}) {
            for (int start : new int[] {0, half}) {
                ByteBuffer.wrap(bytes).putInt(start + 24 + 48, count);
                seal(bytes, start, half);
            }
            ProducerSnapshot.Decoded decoded = ProducerSnapshot.decode(ByteBuffer.wrap(bytes));
            assertThat(decoded.snapshot()).as("%d producers", count).isNull();
            assertThat(decoded.problems()).hasSize(2).allMatch(problem -> problem.contains("contradicts itself"));
        }
    }

    @Test
    void a_later_format_is_told_from_damage() {
        byte[] bytes = SMALL.encode().array();
        int half = bytes.length / 2;
        for (int start : new int[] {0, half}) {
            ByteBuffer.wrap(bytes).putInt(start + 8, 2);
            seal(bytes, start, half);
        }
        assertThat(ProducerSnapshot.decode(ByteBuffer.wrap(bytes)).problems())
                .allMatch(problem -> problem.contains("format version 2"));
    }

    @Test
    void the_number_behind_the_last_one_wraps_to_zero() {
        assertThat(new Producer(1, (short) 0, Integer.MAX_VALUE).nextSequence(0))
                .isZero();
        assertThat(new Producer(1, (short) 0, Integer.MAX_VALUE).nextSequence(4))
                .isEqualTo(4);
        assertThat(new Producer(1, (short) 0, Integer.MAX_VALUE - 1).nextSequence(0))
                .isEqualTo(Integer.MAX_VALUE);
        assertThat(new Producer(1, (short) 0, 0).nextSequence(Integer.MAX_VALUE))
                .isZero();
        assertThat(new Producer(1, (short) 0, 5).nextSequence(2)).isEqualTo(8);
    }

    @Test
    void the_last_five_batches_of_an_epoch_are_remembered() {
        ProducerEntry entry = ProducerEntry.first(new Producer(7, (short) 1, 0), new Batch(0, 0, 100), 10);
        for (int i = 1; i < 8; i++) {
            entry = entry.and(new Producer(7, (short) 1, i), new Batch(i, 0, 100 + i), 10 + i);
        }
        assertThat(entry.batches()).extracting(Batch::firstSequence).containsExactly(3, 4, 5, 6, 7);
        assertThat(entry.nextSequence()).isEqualTo(8);
        assertThat(entry.lastSeen()).isEqualTo(17);
        ProducerEntry anew = entry.and(new Producer(7, (short) 2, 0), new Batch(0, 3, 200), 20);
        assertThat(anew.batches()).containsExactly(new Batch(0, 3, 200));
        assertThat(anew.epoch()).isEqualTo((short) 2);
        assertThatThrownBy(() -> new ProducerEntry(7, (short) 1, 0, List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
