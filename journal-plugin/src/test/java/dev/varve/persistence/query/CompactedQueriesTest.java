package dev.varve.persistence.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.varve.partition.PartitionActor.Describe;
import dev.varve.partition.PartitionActor.Description;
import dev.varve.persistence.conformance.JournalProbe;
import dev.varve.persistence.conformance.Writer;
import dev.varve.persistence.journal.EventJournal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.persistence.journal.Tagged;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.stream.javadsl.Sink;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Offsets outlive compaction. */
class CompactedQueriesTest {
    private static final int WRITERS = 6;
    private static final int EVENTS = 40;
    private static final int DELETED = 35;
    private static final String TAG = "tag";

    private ActorTestKit kit;

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private List<EventEnvelope> byTag(VarveReadJournal queries, Offset offset) {
        return await(queries.currentEventsByTag(TAG, offset).runWith(Sink.seq(), kit.system()));
    }

    private static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    }

    private long bytes(EventJournal events) {
        TestProbe<Description> described = kit.createTestProbe();
        events.requests().partitions().partition(0).tell(new Describe(described.ref()));
        return described
                .receiveMessage(Duration.ofSeconds(10))
                .log()
                .orElseThrow()
                .bytes();
    }

    @Test
    void every_offset_that_was_given_out_resumes_behind_its_event_when_most_events_are_compacted_away(
            @TempDir Path directory) {
        kit = ActorTestKit.create(ConfigFactory.parseString(
                        """
                        pekko.persistence.journal.plugin = "varve.journal"
                        varve.directory = "%s"
                        varve.journal.log.segment-bytes = 8 KiB
                        varve.journal.log.compaction.min-dead-share = 0.1
                        varve.journal.partition.maintenance.interval = 50 ms
                        """
                                .formatted(directory))
                .withFallback(ConfigFactory.load()));
        JournalProbe journal = new JournalProbe(kit);
        VarveReadJournal queries = PersistenceQuery.get(kit.system())
                .getReadJournalFor(VarveReadJournal.class, VarveReadJournal.IDENTIFIER);
        EventJournal events =
                EventJournal.of(kit.system(), kit.system().settings().config().getConfig("varve.journal"));
        List<Writer> writers = IntStream.range(0, WRITERS)
                .mapToObj(i -> Writer.of("entity|" + i))
                .toList();
        for (int n = 1; n <= EVENTS; n++) {
            for (Writer writer : writers) {
                journal.store(writer.write(n, new Tagged("x".repeat(200), Set.of(TAG))));
            }
        }
        List<EventEnvelope> before = byTag(queries, Offset.noOffset());
        assertThat(before).hasSize(WRITERS * EVENTS);
        long bytesBefore = bytes(events);
        writers.forEach(writer -> journal.delete(writer.persistenceId(), DELETED));
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(bytes(events))
                .isLessThan(bytesBefore / 2));

        List<EventEnvelope> left =
                before.stream().filter(event -> event.sequenceNr() > DELETED).toList();
        for (int i = 0; i < before.size(); i++) {
            List<EventEnvelope> rest = before.subList(i + 1, before.size()).stream()
                    .filter(left::contains)
                    .toList();
            assertThat(byTag(queries, before.get(i).offset())).isEqualTo(rest);
        }
        assertThat(byTag(queries, Offset.noOffset())).isEqualTo(left);
        for (Writer writer : writers) {
            assertThat(await(queries.eventsByPersistenceId(writer.persistenceId(), 0, EVENTS)
                            .runWith(Sink.seq(), kit.system())))
                    .hasSize(EVENTS - DELETED);
        }
    }
}
