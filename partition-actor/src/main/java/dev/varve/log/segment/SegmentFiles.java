package dev.varve.log.segment;

import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
    public static final String KEYS = ".keys";

    /** What is known of each key over all segments. */
    public static final String KEY_DIRECTORY = "keydirectory";

    private static final Pattern SEGMENT_FILE = Pattern.compile("(\\d{20})\\.(log|index|timeindex|keys)");

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

    public static Path keys(Path directory, long baseOffset) {
        return directory.resolve(name(baseOffset, KEYS));
    }

    /** Where the tail of a segment from a position on is kept when it is cut off. */
    public static String quarantine(long baseOffset, long position) {
        return name(baseOffset, "." + position + QUARANTINE);
    }

    /** The base offset in the name of a segment's file of any kind; empty if it is no such name. */
    public static OptionalLong baseOffset(String fileName) {
        Matcher matcher = SEGMENT_FILE.matcher(fileName);
        if (!matcher.matches()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Long.parseLong(matcher.group(1)));
        } catch (NumberFormatException e) {
            // Twenty digits can say more than a long can hold; then it is not ours.
            return OptionalLong.empty();
        }
    }

    public static boolean isLog(String fileName) {
        return fileName.endsWith(LOG) && baseOffset(fileName).isPresent();
    }

    private static String name(long baseOffset, String suffix) {
        return String.format(Locale.ROOT, "%020d%s", baseOffset, suffix);
    }
}
