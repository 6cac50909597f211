package dev.varve.server.cli;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import dev.varve.log.Damage;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.RecordHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/**
 * Writes JSON, one object a line. Holds neither a line nor a value as a whole. Bytes are a string where they are valid
 * UTF-8, else {@code {"base64":"..."}}. For one thread.
 */
final class JsonLines {
    private final JsonGenerator json;
    private final CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder();
    private final CharBuffer decoded = CharBuffer.allocate(4 << 10);

    JsonLines(Output out) throws IOException {
        json = new JsonFactoryBuilder()
                .disable(StreamWriteFeature.FLUSH_PASSED_TO_STREAM)
                .rootValueSeparator((String) null)
                .build()
                .createGenerator(out);
    }

    /** The fields of an object. */
    interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    /** Writes an object and ends the line. */
    void line(Fields fields) throws IOException {
        json.writeStartObject();
        fields.write(json);
        json.writeEndObject();
        json.writeRaw('\n');
        json.flush();
    }

    void record(LogRecord record) throws IOException {
        line(fields -> {
            fields.writeNumberField("offset", record.offset());
            fields.writeStringField("timestamp", Timestamps.format(record.timestamp()));
            writeBytes("key", record.key());
            writeBytes("value", record.value());
            fields.writeArrayFieldStart("headers");
            for (RecordHeader header : record.headers()) {
                fields.writeStartObject();
                fields.writeStringField("key", header.key());
                writeBytes("value", header.value());
                fields.writeEndObject();
            }
            fields.writeEndArray();
        });
    }

    void damage(Damage damage) throws IOException {
        line(fields -> writeDamage(fields, damage));
    }

    static void writeDamage(JsonGenerator json, Damage damage) throws IOException {
        json.writeStringField("file", damage.file());
        json.writeNumberField("position", damage.position());
        json.writeNumberField("firstOffset", damage.firstOffset());
        json.writeNumberField("lastOffset", damage.lastOffset());
        json.writeStringField("kind", damage.kind().name());
        json.writeStringField("detail", damage.detail());
    }

    /** Writes a field of the object that is being written. */
    void writeBytes(String name, byte[] bytes) throws IOException {
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
