package dev.varve.server.cli;

import dev.varve.cluster.TopicCompaction;
import java.util.Iterator;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How a topic is compacted: by name, or true for latest-of-key and false for off. */
final class CompactionKind implements ITypeConverter<TopicCompaction>, Iterable<String> {
    @Override
    public TopicCompaction convert(String text) {
        if (text.equals("true") || text.equals("false")) {
            return TopicCompaction.of(text.equals("true"));
        }
        try {
            return TopicCompaction.named(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    @Override
    public Iterator<String> iterator() {
        return Stream.of(TopicCompaction.values())
                .map(TopicCompaction::toString)
                .iterator();
    }
}
