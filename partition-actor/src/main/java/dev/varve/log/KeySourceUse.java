package dev.varve.log;

import dev.varve.log.keys.KeyTable;
import dev.varve.log.keys.SegmentKeySource;
import dev.varve.log.keys.SegmentTables;
import dev.varve.log.segment.BadRange;
import dev.varve.log.segment.SegmentView;
import java.io.IOException;
import java.util.List;

/** Where the keys of a segment can be looked up: opened when it is known that they are needed. */
interface KeySourceUse {

    /** What is done with the keys of a segment. */
    interface Look<T> {
        T at(SegmentKeySource source, List<BadRange> bad) throws IOException;
    }

    <T> T look(Look<T> look) throws IOException;

    /** As {@link #look}, once more when a table turned out to be damaged, after it was made anew. */
    default <T> T lookAgain(Look<T> look) throws IOException {
        try {
            return look(look);
        } catch (KeyTable.DamagedTableException e) {
            if (!remake()) {
                throw e;
            }
            return look(look);
        }
    }

    /** Makes the keys anew, because they were found to be wrong; false if they cannot be. */
    boolean remake() throws IOException;

    /** Keys in memory, which are right. */
    static KeySourceUse of(SegmentKeySource inMemory) {
        return new KeySourceUse() {
            @Override
            public <T> T look(Look<T> look) throws IOException {
                return look.at(inMemory, List.of());
            }

            @Override
            public boolean remake() {
                return false;
            }
        };
    }

    /** The table of a sealed segment. */
    static KeySourceUse of(SegmentTables tables, SegmentView segment) {
        return new KeySourceUse() {
            @Override
            public <T> T look(Look<T> look) throws IOException {
                try (SegmentTables.Use use = tables.of(segment)) {
                    return look.at(use.source(), use.bad());
                }
            }

            @Override
            public boolean remake() throws IOException {
                tables.remake(segment);
                return true;
            }
        };
    }
}
