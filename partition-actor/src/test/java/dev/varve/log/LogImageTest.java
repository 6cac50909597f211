package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.Compression;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.NewRecord;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What somebody who copies the files of an image gets, while the log goes on. */
class LogImageTest {
    private static final LogOptions OPTIONS = LogOptions.defaults()
            .withSyncPolicy(SyncPolicy.none())
            .withLogId(77)
            .withCompression(Compression.LZ4)
            .withRollPolicy(RollPolicy.DEFAULT.withSegmentBytes(4 << 10));

    @TempDir
    Path root;

    private PartitionLog log;
    private int sequence;

    @BeforeEach
    void fill() {
        log = PartitionLog.open(root.resolve("log"), OPTIONS);
        for (int i = 0; i < 40; i++) {
            produce(log);
        }
        log.deleteBefore(7);
    }

    @AfterEach
    void close() {
        log.close();
    }

    private long produce(PartitionLog into) {
        byte[] value = ("value " + sequence + " " + "x".repeat(sequence * 7 % 400)).getBytes(StandardCharsets.UTF_8);
        return into.append(List.of(NewRecord.of(1_000 + sequence, value)), new Producer(5, (short) 2, sequence++));
    }

    private Path copy(LogImage image) throws IOException {
        Path directory = Files.createDirectory(root.resolve("copy"));
        for (LogImage.Part part : image.parts()) {
            Path to = directory.resolve(part.name());
            if (part instanceof LogImage.Made made) {
                Files.write(to, made.content());
            } else {
                try (InputStream in = Files.newInputStream(((LogImage.Stored) part).file())) {
                    Files.write(to, in.readNBytes((int) part.lengthBytes()));
                }
            }
            assertThat(to).hasSize(part.lengthBytes());
        }
        return directory;
    }

    private static List<FrameDescription> frames(Path directory) {
        List<FrameDescription> frames = new ArrayList<>();
        LogInspector.dump(directory, OPTIONS, 0, new LogInspector.FrameVisitor() {
            @Override
            public boolean frame(FrameDescription frame) {
                return frames.add(frame);
            }

            @Override
            public boolean damage(Damage damage) {
                throw new AssertionError(damage.toString());
            }
        });
        return frames;
    }

    @Test
    void the_files_are_the_log_as_it_was_whatever_it_does_meanwhile() throws IOException {
        LogImage image = log.image();
        List<FrameDescription> asItWas = frames(root.resolve("log"));
        assertThat(image.logEndOffset()).isEqualTo(40);
        produce(log);
        Path copy = copy(image);
        produce(log);
        assertThat(frames(copy)).isEqualTo(asItWas);
        List<Damage> findings = new ArrayList<>();
        LogInspector.verify(copy, OPTIONS, findings::add, bytes -> {});
        assertThat(findings).isEmpty();
    }

    @Test
    void it_opens_as_after_a_clean_close_and_goes_on_where_the_log_was() throws IOException {
        Path copy = copy(log.image());
        try (PartitionLog other = PartitionLog.open(copy, OPTIONS)) {
            assertThat(other.recovery().clean()).isTrue();
            assertThat(other.logStartOffset()).isEqualTo(7);
            assertThat(other.logEndOffset()).isEqualTo(40);
            assertThat(other.lastSequence()).isEqualTo(log.lastSequence());
            sequence = 39;
            assertThat(produce(other)).as("a repetition").isEqualTo(39);
            assertThat(produce(other)).isEqualTo(40);
            assertThat(other.logEndOffset()).isEqualTo(41);
        }
    }

    @Test
    void an_empty_log_has_an_image_too() throws IOException {
        log.deleteBefore(40);
        Path copy = copy(log.image());
        try (PartitionLog other = PartitionLog.open(copy, OPTIONS)) {
            assertThat(other.logStartOffset()).isEqualTo(40);
            assertThat(other.logEndOffset()).isEqualTo(40);
            assertThat(other.lastSequence()).isEqualTo(log.lastSequence()).isPositive();
            sequence = 39;
            assertThat(produce(other)).as("a repetition of what is deleted").isEqualTo(39);
        }
    }
}
