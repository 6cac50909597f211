package dev.varve.server.records;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes records as JSON objects. Bytes are a string where they are valid UTF-8, else {@code {"base64":"..."}}, so that reading
 * them gives the same bytes. For one thread.
 */
public final class RecordWriter {
    private final JsonGenerator json;
    private final CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder();
    private final CharBuffer decoded = CharBuffer.allocate(4 << 10);

    /** @param json where to; never closed here */
    public RecordWriter(JsonGenerator json) {
        this.json = json;
    }

    /** Writes a record as an object of its own. */
    public void write(LogRecord record) throws IOException {
        json.writeStartObject();
        writeFields(record);
        json.writeEndObject();
    }

    /** Writes a record that has no offset yet as an object of its own, for programs: the time as a number, and nothing that may be left out. */
    public void writeShort(NewRecord record) throws IOException {
        json.writeStartObject();
        json.writeNumberField("timestamp", record.timestamp());
        if (record.key() != null) {
            writeBytes("key", record.key());
        }
        if (record.value() != null) {
            writeBytes("value", record.value());
        }
        if (!record.headers().isEmpty()) {
            writeHeaders(record.headers());
        }
        json.writeEndObject();
    }

    /** Writes the fields of a record into the object that is being written. */
    public void writeFields(LogRecord record) throws IOException {
        json.writeNumberField("offset", record.offset());
        writeFields(record.timestamp(), record.key(), record.value(), record.headers());
    }

    private void writeFields(long timestamp, byte[] key, byte[] value, List<RecordHeader> headers) throws IOException {
        json.writeStringField("timestamp", Timestamps.format(timestamp));
        writeBytes("key", key);
        writeBytes("value", value);
        writeHeaders(headers);
    }

    private void writeHeaders(List<RecordHeader> headers) throws IOException {
        json.writeArrayFieldStart("headers");
        for (RecordHeader header : headers) {
            json.writeStartObject();
            json.writeStringField("key", header.key());
            writeBytes("value", header.value());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /**
     * Writes a field of the object that is being written.
     *
     * @param bytes the value, or null
     */
    public void writeBytes(String name, byte[] bytes) throws IOException {
        json.writeFieldName(name);
        if (bytes == null) {
            json.writeNull();
        } else if (isUtf8(bytes)) {
            json.writeUTF8String(bytes, 0, bytes.length);
        } else {
            json.writeStartObject();
            json.writeBinaryField("base64", bytes);
            json.writeEndObject();
        }
    }

    private boolean isUtf8(byte[] bytes) {
        ByteBuffer input = ByteBuffer.wrap(bytes);
        utf8.reset();
        while (true) {
            CoderResult result = utf8.decode(input, decoded.clear(), true);
            if (!result.isOverflow()) {
                return !result.isError();
            }
        }
    }
}
