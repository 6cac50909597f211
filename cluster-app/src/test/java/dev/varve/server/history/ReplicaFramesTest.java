package dev.varve.server.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.history.ReplicaFrames.Frame;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Replicas that have the same frames pass, and others are told. */
class ReplicaFramesTest {
    private static final List<Frame> GOOD = List.of(frame(1, 10, 0, 4), frame(1, 11, 5, 5), frame(3, 20, 6, 9));

    private static Frame frame(long epoch, long sequence, long baseOffset, long lastOffset) {
        return new Frame(epoch, sequence, baseOffset, lastOffset, (int) (lastOffset - baseOffset + 1), "none", false);
    }

    private static List<String> violations(List<Frame> other) {
        return ReplicaFrames.violations(0, new TreeMap<>(Map.of("n1", GOOD, "n2", other)), 10);
    }

    @Test
    void replicas_with_the_same_frames_are_good() {
        assertThat(violations(GOOD)).isEmpty();
    }

    @Test
    void what_came_behind_the_end_may_be_on_some_only() {
        assertThat(violations(List.of(GOOD.get(0), GOOD.get(1), GOOD.get(2), frame(3, 21, 10, 10))))
                .isEmpty();
    }

    @Test
    void an_epoch_that_falls_is_told() {
        assertThat(violations(List.of(frame(1, 10, 0, 4), frame(4, 11, 5, 5), frame(3, 20, 6, 9))))
                .anySatisfy(told -> assertThat(told).contains("on n2 the epoch falls"));
    }

    @Test
    void the_same_records_under_another_epoch_are_told() {
        assertThat(violations(List.of(frame(1, 10, 0, 4), frame(2, 11, 5, 5), frame(3, 20, 6, 9))))
                .singleElement()
                .asString()
                .contains("partition 0 on n2 has", "epoch=2", "where n1 has", "epoch=1");
    }

    @Test
    void a_batch_that_is_there_twice_on_one_replica_is_told() {
        assertThat(violations(List.of(frame(1, 10, 0, 4), frame(1, 10, 5, 9))))
                .anySatisfy(told -> assertThat(told).contains("on n2 the sequence does not rise"));
    }

    @Test
    void a_gap_and_a_replica_that_ends_early_are_told() {
        assertThat(violations(List.of(frame(1, 10, 0, 4), frame(3, 20, 6, 9))))
                .anySatisfy(told -> assertThat(told).contains("where offset 5 should"));
        assertThat(violations(List.of(frame(1, 10, 0, 4))))
                .anySatisfy(told -> assertThat(told).contains("ends at offset 5, not at 10"));
    }
}
