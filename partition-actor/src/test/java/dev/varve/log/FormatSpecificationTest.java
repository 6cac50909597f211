package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.RandomBatches.Batch;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.RecordHeader;
import dev.varve.log.testkit.SimDisk;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A second writer, made from docs/FORMAT.md alone and without Kryo, writes the same segment as the log. */
class FormatSpecificationTest {
    private static final long LOG_ID = 0xfedc_ba98_7654_3210L;

    @Test
    void the_document_and_the_code_agree_on_every_byte_of_random_segments() {
        for (long seed = 0; seed < 300; seed++) {
            List<Batch> batches = RandomBatches.of(new Random(seed));
            byte[] written = written(batches);
            byte[] specified = specified(batches);
            assertThat(Arrays.equals(written, specified))
                    .as(
                            "seed %d: first difference at %d of %d",
                            seed, Arrays.mismatch(written, specified), written.length)
                    .isTrue();
        }
    }

    @Test
    void the_document_and_the_code_agree_on_every_byte_of_the_indexes_of_random_segments() {
        int entries = 0;
        for (long seed = 0; seed < 300; seed++) {
            SimDisk disk = RandomBatches.written(RandomBatches.of(new Random(seed)), LOG_ID);
            byte[] segment = RandomBatches.segment(disk);
            byte[] index = RandomBatches.bytes(disk, "00000000000000000000.index");
            byte[] timeIndex = RandomBatches.bytes(disk, "00000000000000000000.timeindex");
            assertThat(index).as("seed %d", seed).isEqualTo(specifiedIndex(segment, false));
            assertThat(timeIndex).as("seed %d", seed).isEqualTo(specifiedIndex(segment, true));
            entries += (index.length - 48) / 8;
        }
        assertThat(entries).as("entries in all").isGreaterThan(30);
    }

    private static byte[] specifiedIndex(byte[] segment, boolean byTime) {
        ByteBuffer bytes = ByteBuffer.wrap(segment);
        ByteBuffer entries = ByteBuffer.allocate(1 << 16);
        int lastEntry = 512;
        long lastTimestamp = 0;
        for (int at = 512; at < segment.length; at += 8 + bytes.getInt(at + 4)) {
            if (bytes.getInt(at + 40) > 0 && at - lastEntry >= 4096) {
                lastEntry = at;
                long maxTimestampBefore = bytes.getLong(at + 80);
                if (!byTime) {
                    entries.putInt((int) bytes.getLong(at + 32)).putInt(at);
                } else if (entries.position() == 0 || maxTimestampBefore > lastTimestamp) {
                    lastTimestamp = maxTimestampBefore;
                    entries.putLong(maxTimestampBefore).putInt(at);
                }
            }
        }
        int entryBytes = byTime ? 12 : 8;
        ByteBuffer file = ByteBuffer.allocate(48 + entries.position());
        file.put((byTime ? "VARVETIX" : "VARVEIDX").getBytes(StandardCharsets.US_ASCII))
                .putInt(1)
                .putInt(entryBytes)
                .putLong(LOG_ID)
                .putLong(1)
                .putLong(segment.length)
                .putInt(entries.position() / entryBytes)
                .putInt(0)
                .put(entries.flip());
        Seals.index(file.array());
        return file.array();
    }

    private static byte[] written(List<Batch> batches) {
        return RandomBatches.segment(RandomBatches.written(batches, LOG_ID));
    }

    private static byte[] specified(List<Batch> batches) {
        ByteBuffer file = ByteBuffer.allocate(1 << 20);
        file.put("VARVESEG".getBytes(StandardCharsets.US_ASCII))
                .putInt(1)
                .putInt(512)
                .putLong(LOG_ID);
        file.putLong(1).putLong(0).putLong(0).putLong(0).putLong(RandomBatches.CREATED);
        Seals.segmentHeader(file.array());
        file.position(512);
        long greatest = Long.MIN_VALUE;
        for (Batch batch : batches) {
            greatest = frame(file, batch, greatest);
        }
        return Arrays.copyOf(file.array(), file.position());
    }

    /** Puts a frame and gives the greatest timestamp up to its end. */
    private static long frame(ByteBuffer file, Batch batch, long greatestBefore) {
        int start = file.position();
        List<LogRecord> records = batch.records();
        long base = records.get(0).offset();
        long least = records.stream().mapToLong(LogRecord::timestamp).min().orElseThrow();
        long greatest = records.stream().mapToLong(LogRecord::timestamp).max().orElseThrow();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (LogRecord record : records) {
            varint(body, record.offset() - base);
            varint(body, record.timestamp() - least);
            nullable(body, record.key());
            if (record.key() != null) {
                varint(body, record.keySequence());
            }
            nullable(body, record.value());
            varint(body, record.headers().size());
            for (RecordHeader header : record.headers()) {
                byte[] name = header.key().getBytes(StandardCharsets.UTF_8);
                varint(body, name.length);
                body.writeBytes(name);
                varint(body, header.value().length);
                body.writeBytes(header.value());
            }
        }
        Producer producer = batch.producer();
        int unpadded = (producer == null ? 88 : 104) + body.size();
        int frameBytes = (unpadded + 7) / 8 * 8;
        file.putInt(0)
                .putInt(frameBytes - 8)
                .put("VRVB".getBytes(StandardCharsets.US_ASCII))
                .put((byte) 1)
                .put((byte) 0);
        file.putShort((short) (producer == null ? 0 : 1 << 4));
        file.putLong(batch.epoch()).putLong(batch.sequence()).putLong(base).putInt(records.size());
        file.putInt((int) (records.get(records.size() - 1).offset() - base))
                .putLong(least)
                .putLong(greatest);
        // Each commit was synced before the next one: all before a frame is durable when it is written.
        file.putInt(body.size()).putInt(body.size()).putInt(start).putInt(0).putLong(greatestBefore);
        if (producer != null) {
            file.putLong(producer.id())
                    .putShort(producer.epoch())
                    .putShort((short) 0)
                    .putInt(producer.firstSequence());
        }
        file.put(body.toByteArray()).put(new byte[frameBytes - unpadded]);
        Seals.frame(file.array(), start, LOG_ID, 1);
        return Math.max(greatest, greatestBefore);
    }

    /** As a 64-bit number, which for a small one is as for a 32-bit number. */
    private static void varint(ByteArrayOutputStream out, long value) {
        long rest = value;
        for (int i = 0; i < 8 && (rest & ~0x7fL) != 0; i++) {
            out.write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    private static void nullable(ByteArrayOutputStream out, byte[] bytes) {
        varint(out, bytes == null ? 0 : bytes.length + 1);
        if (bytes != null) {
            out.writeBytes(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 127, 128, 16383, 16384, (1L << 56) - 1, 1L << 56, Long.MAX_VALUE, -1, Long.MIN_VALUE})
    void a_64_bit_number_takes_nine_bytes_at_most(long delta) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        varint(out, delta);
        assertThat(out.size()).isEqualTo(Math.max(1, Math.min(9, (64 - Long.numberOfLeadingZeros(delta) + 6) / 7)));
        List<LogRecord> records = List.of(
                new LogRecord(0, Long.MIN_VALUE, null, null, List.of()),
                new LogRecord(1, Long.MIN_VALUE + delta, null, null, List.of()));
        List<Batch> batches = List.of(new Batch(1, 1, records, null));
        assertThat(written(batches)).isEqualTo(specified(batches));
    }
}
