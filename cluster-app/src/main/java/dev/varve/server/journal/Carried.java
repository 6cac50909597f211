package dev.varve.server.journal;

import dev.varve.persistence.journal.StoredEvent;
import java.util.Set;
import org.apache.pekko.persistence.PersistentRepr;

/** An event on its way from one journal to another. */
sealed interface Carried permits Carried.Bytes, Carried.Live {
    long sequenceNr();

    /** As varve stores it: nobody has to understand it. */
    record Bytes(StoredEvent event) implements Carried {
        @Override
        public long sequenceNr() {
            return event.sequenceNr();
        }
    }

    /** As an actor is given it: an object of the application. */
    record Live(PersistentRepr event, Set<String> tags) implements Carried {
        @Override
        public long sequenceNr() {
            return event.sequenceNr();
        }
    }
}
