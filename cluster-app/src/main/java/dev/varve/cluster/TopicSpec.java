package dev.varve.cluster;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A topic that is to be created. Immutable.
 *
 * @param name 1 to 200 letters, digits, dots, hyphens and underscores of ASCII, not a dot first
 * @param partitions how many, 1 to {@link #MAX_PARTITIONS}; cannot be changed later
 */
public record TopicSpec(String name, int partitions, TopicSettings settings) {
    public static final int MAX_PARTITIONS = 1_000;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}");

    /**
     * @throws IllegalArgumentException if the name or the number is not as it should be; the message says how
     */
    public TopicSpec {
        Objects.requireNonNull(settings, "settings");
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("a topic is named by 1 to 200 letters, digits, dots, hyphens and"
                    + " underscores, not a dot first, not by '" + name + "'");
        }
        if (partitions < 1 || partitions > MAX_PARTITIONS) {
            throw new IllegalArgumentException("a topic has 1 to " + MAX_PARTITIONS + " partitions, not " + partitions);
        }
    }

    /** A topic with the settings that are usual. */
    public static TopicSpec of(String name, int partitions) {
        return new TopicSpec(name, partitions, TopicSettings.DEFAULT);
    }
}
