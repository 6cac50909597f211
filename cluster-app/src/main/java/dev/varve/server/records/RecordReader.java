package dev.varve.server.records;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordHeader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads records from JSON objects: {@code key} and {@code value} are strings, {@code {"base64":"..."}} or null, {@code headers} an array of
 * {@code {"key","value"}}, {@code timestamp} ISO 8601 in UTC or milliseconds since 1970-01-01T00:00:00Z. Whatever may be left out is null or
 * empty then. A field that is none of these is refused: it is a misspelt one more often than not. Any thread, one parser each.
 */
public final class RecordReader {
    private static final long NONE = -1;

    private RecordReader() {}

    /**
     * Reads a record on its way into a log. The parser stands at the beginning of the object, and at its end afterwards.
     *
     * @param now the timestamp of a record that brings none, in milliseconds since 1970-01-01T00:00:00Z
     * @throws MalformedRecordException if it is none, in words for people
     */
    public static NewRecord readNew(JsonParser json, long now) throws IOException {
        Fields fields = Fields.read(json, now, false);
        return new NewRecord(fields.timestamp, fields.key, fields.value, fields.headers);
    }

    /**
     * Reads a record as a log holds it, with its offset. The parser stands at the beginning of the object, and at its end afterwards.
     *
     * @throws MalformedRecordException if it is none, in words for people
     */
    public static LogRecord read(JsonParser json) throws IOException {
        Fields fields = Fields.read(json, 0, true);
        if (fields.offset == NONE) {
            throw new MalformedRecordException("a record must have an offset");
        }
        return new LogRecord(fields.offset, fields.timestamp, fields.key, fields.value, fields.headers);
    }

    private static final class Fields {
        private long offset = NONE;
        private long timestamp;
        private byte[] key;
        private byte[] value;
        private List<RecordHeader> headers = List.of();

        private static Fields read(JsonParser json, long now, boolean hasOffset) throws IOException {
            require(json.currentToken() == JsonToken.START_OBJECT, "a record must be an object");
            Fields fields = new Fields();
            fields.timestamp = now;
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String name = json.currentName();
                json.nextToken();
                switch (name) {
                    case "key" -> fields.key = bytes(json, name);
                    case "value" -> fields.value = bytes(json, name);
                    case "headers" -> fields.headers = headers(json);
                    case "timestamp" -> fields.timestamp = timestamp(json, now);
                    case "offset" -> {
                        require(hasOffset, "a record on its way into a log has no offset yet; leave \"offset\" out");
                        fields.offset = json.getLongValue();
                    }
                    default ->
                        throw new MalformedRecordException(
                                "a record has no field \"" + name + "\": it takes key, value, headers and timestamp");
                }
            }
            return fields;
        }
    }

    private static long timestamp(JsonParser json, long now) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return now;
        }
        if (json.currentToken() == JsonToken.VALUE_NUMBER_INT) {
            return json.getLongValue();
        }
        require(json.currentToken() == JsonToken.VALUE_STRING, "a timestamp must be ISO 8601 or milliseconds");
        try {
            return Timestamps.parse(json.getText());
        } catch (DateTimeException e) {
            throw new MalformedRecordException(
                    "a timestamp must be ISO 8601, such as 2026-01-31T12:00:00.000Z, or milliseconds");
        }
    }

    private static List<RecordHeader> headers(JsonParser json) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return List.of();
        }
        require(json.currentToken() == JsonToken.START_ARRAY, "headers must be an array");
        List<RecordHeader> headers = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            headers.add(header(json));
        }
        return headers;
    }

    private static RecordHeader header(JsonParser json) throws IOException {
        require(json.currentToken() == JsonToken.START_OBJECT, "a header must be an object");
        String key = null;
        byte[] value = null;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            json.nextToken();
            switch (name) {
                case "key" -> {
                    require(json.currentToken() == JsonToken.VALUE_STRING, "the key of a header must be a string");
                    key = json.getText();
                    utf8(json, "key of a header");
                }
                case "value" -> value = bytes(json, "value of a header");
                default ->
                    throw new MalformedRecordException(
                            "a header has no field \"" + name + "\": it takes key and value");
            }
        }
        require(key != null && value != null, "a header must have a key and a value");
        return new RecordHeader(key, value);
    }

    private static byte[] bytes(JsonParser json, String name) throws IOException {
        return switch (json.currentToken()) {
            case VALUE_NULL -> null;
            case VALUE_STRING -> utf8(json, name);
            case START_OBJECT -> base64(json, name);
            default ->
                throw new MalformedRecordException("the " + name + " must be a string, {\"base64\":\"...\"} or null");
        };
    }

    /** Half of a surrogate pair is no text, and would be stored as a question mark. */
    private static byte[] utf8(JsonParser json, String name) throws IOException {
        String text = json.getText();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (byte each : bytes) {
            if (each == '?') {
                require(
                        StandardCharsets.UTF_8.newEncoder().canEncode(text),
                        "the " + name + " has half of a surrogate pair, which is no text; send bytes as"
                                + " {\"base64\":\"...\"}");
                break;
            }
        }
        return bytes;
    }

    private static byte[] base64(JsonParser json, String name) throws IOException {
        require(
                json.nextToken() == JsonToken.FIELD_NAME
                        && json.currentName().equals("base64")
                        && json.nextToken() == JsonToken.VALUE_STRING,
                "the " + name + " must be a string, {\"base64\":\"...\"} or null");
        byte[] bytes = json.getBinaryValue();
        require(json.nextToken() == JsonToken.END_OBJECT, "beside \"base64\" there must be nothing else");
        return bytes;
    }

    private static void require(boolean holds, String message) throws MalformedRecordException {
        if (!holds) {
            throw new MalformedRecordException(message);
        }
    }
}
