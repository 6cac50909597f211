package dev.varve.cluster;

import dev.varve.log.Damage;
import dev.varve.log.FrameDescription;
import dev.varve.log.LogInspector;
import dev.varve.log.LogOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What the frames of a log say of themselves, but for the marks of a node's own. */
final class Frames {
    private Frames() {}

    /** The frames with their checksums: the same only where one log is the copy of another. */
    static List<String> of(Path directory) {
        return of(directory, true);
    }

    /** Without the checksums, which cover the durable mark of each node: the same on all replicas. */
    static List<String> replicated(Path directory) {
        return of(directory, false);
    }

    private static List<String> of(Path directory, boolean withCrc) {
        List<String> frames = new ArrayList<>();
        LogInspector.dump(directory, LogOptions.defaults(), 0, new LogInspector.FrameVisitor() {
            @Override
            public boolean frame(FrameDescription frame) {
                if (frame.records() > 0) {
                    frames.add(frame.baseOffset() + ".." + frame.lastOffset() + " " + frame.epoch() + "/"
                            + frame.sequence()
                            + (withCrc ? " " + frame.file() + " " + frame.position() + " " + frame.crc() : ""));
                }
                return true;
            }

            @Override
            public boolean damage(Damage damage) {
                throw new AssertionError(damage.toString());
            }
        });
        return frames;
    }
}
