package dev.varve.server.history;

import dev.varve.log.Damage;
import dev.varve.log.FrameDescription;
import dev.varve.log.LogInspector;
import dev.varve.log.LogOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The frames that the replicas of a partition have on their disks, as {@code varve dump} shows them: the same on all, without a gap, and no epoch
 * falls, for two leaders' records are not mixed.
 */
final class ReplicaFrames {
    /** What is the same on all replicas; where a frame lies, and what was synced before it, is a replica's own affair. */
    record Frame(
            long epoch, long sequence, long baseOffset, long lastOffset, int records, String codec, boolean control) {
        static Frame of(FrameDescription frame) {
            return new Frame(
                    frame.epoch(),
                    frame.sequence(),
                    frame.baseOffset(),
                    frame.lastOffset(),
                    frame.records(),
                    frame.codec(),
                    frame.control());
        }
    }

    private final List<String> violations = new ArrayList<>();

    /**
     * Compares replicas.
     *
     * @param frames of each node, in the order in which they lie there
     * @param end offsets from here on may be missing on some
     */
    static List<String> violations(int partition, Map<String, List<Frame>> frames, long end) {
        ReplicaFrames check = new ReplicaFrames();
        List<Frame> first = null;
        String firstNode = null;
        for (Map.Entry<String, List<Frame>> replica : frames.entrySet()) {
            String where = "partition " + partition + " on " + replica.getKey();
            List<Frame> below = replica.getValue().stream()
                    .filter(frame -> frame.baseOffset() < end)
                    .toList();
            check.checkOne(where, below, end);
            if (first == null) {
                first = below;
                firstNode = replica.getKey();
            } else {
                check.compare(where, below, firstNode, first);
            }
        }
        return check.violations;
    }

    private void checkOne(String where, List<Frame> frames, long end) {
        Frame before = null;
        for (Frame frame : frames) {
            long next = before == null ? 0 : before.lastOffset() + 1;
            if (frame.baseOffset() != next) {
                violations.add("in " + where + " " + frame + " follows, where offset " + next + " should");
            }
            if (before != null && frame.epoch() < before.epoch()) {
                violations.add("in " + where + " the epoch falls: " + frame + " follows " + before);
            }
            if (before != null && frame.sequence() <= before.sequence()) {
                violations.add("in " + where + " the sequence does not rise: " + frame + " follows " + before);
            }
            before = frame;
        }
        long last = before == null ? 0 : before.lastOffset() + 1;
        if (last < end) {
            violations.add(where + " ends at offset " + last + ", not at " + end);
        }
    }

    private void compare(String where, List<Frame> frames, String firstNode, List<Frame> first) {
        int same = 0;
        while (same < Math.min(frames.size(), first.size()) && frames.get(same).equals(first.get(same))) {
            same++;
        }
        if (same < frames.size() || same < first.size()) {
            violations.add(where + " has " + (same < frames.size() ? frames.get(same) : "nothing") + " where "
                    + firstNode + " has " + (same < first.size() ? first.get(same) : "nothing"));
        }
    }

    /** The frames of a log, the marks left out; damage is a violation of its own. */
    static List<Frame> read(Path log, List<String> violations) {
        List<Frame> frames = new ArrayList<>();
        LogInspector.dump(log, LogOptions.defaults(), Long.MIN_VALUE, new LogInspector.FrameVisitor() {
            @Override
            public boolean frame(FrameDescription frame) {
                if (frame.records() > 0) {
                    frames.add(Frame.of(frame));
                }
                return true;
            }

            @Override
            public boolean damage(Damage damage) {
                violations.add(log + " is damaged: " + damage);
                return true;
            }
        });
        return frames;
    }

    /** The logs of the partitions of the latest topic below the directory of a node, by their numbers. */
    static Map<Integer, Path> logs(Path node) throws IOException {
        Map<Integer, Path> found = new TreeMap<>();
        try (Stream<Path> directories = Files.find(
                node.resolve("partitions"), 2, (path, attributes) -> attributes.isDirectory() && topic(path) >= 0)) {
            List<Path> all = directories.toList();
            OptionalLong latest = all.stream().mapToLong(ReplicaFrames::topic).max();
            for (Path log : all) {
                if (topic(log) == latest.getAsLong()) {
                    String name = log.getFileName().toString();
                    found.put(Integer.valueOf(name.substring(name.indexOf('-') + 1)), log);
                }
            }
        }
        return found;
    }

    private static long topic(Path log) {
        String name = log.getFileName().toString();
        return name.matches("\\d+-\\d+") ? Long.parseLong(name.substring(0, name.indexOf('-'))) : -1;
    }
}
