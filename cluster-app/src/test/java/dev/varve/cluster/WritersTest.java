package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.cluster.Writers.Settled;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class WritersTest {
    private final Writers writers = new Writers();

    private static UUID writer(long number) {
        return new UUID(7, number);
    }

    private static Writers savedAndLoaded(Writers writers) {
        Output output = new Output(64, -1);
        writers.save(output);
        Writers loaded = new Writers();
        loaded.load(new Input(output.toBytes()));
        return loaded;
    }

    @Test
    void the_last_entry_of_each_writer_is_known_also_after_a_snapshot() {
        writers.settle(writer(1), new Settled(1, 10, new byte[] {1}));
        writers.settle(writer(2), new Settled(5, 11, new byte[] {2, 2}));
        writers.settle(writer(1), new Settled(2, 12, new byte[] {3, 3, 3}));
        Writers loaded = savedAndLoaded(writers);
        assertThat(loaded.size()).isEqualTo(2);
        assertThat(loaded.resultBytes()).isEqualTo(5);
        assertThat(loaded.last(writer(1)).sequence()).isEqualTo(2);
        assertThat(loaded.last(writer(1)).index()).isEqualTo(12);
        assertThat(loaded.last(writer(1)).results()).containsExactly(3, 3, 3);
        assertThat(loaded.last(writer(3))).isNull();
    }

    @Test
    void over_the_limit_the_writer_goes_that_was_silent_for_longest_before_and_after_a_snapshot() {
        for (int i = 0; i < Writers.MAX_WRITERS; i++) {
            writers.settle(writer(i), new Settled(1, i, new byte[] {1}));
        }
        writers.settle(writer(0), new Settled(2, 5_000, new byte[] {1}));
        Writers loaded = savedAndLoaded(writers);
        for (Writers each : new Writers[] {writers, loaded}) {
            assertThat(each.size()).isEqualTo(Writers.MAX_WRITERS);
            each.settle(writer(9_999), new Settled(1, 5_001, new byte[] {1}));
            assertThat(each.size()).isEqualTo(Writers.MAX_WRITERS);
            assertThat(each.last(writer(0))).isNotNull();
            assertThat(each.last(writer(1))).isNull();
            assertThat(each.last(writer(2))).isNotNull();
        }
    }

    @Test
    void results_take_no_more_than_their_limit_and_sequences_stay() {
        int bytes = Writers.MAX_RESULT_BYTES / 4;
        for (int i = 0; i < 10; i++) {
            writers.settle(writer(i), new Settled(3, i, new byte[bytes]));
            assertThat(writers.resultBytes()).isLessThanOrEqualTo(Writers.MAX_RESULT_BYTES);
        }
        assertThat(writers.last(writer(5)).sequence()).isEqualTo(3);
        assertThat(writers.last(writer(5)).results()).isEmpty();
        assertThat(writers.last(writer(6)).results()).hasSize(bytes);
    }
}
