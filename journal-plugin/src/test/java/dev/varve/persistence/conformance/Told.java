package dev.varve.persistence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.apache.pekko.persistence.PersistentRepr;

/** What killed processes said of their writes, which is what a journal is held to. */
final class Told {
    private final Map<String, Long> sent = new HashMap<>();
    private final Map<String, Long> acknowledged = new HashMap<>();
    private int acknowledgements;

    /** Takes note of a line of {@link WriterMain}. */
    void hear(String line) {
        String[] words = line.split(" ");
        switch (words[0]) {
            case "sends" -> sent.put(words[1], Long.parseLong(words[3]));
            case "acked" -> {
                acknowledged.put(words[1], Long.parseLong(words[2]));
                acknowledgements++;
            }
            default -> {
                // Something of the process's own, or of its log.
            }
        }
    }

    int acknowledgements() {
        return acknowledgements;
    }

    /** Fails where the journal has lost something, has half of a write, or has what nobody wrote. */
    void compareWith(JournalProbe journal, String when) {
        for (String id : WriterMain.IDS) {
            Replay replay = journal.replay(id);
            String what = "of " + id + " after " + when;
            assertThat(replay.highestSequenceNr())
                    .as("the highest sequence number %s", what)
                    .isBetween(acknowledged.getOrDefault(id, 0L), sent.getOrDefault(id, 0L));
            assertThat(replay.events()).as("the events %s", what).hasSize((int) replay.highestSequenceNr());
            for (int i = 0; i < replay.events().size(); i++) {
                checkEvent(replay.events().get(i), i + 1, replay.highestSequenceNr(), what);
            }
            // Nobody goes on behind this write: the next process goes on behind what is there.
            sent.put(id, replay.highestSequenceNr());
        }
    }

    private static void checkEvent(PersistentRepr event, long expected, long highest, String what) {
        assertThat(event.sequenceNr()).as("a sequence number %s", what).isEqualTo(expected);
        String[] words = event.payload().toString().split(" ", 4);
        assertThat(Long.parseLong(words[2]))
                .as("what event %s %s says", expected, what)
                .isEqualTo(expected);
        assertThat(Long.parseLong(words[1]))
                .as("the end of the write with event %s %s, which must be there whole", expected, what)
                .isLessThanOrEqualTo(highest);
        assertThat(words[3]).as("the end of event %s %s", expected, what).matches("x*");
    }
}
