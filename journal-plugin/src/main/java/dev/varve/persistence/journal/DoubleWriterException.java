package dev.varve.persistence.journal;

/**
 * A write was refused because somebody else wrote events of the same persistence id: two incarnations of a persistent actor are alive, or
 * were. Nothing of the write is stored.
 */
public final class DoubleWriterException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String persistenceId;
    private final String writer;
    private final String lastWriter;
    private final long highestSequenceNr;

    DoubleWriterException(
            String persistenceId, long first, long last, String writer, long highestSequenceNr, String lastWriter) {
        super(
                "writer [" + writer + "] wants to write "
                        + (first == last ? "event " + first : "events " + first + " to " + last)
                        + " of persistence id [" + persistenceId + "], but its highest sequence number is "
                        + highestSequenceNr
                        + (lastWriter.isEmpty() ? "" : ", by writer [" + lastWriter + "]")
                        + ". Nothing of it was stored. Two actors with this persistence id are alive, or were; stop one of them");
        this.persistenceId = persistenceId;
        this.writer = writer;
        this.lastWriter = lastWriter;
        this.highestSequenceNr = highestSequenceNr;
    }

    public String persistenceId() {
        return persistenceId;
    }

    /** The highest sequence number of the persistence id, at which the last writer is. */
    public long highestSequenceNr() {
        return highestSequenceNr;
    }

    /** Whose write was refused. */
    public String writer() {
        return writer;
    }

    /** Who wrote the last event; empty if that is not known, because it was deleted. */
    public String lastWriter() {
        return lastWriter;
    }
}
