package dev.varve.persistence.conformance;

/** What a case for a journal has at hand. */
public interface JournalFixture extends Fixture {
    /** Speaks to the journal. */
    JournalProbe journal();

    /** A writer of a new persistence id that has written a-1 to a-5, the last two of them in one write. */
    default Writer writerOfFive() {
        Writer writer = Writer.of(newPersistenceId());
        journal()
                .store(
                        writer.write(1, "a-1"),
                        writer.write(2, "a-2"),
                        writer.write(3, "a-3"),
                        writer.write(4, "a-4", "a-5"));
        return writer;
    }
}
