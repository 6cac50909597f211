package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecoveryDecisionTest {
    @ParameterizedTest
    @CsvSource({
        "false, false, false, GO_ON",
        "false, false, true, CUT_TORN_COMMIT",
        "false, true, false, KEEP_DAMAGE",
        "false, true, true, CUT_TORN_COMMIT_AND_KEEP_DAMAGE",
        "true, false, false, REFUSE_TAIL_LOST",
        "true, false, true, REFUSE_TAIL_LOST",
        "true, true, false, REFUSE_TAIL_LOST",
        "true, true, true, REFUSE_TAIL_LOST"
    })
    void each_input_meets_exactly_one_row(
            boolean endsBelowMark, boolean badBelowMark, boolean badAtOrPastMark, RecoveryDecision expected) {
        assertThat(Arrays.stream(RecoveryDecision.values())
                        .filter(row -> row.matches(endsBelowMark, badBelowMark, badAtOrPastMark)))
                .containsExactly(expected);
        assertThat(RecoveryDecision.of(endsBelowMark, badBelowMark, badAtOrPastMark))
                .isEqualTo(expected);
    }
}
