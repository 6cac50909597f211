package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.api.Test;

class CompactionRoundsTest {
    @Test
    void an_error_does_not_end_the_rounds() {
        try (CompactionRounds rounds = new CompactionRounds(() -> {
            throw new StackOverflowError("deep");
        })) {
            assertThatCode(rounds::roundUnlessEnding).doesNotThrowAnyException();
        }
    }
}
