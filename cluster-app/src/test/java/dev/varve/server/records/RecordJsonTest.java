package dev.varve.server.records;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordHeader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecordJsonTest {
    private static final JsonFactory JSON = new JsonFactory();

    private static LogRecord read(byte[] text) throws IOException {
        try (JsonParser json = JSON.createParser(text)) {
            json.nextToken();
            return RecordReader.read(json);
        }
    }

    private static NewRecord readNew(String text) throws IOException {
        try (JsonParser json = JSON.createParser(text)) {
            json.nextToken();
            return RecordReader.readNew(json, 42);
        }
    }

    private static byte[] written(LogRecord record) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            new RecordWriter(json).write(record);
        }
        return bytes.toByteArray();
    }

    private static byte[] bytes(Random random) {
        if (random.nextInt(4) == 0) {
            return null;
        }
        byte[] bytes = new byte[random.nextInt(50)];
        random.nextBytes(bytes);
        return random.nextBoolean() ? bytes : "gr\u00fc\u00df \ud83d\ude00\n\u0000".getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void any_record_is_read_as_it_was_written() throws IOException {
        Random random = new Random(5);
        for (int i = 0; i < 2_000; i++) {
            byte[] header = bytes(random);
            LogRecord record = new LogRecord(
                    random.nextLong(Long.MAX_VALUE),
                    random.nextLong(4_000_000_000_000L),
                    bytes(random),
                    bytes(random),
                    header == null ? List.of() : List.of(new RecordHeader("h" + i, header)));
            assertThat(read(written(record))).as("seed 5, record %d", i).isEqualTo(record);
        }
    }

    @Test
    void what_is_left_out_is_null_and_the_time_is_now() throws IOException {
        assertThat(readNew("{}")).isEqualTo(NewRecord.of(42, null));
        assertThat(readNew("{\"timestamp\":null,\"headers\":null,\"value\":\"v\"}"))
                .isEqualTo(NewRecord.of(42, new byte[] {'v'}));
    }

    @Test
    void what_is_no_record_is_refused_in_words() {
        for (String text : List.of(
                "[]",
                "{\"valeu\":\"x\"}",
                "{\"value\":1}",
                "{\"value\":[]}",
                "{\"value\":{}}",
                "{\"value\":{\"base64\":1}}",
                "{\"value\":{\"base64\":\"AA==\",\"more\":1}}",
                "{\"offset\":1}",
                "{\"timestamp\":\"noon\"}",
                "{\"timestamp\":1.5}",
                "{\"headers\":{}}",
                "{\"headers\":[{\"key\":\"k\"}]}",
                "{\"headers\":[{\"key\":1,\"value\":\"v\"}]}")) {
            assertThatThrownBy(() -> readNew(text)).as(text).isInstanceOf(MalformedRecordException.class);
        }
    }

    @Test
    void the_partition_of_a_key_never_changes() {
        // CRC-32C of "123456789" is 0xE3069283, as RFC 3720 has it.
        assertThat(Partitioner.partitionOf("123456789".getBytes(StandardCharsets.US_ASCII), 1_000))
                .isEqualTo((int) (0xE3069283L % 1_000));
        assertThat(Partitioner.partitionOf(new byte[0], 7)).isZero();
    }
}
