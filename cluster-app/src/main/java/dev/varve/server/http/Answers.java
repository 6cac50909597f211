package dev.varve.server.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** Makes responses. Any thread. */
final class Answers {
    /** The limits are those of the request: a value may be as long as its body. */
    static final JsonFactory JSON = new JsonFactoryBuilder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNestingDepth(20)
                    .build())
            .build();

    private static final ContentType PROBLEM = MediaTypes.applicationWithFixedCharset(
                    "problem+json", HttpCharsets.UTF_8)
            .toContentType();

    private Answers() {}

    /** Writes a JSON value. */
    interface Body {
        void write(JsonGenerator json) throws IOException;
    }

    static HttpResponse json(int status, Body body) {
        return HttpResponse.create().withStatus(status).withEntity(ContentTypes.APPLICATION_JSON, bytes(body));
    }

    static HttpResponse noContent() {
        return HttpResponse.create().withStatus(StatusCodes.NO_CONTENT);
    }

    static HttpResponse problem(Problem problem) {
        return problem(problem, json -> {});
    }

    /** @param more writes what else there is to say, as further fields */
    static HttpResponse problem(Problem problem, Body more) {
        HttpResponse response = HttpResponse.create()
                .withStatus(problem.status())
                .withEntity(PROBLEM, bytes(json -> {
                    json.writeStartObject();
                    writeFields(json, problem);
                    more.write(json);
                    json.writeEndObject();
                }));
        return problem.isForNow()
                ? response.addHeader(RawHeader.create("Retry-After", String.valueOf(Problem.RETRY_AFTER_SECONDS)))
                : response;
    }

    static void writeProblem(JsonGenerator json, Problem problem) throws IOException {
        json.writeStartObject();
        writeFields(json, problem);
        json.writeEndObject();
    }

    private static void writeFields(JsonGenerator json, Problem problem) throws IOException {
        json.writeStringField("title", StatusCodes.get(problem.status()).reason());
        json.writeNumberField("status", problem.status());
        json.writeStringField("code", problem.code());
        json.writeStringField("detail", problem.detail());
        for (Map.Entry<String, Object> member : problem.members().entrySet()) {
            json.writeFieldName(member.getKey());
            json.writePOJO(member.getValue());
        }
    }

    static byte[] bytes(Body body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            body.write(json);
        } catch (IOException e) {
            throw new UncheckedIOException("an array in memory cannot fail", e);
        }
        return bytes.toByteArray();
    }
}
