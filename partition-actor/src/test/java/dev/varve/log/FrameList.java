package dev.varve.log;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The frames of a log as {@code dump} shows them, durable marks left out. */
record FrameList(List<FrameDescription> frames) {

    static FrameList of(Path directory, LogOptions options) {
        List<FrameDescription> frames = new ArrayList<>();
        LogInspector.dump(directory, options, 0, new LogInspector.FrameVisitor() {
            @Override
            public boolean frame(FrameDescription frame) {
                if (frame.records() > 0) {
                    frames.add(frame);
                }
                return true;
            }

            @Override
            public boolean damage(Damage damage) {
                throw new AssertionError(damage);
            }
        });
        return new FrameList(frames);
    }

    /** Every codec that there is. */
    Set<String> codecs() {
        return frames.stream().map(FrameDescription::codec).collect(Collectors.toSet());
    }
}
