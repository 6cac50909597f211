package dev.varve.log.segment;

import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.Set;

/** The names of the files of a log. */
public final class SegmentFiles {
    public static final String MANIFEST = "manifest";
    public static final String LOCK = "lock";

    /** Being written; left over only by a crash. */
    public static final String TEMPORARY = ".tmp";

    /** On its way out; left over only by a crash. */
    public static final String DELETED = ".deleted";

    /** Bytes that are no part of the log but were not thrown away. Nobody deletes them but people. */
    public static final String QUARANTINE = ".quarantine";

    public static final String LOG = ".log";
    public static final String OFFSET_INDEX = ".index";
    public static final String TIME_INDEX = ".timeindex";
    public static final String PRODUCERS = ".producers";
    public static final String KEYS = ".keys";

    /** What is known of each key over all segments. */
    public static final String KEY_DIRECTORY = "keydirectory";

    private static final Set<String> SUFFIXES = Set.of(LOG, OFFSET_INDEX, TIME_INDEX, KEYS, PRODUCERS);

    /** Enough for any offset, so that the names sort like the offsets. */
    private static final int DIGITS = 20;

    private SegmentFiles() {}

    public static String log(long baseOffset) {
        return name(baseOffset, LOG);
    }

    public static Path log(Path directory, long baseOffset) {
        return directory.resolve(log(baseOffset));
    }

    public static Path offsetIndex(Path directory, long baseOffset) {
        return directory.resolve(name(baseOffset, OFFSET_INDEX));
    }

    public static Path timeIndex(Path directory, long baseOffset) {
        return directory.resolve(name(baseOffset, TIME_INDEX));
    }

    public static Path producers(Path directory, long baseOffset) {
        return directory.resolve(name(baseOffset, PRODUCERS));
    }

    public static Path keys(Path directory, long baseOffset) {
        return directory.resolve(name(baseOffset, KEYS));
    }

    static Path path(Path directory, long baseOffset, String suffix) {
        return directory.resolve(name(baseOffset, suffix));
    }

    /** Where the tail of a segment from a position on is kept when it is cut off. */
    public static String quarantine(long baseOffset, long position) {
        return name(baseOffset, "." + position + QUARANTINE);
    }

    /** The base offset in the name of a segment's file of any kind; empty if it is no such name. */
    public static OptionalLong baseOffset(String fileName) {
        if (fileName.length() <= DIGITS
                || !SUFFIXES.contains(fileName.substring(DIGITS))
                || !beginsWithDigits(fileName)) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Long.parseLong(fileName.substring(0, DIGITS)));
        } catch (NumberFormatException e) {
            // Twenty digits can say more than a long can hold; then it is not ours.
            return OptionalLong.empty();
        }
    }

    public static boolean isLog(String fileName) {
        return fileName.endsWith(LOG) && baseOffset(fileName).isPresent();
    }

    private static boolean beginsWithDigits(String fileName) {
        return fileName.chars().limit(DIGITS).allMatch(c -> c >= '0' && c <= '9');
    }

    private static String name(long baseOffset, String suffix) {
        String digits = Long.toString(baseOffset);
        return "0".repeat(DIGITS - digits.length()) + digits + suffix;
    }
}
