package dev.varve.server.http;

import dev.varve.server.records.Timestamps;
import java.time.DateTimeException;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.util.ByteString;

/** Takes requests apart; what is wrong with one is thrown as {@link ProblemException}. Any thread. */
final class Requests {
    private final HttpSettings settings;
    private final ByteBudget inFlight;
    private final ActorSystem<?> system;

    Requests(HttpSettings settings, ByteBudget inFlight, ActorSystem<?> system) {
        this.settings = settings;
        this.inFlight = inFlight;
        this.system = system;
    }

    /**
     * Waits for the whole body, if it is not too long and if there is room for it, which is held until the answer is there.
     *
     * @param answer what to do with it
     */
    CompletionStage<HttpResponse> withBody(
            HttpRequest request, Function<ByteString, CompletionStage<HttpResponse>> answer) {
        long bytes = request.entity().getContentLengthOption().orElse(settings.maxRequestBytes());
        if (bytes > settings.maxRequestBytes()) {
            return refuse(request, Problems.tooLarge(settings.maxRequestBytes()));
        }
        if (!inFlight.tryTake(bytes)) {
            return refuse(request, tooMuchInFlight());
        }
        return DirectStage.of(request.entity()
                        .withSizeLimit(settings.maxRequestBytes())
                        // The limit above is reached first, and says so.
                        .toStrict(settings.bodyTimeout().toMillis(), 2L * settings.maxRequestBytes(), system))
                .exceptionally(failure -> {
                    throw notArrived(failure);
                })
                .thenCompose(strict -> answer.apply(strict.getData()))
                .whenComplete((response, failure) -> inFlight.giveBack(bytes));
    }

    private CompletionException notArrived(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return new CompletionException(
                cause instanceof TimeoutException
                        ? new ProblemException(new Problem(
                                408,
                                "request-too-slow",
                                "the body of a request must have arrived after "
                                        + settings.bodyTimeout().toMillis()
                                        + " ms (varve.server.http.body-timeout); nothing was done"))
                        : cause);
    }

    static Problem tooMuchInFlight() {
        return Problem.overloaded("the server has as many bytes of requests in memory as it may"
                + " (varve.server.http.max-bytes-in-flight); nothing was stored, send it again a little later");
    }

    /** Answers without having read the body, which is thrown away: who is still sending would not see the answer otherwise. */
    CompletionStage<HttpResponse> refuse(HttpRequest request, Problem problem) {
        request.entity().withoutSizeLimit().discardBytes(system);
        return CompletableFuture.failedStage(new ProblemException(problem));
    }

    /** Whether the body is of a media type, given as {@code type/subtype}. */
    static boolean isOf(HttpRequest request, String mediaType) {
        return (request.entity().getContentType().mediaType().mainType() + "/"
                        + request.entity().getContentType().mediaType().subType())
                .equals(mediaType);
    }

    static OptionalLong offset(HttpRequest request, String name) {
        return number(name, parameter(request, name), Long.MAX_VALUE);
    }

    static OptionalLong number(HttpRequest request, String name, long max) {
        return number(name, parameter(request, name), max);
    }

    static String parameter(HttpRequest request, String name) {
        return request.getUri().query().get(name).orElse(null);
    }

    /**
     * @param text digits, or null
     * @param max the greatest number that makes sense; more is taken for it
     */
    static OptionalLong number(String name, String text, long max) {
        if (text == null) {
            return OptionalLong.empty();
        }
        try {
            long number = Long.parseLong(text);
            if (number >= 0) {
                return OptionalLong.of(Math.min(number, max));
            }
        } catch (NumberFormatException e) {
            // Said below, as for a negative number.
        }
        throw new ProblemException(Problem.invalid(name + " must be a whole number, 0 or more, not '" + text + "'"));
    }

    /** The milliseconds since 1970-01-01T00:00:00Z of a text that has them as digits or in ISO 8601. */
    static long time(String text) {
        try {
            return text.matches("-?\\d{1,18}") ? Long.parseLong(text) : Timestamps.parse(text);
        } catch (DateTimeException e) {
            throw new ProblemException(
                    Problem.invalid("time must be ISO 8601, such as 2026-01-31T12:00:00Z, or milliseconds"
                            + " since 1970-01-01T00:00:00Z, not '" + text + "'"));
        }
    }

    /** The number of a partition, as it stands in a path; empty if it is none. */
    static OptionalInt partition(String segment) {
        return segment.matches("\\d{1,9}") ? OptionalInt.of(Integer.parseInt(segment)) : OptionalInt.empty();
    }
}
