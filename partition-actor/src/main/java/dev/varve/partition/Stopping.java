package dev.varve.partition;

import java.nio.file.Path;

/** What is said to those who come too late. */
final class Stopping {
    private Stopping() {}

    static PartitionError error(Path directory) {
        return new PartitionError.Stopped("the partition of the log in " + directory
                + " is stopping; what was acknowledged is kept, this request was not carried out");
    }
}
