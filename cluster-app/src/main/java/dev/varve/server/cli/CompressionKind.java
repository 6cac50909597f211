package dev.varve.server.cli;

import dev.varve.log.format.Compression;
import java.util.Iterator;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How the records of a batch are stored, by name. */
final class CompressionKind implements ITypeConverter<Compression>, Iterable<String> {
    @Override
    public Compression convert(String text) {
        try {
            return Compression.named(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    @Override
    public Iterator<String> iterator() {
        return Stream.of(Compression.values()).map(Compression::toString).iterator();
    }
}
