package dev.varve.server.cli;

import dev.varve.log.format.NewRecord;
import java.util.List;

/** What {@link LineInput} gives whoever takes from it. */
sealed interface Input {
    /** Lines, at least one, as records. */
    record Lines(List<NewRecord> records, long bytes) implements Input {}

    /** Nothing came in the time given. */
    record Silence() implements Input {}

    /** Nothing more will come. */
    record End() implements Input {}

    /** Nothing more will come, because of this. */
    record Failed(RuntimeException failure) implements Input {}
}
