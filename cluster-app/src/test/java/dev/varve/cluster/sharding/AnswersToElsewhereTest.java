package dev.varve.cluster.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.LogRecord;
import dev.varve.log.format.RecordHeader;
import dev.varve.partition.PartitionActor.Read;
import dev.varve.partition.PartitionActor.ReadFailed;
import dev.varve.partition.PartitionActor.ReadReply;
import dev.varve.partition.PartitionActor.Records;
import dev.varve.partition.PartitionError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is left of an answer that is too large for a message. */
class AnswersToElsewhereTest {
    private static ActorSystem<Void> actorSystem;
    private static Serialization serialization;

    @BeforeAll
    static void startSystem() {
        actorSystem = ActorSystem.create(Behaviors.empty(), "wire");
        serialization = SerializationExtension.get(Adapter.toClassic(actorSystem));
    }

    private final Read read =
            new Read(5, 1 << 20, Duration.ZERO, actorSystem.deadLetters().unsafeUpcast());

    @AfterAll
    static void shutDown() {
        actorSystem.terminate();
    }

    private static LogRecord record(long offset, byte[] key, byte[] value, List<RecordHeader> headers) {
        return new LogRecord(offset, Long.MAX_VALUE, key, value, headers);
    }

    private static Records answer(List<LogRecord> records) {
        return new Records(5, 5 + records.size(), 0, Long.MAX_VALUE, records);
    }

    private static List<LogRecord> records(int count, byte[] value) {
        List<LogRecord> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            records.add(record(5 + i, null, value, List.of()));
        }
        return records;
    }

    private static int wireBytes(ReadReply reply) {
        return serialization.serialize(reply).get().length;
    }

    @Test
    void an_answer_that_fits_is_left_as_it_is() {
        Records all = answer(records(1_000, new byte[100]));
        assertThat(AnswersToElsewhere.cut(read, all)).isSameAs(all);
        ReadFailed failed = new ReadFailed(5, new PartitionError.Invalid("no"));
        assertThat(AnswersToElsewhere.cut(read, failed)).isSameAs(failed);
    }

    @Test
    void what_is_given_fits_into_a_message_and_the_next_offset_is_that_of_the_rest() {
        for (byte[] value : new byte[][] {null, {}, {1}, new byte[100], new byte[900_000]}) {
            Records all = answer(records(value != null && value.length > 1_000 ? 10 : 200_000, value));
            Records cut = (Records) AnswersToElsewhere.cut(read, all);
            assertThat(cut.records().size()).isBetween(1, all.records().size() - 1);
            assertThat(cut.nextOffset())
                    .isEqualTo(all.records().get(cut.records().size()).offset());
            assertThat(cut.records())
                    .isEqualTo(all.records().subList(0, cut.records().size()));
            assertThat((long) wireBytes(cut)).isLessThanOrEqualTo(AnswersToElsewhere.MAX_BYTES);
        }
    }

    @Test
    void the_size_of_a_record_is_not_underestimated() {
        List<RecordHeader> headers = Collections.nCopies(50, new RecordHeader("\u20ac\u20ac\u20ac", new byte[] {1, 2}));
        LogRecord record = record(Long.MAX_VALUE - 1, new byte[200], new byte[300], headers);
        int one = wireBytes(new Records(5, 5, 0, 5, List.of(record)));
        int two = wireBytes(new Records(5, 5, 0, 5, List.of(record, record)));
        assertThat((long) two - one).isLessThanOrEqualTo(AnswersToElsewhere.bytes(record));
    }

    @Test
    void a_record_that_no_message_can_hold_is_refused_by_its_offset() {
        LogRecord large = record(7, null, null, Collections.nCopies(300_000, new RecordHeader("", new byte[0])));
        assertThat(AnswersToElsewhere.cut(read, answer(List.of(large))))
                .isInstanceOfSatisfying(ReadFailed.class, failed -> {
                    assertThat(failed.offset()).isEqualTo(5);
                    assertThat(failed.error()).isInstanceOf(PartitionError.Invalid.class);
                    assertThat(failed.error().message()).contains("offset 7");
                });
    }
}
