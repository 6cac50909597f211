package dev.varve.persistence.conformance;

import java.util.List;
import org.apache.pekko.persistence.PersistentRepr;

/**
 * What a journal replayed.
 *
 * @param highestSequenceNr the highest sequence number ever written, whatever was asked for
 */
public record Replay(List<PersistentRepr> events, long highestSequenceNr) {

    /** The sequence numbers of the events, in the order in which they came. */
    public List<Long> sequenceNrs() {
        return events.stream().map(PersistentRepr::sequenceNr).toList();
    }

    /** The payloads of the events, in the order in which they came. */
    public List<Object> payloads() {
        return events.stream().map(PersistentRepr::payload).toList();
    }
}
