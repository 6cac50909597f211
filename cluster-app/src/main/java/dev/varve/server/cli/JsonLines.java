package dev.varve.server.cli;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import dev.varve.log.Damage;
import dev.varve.log.format.LogRecord;
import dev.varve.server.records.RecordWriter;
import java.io.IOException;

/**
 * Writes JSON, one object a line. Holds neither a line nor a value as a whole. Bytes are a string where they are valid
 * UTF-8, else {@code {"base64":"..."}}. For one thread.
 */
final class JsonLines {
    private final JsonGenerator json;
    private final RecordWriter records;

    JsonLines(Output out) throws IOException {
        json = new JsonFactoryBuilder()
                .disable(StreamWriteFeature.FLUSH_PASSED_TO_STREAM)
                .rootValueSeparator((String) null)
                .build()
                .createGenerator(out);
        records = new RecordWriter(json);
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
        line(fields -> records.writeFields(record));
    }

    /** A record with the partition that it is in. */
    void record(int partition, LogRecord record) throws IOException {
        line(fields -> {
            fields.writeNumberField("partition", partition);
            records.writeFields(record);
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
        records.writeBytes(name, bytes);
    }
}
