package dev.varve.server.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.varve.log.format.NewRecord;
import dev.varve.server.http.Spread.Fate;
import dev.varve.server.metrics.ServerMetrics;
import dev.varve.server.records.MalformedRecordException;
import dev.varve.server.records.RecordReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.japi.pf.PFBuilder;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Framing;
import org.apache.pekko.stream.javadsl.FramingTruncation;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.scaladsl.Framing.FramingException;
import org.apache.pekko.util.ByteString;

/**
 * Appends records that come as lines, of which there may be any number: {@code application/x-ndjson}. Each line that is read gets a line in
 * the answer, in order. While lines are appended those that come meanwhile gather, up to a limit, and are appended together; behind that
 * the sender has to wait. A line that is not stored ends the stream, and nothing behind the lines that were answered was stored. Any thread.
 */
final class StreamedAppend {
    static final String MEDIA_TYPE = "application/x-ndjson";

    private static final ContentType NDJSON = MediaTypes.applicationWithFixedCharset("x-ndjson", HttpCharsets.UTF_8)
            .toContentType();

    /** How many bytes of lines gather, and are appended together. */
    private static final long GATHER_BYTES = 256 << 10;

    /** What a line takes on the heap beside its bytes, about. */
    private static final long LINE_OVERHEAD_BYTES = 256;

    private final HttpSettings settings;
    private final Requests requests;
    private final ByteBudget inFlight;
    private final PartitionCounts counts;
    private final Spread spread;
    private final ServerMetrics metrics;

    StreamedAppend(
            HttpSettings settings,
            Requests requests,
            ByteBudget inFlight,
            PartitionCounts counts,
            Spread spread,
            ServerMetrics metrics) {
        this.settings = settings;
        this.requests = requests;
        this.inFlight = inFlight;
        this.counts = counts;
        this.spread = spread;
        this.metrics = metrics;
    }

    /** What a number of lines gave: lines of the answer, the last of which may be the last one of all. */
    private record Answered(ByteString lines, boolean isLast) {}

    CompletionStage<HttpResponse> append(HttpRequest request, String topic) {
        // One line that is being cut, one that is too much to gather, and what gathers while as much is being appended.
        long bytes = 2L * settings.maxRecordBytes() + 2 * GATHER_BYTES;
        if (!inFlight.hasRoomFor(bytes)) {
            return requests.refuse(request, Requests.tooMuchInFlight());
        }
        return counts.of(topic)
                .handle((count, failure) -> failure != null
                        ? requests.refuse(request, Problems.of(failure))
                        : CompletableFuture.completedStage(answer(request, topic, count, bytes)))
                .thenCompose(response -> response);
    }

    /**
     * The room is taken when the answer begins to flow, not before: whoever has gone away meanwhile is never answered, and nobody would give
     * it back.
     */
    private HttpResponse answer(HttpRequest request, String topic, int partitionCount, long bytes) {
        Source<ByteString, ?> answers = Source.fromMaterializer((materializer, attributes) -> {
            if (inFlight.tryTake(bytes)) {
                return answers(request, topic, partitionCount, bytes);
            }
            request.entity().getDataBytes().runWith(Sink.cancelled(), materializer);
            return Source.single(errorLine(Requests.tooMuchInFlight()));
        });
        return HttpResponse.create().withEntity(HttpEntities.create(NDJSON, answers));
    }

    /** A line that came, and no problem; or the problem why there are no more. */
    private record Line(ByteString bytes, Problem problem) {}

    private Source<ByteString, NotUsed> answers(HttpRequest request, String topic, int partitionCount, long bytes) {
        // More may have gathered behind the last line, and is on its way before the end of the stream is.
        AtomicBoolean isOver = new AtomicBoolean();
        return request.entity()
                .withoutSizeLimit()
                .getDataBytes()
                .via(lines())
                .via(gathered())
                .mapAsync(
                        1,
                        lines -> isOver.get()
                                ? CompletableFuture.completedStage(new Answered(ByteString.emptyByteString(), true))
                                : append(topic, partitionCount, lines).thenApply(answered -> {
                                    isOver.set(answered.isLast());
                                    return answered;
                                }))
                .takeWhile(answered -> !answered.isLast(), true)
                .map(Answered::lines)
                .recover(new PFBuilder<Throwable, ByteString>()
                        .matchAny(failure -> errorLine(Problems.of(failure)))
                        .build())
                .watchTermination((mat, done) -> {
                    done.whenComplete((end, failure) -> inFlight.giveBack(bytes));
                    return NotUsed.getInstance();
                });
    }

    /** What ends the lines early takes its place behind them: a failure would overtake what is being appended, and its answer. */
    private Flow<ByteString, Line, NotUsed> lines() {
        return Framing.delimiter(ByteString.fromString("\n"), settings.maxRecordBytes(), FramingTruncation.ALLOW)
                .map(bytes -> new Line(bytes, null))
                .recover(new PFBuilder<Throwable, Line>()
                        .matchAny(failure -> new Line(ByteString.emptyByteString(), whyNoMore(failure)))
                        .build());
    }

    private Problem whyNoMore(Throwable failure) {
        return failure instanceof FramingException
                ? Problem.tooLarge(
                        "record-too-large",
                        "a line of a stream may have " + settings.maxRecordBytes()
                                + " bytes (varve.server.http.max-record-bytes); it and what follows it were not stored")
                : Problems.of(failure);
    }

    private static Flow<Line, List<Line>, NotUsed> gathered() {
        return Flow.of(Line.class)
                .batchWeighted(
                        GATHER_BYTES,
                        line -> line.bytes().size() + LINE_OVERHEAD_BYTES,
                        line -> {
                            List<Line> lines = new ArrayList<>();
                            lines.add(line);
                            return lines;
                        },
                        (lines, line) -> {
                            lines.add(line);
                            return lines;
                        });
    }

    private CompletionStage<Answered> append(String topic, int partitionCount, List<Line> lines) {
        List<NewRecord> records = new ArrayList<>(lines.size());
        Problem malformed = null;
        long now = System.currentTimeMillis();
        for (Line line : lines) {
            malformed = line.problem();
            try {
                if (malformed == null) {
                    records.add(record(line.bytes(), now));
                }
            } catch (IOException e) {
                malformed = Problems.of(e);
            }
            if (malformed != null) {
                break;
            }
        }
        Problem problem = malformed;
        if (records.isEmpty()) {
            return CompletableFuture.completedStage(new Answered(errorLine(problem), true));
        }
        return spread.append(topic, partitionCount, records).thenApply(fates -> answered(records, fates, problem));
    }

    private static NewRecord record(ByteString line, long now) throws IOException {
        try (JsonParser json = Answers.JSON.createParser(line.toArrayUnsafe())) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new MalformedRecordException("a line must be an object, a record");
            }
            NewRecord record = RecordReader.readNew(json, now);
            if (json.nextToken() != null) {
                throw new MalformedRecordException("there is something behind the record in its line");
            }
            return record;
        }
    }

    private Answered answered(List<NewRecord> records, List<Fate> fates, Problem malformed) {
        ByteArrayOutputStream lines = new ByteArrayOutputStream(64 * fates.size());
        boolean isLast = malformed != null;
        for (int i = 0; i < fates.size(); i++) {
            Fate fate = fates.get(i);
            lines.writeBytes(Answers.bytes(json -> AppendRoutes.writeResult(json, fate)));
            lines.write('\n');
            if (fate.problem() == null) {
                metrics.appended(records.subList(i, i + 1));
            } else {
                isLast = true;
            }
        }
        ByteString answer = ByteString.fromArrayUnsafe(lines.toByteArray());
        return new Answered(malformed == null ? answer : answer.concat(errorLine(malformed)), isLast);
    }

    private static ByteString errorLine(Problem problem) {
        return ByteString.fromArrayUnsafe(Answers.bytes(json -> {
                    json.writeStartObject();
                    json.writeFieldName("error");
                    Answers.writeProblem(json, problem);
                    json.writeEndObject();
                }))
                .concat(ByteString.fromString("\n"));
    }
}
