package dev.varve.server.http;

import dev.varve.log.format.LogRecord;
import dev.varve.partition.PartitionActor.Tail;
import dev.varve.partition.PartitionSource;
import dev.varve.server.metrics.ServerMetrics;
import dev.varve.server.records.RecordWriter;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.japi.pf.PFBuilder;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * Follows a partition by server-sent events: an event a record, its id the offset, its data the record. What ends a tail early is an event
 * {@code error} with a problem. Any thread.
 */
final class TailRoute {
    private static final ContentType EVENTS = MediaTypes.TEXT_EVENT_STREAM.toContentType();

    /** A line that is a comment: readers take no notice of it, but see that the connection lives. */
    private static final ByteString STILL_HERE = ByteString.fromString(":\n\n");

    private static final int READ_BYTES = 64 << 10;

    private final HttpSettings settings;
    private final Partitions partitions;
    private final SharedKillSwitch whenStopping;
    private final ServerMetrics metrics;

    TailRoute(HttpSettings settings, Partitions partitions, SharedKillSwitch whenStopping, ServerMetrics metrics) {
        this.settings = settings;
        this.partitions = partitions;
        this.whenStopping = whenStopping;
        this.metrics = metrics;
    }

    /** {@code Last-Event-ID}, else {@code from}, else whatever comes next. */
    CompletionStage<HttpResponse> tail(HttpRequest request, String topic, int partition) {
        OptionalLong from = first(request);
        return partitions.bounds(topic, partition).thenApply(bounds -> {
            long first = from.orElse(bounds.logEndOffset());
            requireWithin(first, bounds);
            return HttpResponse.create()
                    .withEntity(HttpEntities.create(EVENTS, events(topic, partition, first)))
                    .addHeader(RawHeader.create("Cache-Control", "no-store"));
        });
    }

    private static OptionalLong first(HttpRequest request) {
        OptionalLong last = request.getHeader("Last-Event-ID")
                .map(HttpHeader::value)
                .map(id -> Requests.number("Last-Event-ID", id, Long.MAX_VALUE - 1))
                .orElse(OptionalLong.empty());
        return last.isPresent() ? OptionalLong.of(last.getAsLong() + 1) : Requests.offset(request, "from");
    }

    private static void requireWithin(long first, Tail bounds) {
        if (first < bounds.logStartOffset() || first > bounds.logEndOffset()) {
            throw new ProblemException(Problem.outOfRange(
                    "offset " + first + " is not within " + bounds.logStartOffset() + " to " + bounds.logEndOffset()
                            + ", which can be followed",
                    bounds.logStartOffset(),
                    bounds.logEndOffset()));
        }
    }

    private Source<ByteString, ?> events(String topic, int partition, long first) {
        PartitionSource.Options options =
                PartitionSource.Options.DEFAULT.withMaxBytes(READ_BYTES).withPatience(settings.answerTimeout());
        return PartitionSource.follow(partitions.ref(topic, partition), first, options)
                .map(this::event)
                .recover(new PFBuilder<Throwable, ByteString>()
                        .matchAny(failure -> error(Problems.of(failure)))
                        .build())
                .via(whenStopping.flow())
                .keepAlive(settings.keepAlive(), () -> STILL_HERE);
    }

    private ByteString event(LogRecord record) {
        metrics.read(List.of(record));
        // Nothing in the JSON is a line feed: those of a value are escaped.
        return ByteString.fromString("id:" + record.offset() + "\ndata:")
                .concat(ByteString.fromArrayUnsafe(Answers.bytes(json -> new RecordWriter(json).write(record))))
                .concat(ByteString.fromString("\n\n"));
    }

    private static ByteString error(Problem problem) {
        return ByteString.fromString("event:error\ndata:")
                .concat(ByteString.fromArrayUnsafe(Answers.bytes(json -> Answers.writeProblem(json, problem))))
                .concat(ByteString.fromString("\n\n"));
    }
}
