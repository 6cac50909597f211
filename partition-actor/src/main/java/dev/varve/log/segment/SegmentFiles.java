package dev.varve.log.segment;

import java.nio.file.Path;
import java.util.OptionalLong;

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

    private static final String[] SUFFIXES = {LOG, OFFSET_INDEX, TIME_INDEX, KEYS, PRODUCERS};

    /** Enough for any offset, so that the names sort like the offsets. */
    private static final int DIGITS = 20;

    private static final String ZEROS = "0".repeat(DIGITS);

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
        if (!hasSuffix(fileName)) {
            return OptionalLong.empty();
        }
        // There are thousands of names when a log is opened, by code that nothing has compiled yet.
        long offset = 0;
        for (int i = 0; i < DIGITS; i++) {
            int digit = fileName.charAt(i) - '0';
            // Twenty digits can say more than a long can hold; then it is not ours.
            if (digit < 0 || digit > 9 || offset > (Long.MAX_VALUE - digit) / 10) {
                return OptionalLong.empty();
            }
            offset = 10 * offset + digit;
        }
        return OptionalLong.of(offset);
    }

    public static boolean isLog(String fileName) {
        return fileName.endsWith(LOG) && baseOffset(fileName).isPresent();
    }

    private static boolean hasSuffix(String fileName) {
        for (String suffix : SUFFIXES) {
            if (fileName.length() == DIGITS + suffix.length() && fileName.endsWith(suffix)) {
                return true;
            }
        }
        return false;
    }

    private static String name(long baseOffset, String suffix) {
        String digits = Long.toString(baseOffset);
        return ZEROS.substring(digits.length()).concat(digits).concat(suffix);
    }
}
