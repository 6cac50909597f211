package dev.varve.server.records;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.TemporalAccessor;

/** Milliseconds since 1970-01-01T00:00:00Z as people write them: ISO 8601, in UTC. */
public final class Timestamps {
    private static final DateTimeFormatter MILLISECONDS =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter();
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** A date, or a date and a time; with an offset, or else in UTC. */
    private static final DateTimeFormatter ACCEPTED = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .optionalStart()
            .appendLiteral('T')
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .optionalStart()
            .appendOffsetId()
            .toFormatter();

    private Timestamps() {}

    /** Such as 2026-01-31T12:00:00.000Z. */
    public static String format(long millis) {
        return MILLISECONDS.format(Instant.ofEpochMilli(millis));
    }

    /**
     * The first millisecond that is not before a date or a time.
     *
     * @throws DateTimeException if the text is neither
     */
    public static long parse(String text) {
        TemporalAccessor parsed = ACCEPTED.parseBest(text, OffsetDateTime::from, LocalDateTime::from, LocalDate::from);
        if (parsed instanceof OffsetDateTime time) {
            return firstMilliNotBefore(time.toInstant());
        }
        LocalDateTime local = parsed instanceof LocalDate date ? date.atStartOfDay() : (LocalDateTime) parsed;
        return firstMilliNotBefore(local.toInstant(ZoneOffset.UTC));
    }

    private static long firstMilliNotBefore(Instant instant) {
        try {
            return Math.addExact(instant.toEpochMilli(), instant.getNano() % NANOS_PER_MILLI == 0 ? 0 : 1);
        } catch (ArithmeticException e) {
            // Beyond what a record's timestamp can say.
            return instant.getEpochSecond() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }
}
