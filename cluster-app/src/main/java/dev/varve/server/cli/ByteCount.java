package dev.varve.server.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A number of bytes as people write it: 1048576, 1024k, 1m. */
final class ByteCount implements ITypeConverter<Long> {
    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d{1,15})([kmg]?)");

    @Override
    public Long convert(String text) {
        Matcher matcher = NUMBER_AND_UNIT.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new TypeConversionException(
                    "'" + text + "' is no number of bytes, such as 1048576 or 1024k or 1m (k, m, g: powers of 1024)");
        }
        int shift =
                switch (matcher.group(2)) {
                    case "k" -> 10;
                    case "m" -> 20;
                    case "g" -> 30;
                    default -> 0;
                };
        return Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << shift);
    }
}
