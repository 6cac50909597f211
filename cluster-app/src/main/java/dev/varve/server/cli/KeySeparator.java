package dev.varve.server.cli;

import java.nio.charset.StandardCharsets;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The character that ends the key of a line.
 *
 * @param bytes how it stands in the line: UTF-8
 */
record KeySeparator(byte[] bytes) {

    /** From one character, or the two that stand for a tab. */
    static final class Converter implements ITypeConverter<KeySeparator> {
        @Override
        public KeySeparator convert(String text) {
            String character = text.equals("\\t") ? "\t" : text;
            if (character.codePointCount(0, character.length()) != 1 || character.equals("\n")) {
                throw new TypeConversionException("'" + text + "' is not one character, or \\t for a tab");
            }
            return new KeySeparator(character.getBytes(StandardCharsets.UTF_8));
        }
    }
}
