package dev.varve.persistence.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import dev.varve.partition.PartitionActor.DeleteBefore;
import dev.varve.partition.PartitionActor.DeleteReply;
import dev.varve.partition.PartitionActor.Deleted;
import dev.varve.partition.PartitionActor.SubscribeToKey;
import dev.varve.partition.PartitionActor.Tail;
import dev.varve.partition.PartitionActor.TailReply;
import dev.varve.persistence.conformance.JournalProbe;
import dev.varve.persistence.conformance.Writer;
import dev.varve.persistence.journal.EventJournal;
import dev.varve.persistence.journal.StoredEvent;
import dev.varve.persistence.storage.Partitions;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.persistence.journal.EventSeq;
import org.apache.pekko.persistence.journal.ReadEventAdapter;
import org.apache.pekko.persistence.journal.Tagged;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.Sequence;
import org.apache.pekko.persistence.query.TimestampOffset;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;

/** What varve's queries promise beyond what every read journal owes; in a journal of four partitions. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class QueriesTest {
    private static final int PARTITIONS = 4;
    private static final int MAX_SUBSCRIPTIONS = 1100;
    private static final int LAST_SLICE = Partitions.SLICES - 1;

    /** Makes an event of each word behind a colon. */
    public static final class Splitting implements ReadEventAdapter {
        @Override
        public EventSeq fromJournal(Object event, String manifest) {
            String text = (String) event;
            return text.startsWith(":")
                    ? EventSeq.create((Object[]) text.substring(1).trim().split(" +"))
                    : text.equals("gone") ? EventSeq.empty() : EventSeq.single(text);
        }
    }

    private ActorTestKit kit;
    private JournalProbe journal;
    private VarveReadJournal queries;
    private EventJournal events;

    @BeforeAll
    void start(@TempDir Path directory) {
        kit = ActorTestKit.create(ConfigFactory.parseString(
                        """
                        pekko.loglevel = WARNING
                        pekko.persistence.journal.plugin = "varve.journal"
                        varve.directory = "%s"
                        varve.journal.partitions = %d
                        varve.journal.log.segment-bytes = 16 KiB
                        varve.journal.partition.max-requests = %d
                        varve.journal.event-adapters.splitting = "%s"
                        varve.journal.event-adapter-bindings."java.lang.String" = splitting
                        varve.query.step-bytes = 1 KiB
                        """
                                .formatted(directory, PARTITIONS, MAX_SUBSCRIPTIONS, Splitting.class.getName()))
                .withFallback(ConfigFactory.load()));
        journal = new JournalProbe(kit);
        queries = PersistenceQuery.get(kit.system())
                .getReadJournalFor(VarveReadJournal.class, VarveReadJournal.IDENTIFIER);
        events = EventJournal.of(kit.system(), kit.system().settings().config().getConfig("varve.journal"));
    }

    @AfterAll
    void stop() {
        kit.shutdownTestKit();
    }

    private static String unique(String name) {
        return name + "-" + UUID.randomUUID();
    }

    /** A writer whose persistence id is in this partition. */
    private Writer writerIn(int partition, String entityType) {
        return Stream.generate(() -> Writer.of(entityType + "|" + UUID.randomUUID()))
                .filter(writer -> events.requests().partitions().partitionOf(writer.persistenceId()) == partition)
                .findFirst()
                .orElseThrow();
    }

    private List<Writer> writersInAll(String entityType) {
        return IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> writerIn(partition, entityType))
                .toList();
    }

    private static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    }

    private <T> List<T> all(Source<T, NotUsed> source) {
        return await(source.runWith(Sink.seq(), kit.system()));
    }

    private List<EventEnvelope> byTag(String tag, Offset offset) {
        return all(queries.currentEventsByTag(tag, offset));
    }

    private List<org.apache.pekko.persistence.query.typed.EventEnvelope<String>> bySlices(
            String type, int min, int max, Offset offset) {
        return all(queries.currentEventsBySlices(type, min, max, offset));
    }

    private static List<Object> payloads(List<EventEnvelope> envelopes) {
        return envelopes.stream().map(EventEnvelope::event).toList();
    }

    private static List<String> typed(List<org.apache.pekko.persistence.query.typed.EventEnvelope<String>> envelopes) {
        return envelopes.stream().map(envelope -> envelope.getEvent()).toList();
    }

    private static Tagged tagged(String payload, String tag) {
        return new Tagged(payload, Set.of(tag));
    }

    @Test
    void deleted_events_are_in_no_query() {
        String type = unique("type");
        String tag = unique("tag");
        Writer writer = writerIn(1, type);
        Writer other = writerIn(1, type);
        journal.store(writer.write(1, tagged("a-1", tag), tagged("a-2", tag)), other.write(1, tagged("b-1", tag)));
        journal.store(writer.write(3, tagged("a-3", tag)));
        journal.delete(writer.persistenceId(), 2);
        assertThat(payloads(byTag(tag, Offset.noOffset()))).containsExactly("b-1", "a-3");
        assertThat(typed(bySlices(type, 0, LAST_SLICE, Offset.noOffset()))).containsExactly("b-1", "a-3");
        journal.delete(writer.persistenceId(), Long.MAX_VALUE);
        assertThat(payloads(byTag(tag, Offset.noOffset()))).containsExactly("b-1");
        assertThat(await(queries.currentLastSequenceNumberByPersistenceId(writer.persistenceId())))
                .contains(3L);
        assertThat(all(queries.currentPersistenceIds())).contains(writer.persistenceId());
    }

    @Test
    void a_forgotten_persistence_id_is_in_no_query_until_it_writes_again() {
        String tag = unique("tag");
        Writer writer = writerIn(0, unique("type"));
        journal.store(writer.write(1, tagged("a-1", tag), tagged("a-2", tag)));
        await(events.forget(writer.persistenceId()));
        assertThat(byTag(tag, Offset.noOffset())).isEmpty();
        assertThat(all(queries.currentPersistenceIds())).doesNotContain(writer.persistenceId());
        assertThat(await(queries.currentLastSequenceNumberByPersistenceId(writer.persistenceId())))
                .isEmpty();
        journal.store(writer.another().write(1, tagged("again", tag)));
        assertThat(payloads(byTag(tag, Offset.noOffset()))).containsExactly("again");
    }

    @Test
    void a_live_query_ends_when_the_last_events_that_it_waits_for_are_deleted_before_it_sees_them() {
        Writer writer = writerIn(2, unique("type"));
        journal.store(writer.write(1, "a-1"));
        journal.store(writer.write(2, "a-2", "a-3"));
        journal.delete(writer.persistenceId(), 3);
        assertThat(all(queries.eventsByPersistenceId(writer.persistenceId(), 1, 2)))
                .isEmpty();
        CompletionStage<List<EventEnvelope>> live =
                queries.eventsByPersistenceId(writer.persistenceId(), 1, 4).runWith(Sink.seq(), kit.system());
        journal.store(writer.write(4, "a-4"));
        assertThat(payloads(await(live))).containsExactly("a-4");
    }

    @Test
    void in_one_partition_events_by_slice_come_in_the_order_in_which_they_were_stored_and_offsets_are_sequences() {
        String type = unique("type");
        Writer one = writerIn(3, type);
        Writer other = writerIn(3, type);
        for (int n = 1; n <= 20; n++) {
            journal.store((n % 2 == 0 ? one : other).write((n + 1) / 2, "event " + n));
        }
        Partitions partitions = events.requests().partitions();
        var envelopes = bySlices(type, partitions.firstSlice(3), LAST_SLICE, Offset.noOffset());
        assertThat(typed(envelopes))
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, 20).mapToObj(n -> "event " + n).toList());
        assertThat(envelopes)
                .extracting(envelope -> ((Sequence) envelope.offset()).value())
                .isSorted()
                .doesNotHaveDuplicates();
    }

    @Test
    void an_offset_over_all_partitions_resumes_a_query_over_fewer_of_them() {
        String type = unique("type");
        List<Writer> writers = writersInAll(type);
        for (int n = 1; n <= 5; n++) {
            for (Writer writer : writers) {
                journal.store(writer.write(n, writer.persistenceId() + " " + n));
            }
        }
        var envelopes = bySlices(type, 0, LAST_SLICE, Offset.noOffset());
        for (int i = 0; i < envelopes.size(); i++) {
            List<String> resumed = new ArrayList<>();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                int first = events.requests().partitions().firstSlice(partition);
                int last = partition + 1 == PARTITIONS
                        ? LAST_SLICE
                        : events.requests().partitions().firstSlice(partition + 1) - 1;
                resumed.addAll(
                        typed(bySlices(type, first, last, envelopes.get(i).offset())));
            }
            assertThat(resumed).containsExactlyInAnyOrderElementsOf(typed(envelopes.subList(i + 1, envelopes.size())));
        }
    }

    @Test
    void a_query_over_partitions_that_have_nothing_for_it_does_not_read_them_again_when_it_is_resumed() {
        String tag = unique("tag");
        List<Writer> writers = writersInAll(unique("type"));
        writers.forEach(writer -> journal.store(writer.write(1, "without a tag")));
        journal.store(writers.get(0).write(2, tagged("with a tag", tag)));
        PartitionOffsets offset =
                (PartitionOffsets) byTag(tag, Offset.noOffset()).get(0).offset();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(offset.nextOffset(partition)).isPositive();
        }
    }

    @Test
    void offsets_of_another_kind_are_refused_with_words() {
        for (Offset wrong : List.of(
                Offset.sequence(5),
                Offset.timeBasedUUID(UUID.fromString("49225740-2019-11ea-a752-ffae2393b6e4")),
                PartitionOffsets.of(0, 1, 2, 3, 4, 5))) {
            assertThatThrownBy(() -> queries.eventsByTag("tag", wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(wrong.toString());
            assertThatThrownBy(() -> queries.eventsBySlices("type", 0, LAST_SLICE, wrong))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> queries.eventsBySlices("type", 0, 3, Offset.sequence(-1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(byTag(unique("tag"), Offset.sequence(0))).isEmpty();
    }

    @Test
    void ranges_of_slices_that_do_not_exist_and_pages_of_nothing_are_refused() {
        for (int[] range : new int[][] {{-1, 3}, {0, 1024}, {5, 4}}) {
            assertThatThrownBy(() -> queries.currentEventsBySlices("type", range[0], range[1], Offset.noOffset()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("0 to 1023");
        }
        assertThatThrownBy(() -> queries.currentPersistenceIds(Optional.empty(), 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Events that are written from now on have a later time than those before. */
    private static void awaitLaterTime() {
        long now = System.currentTimeMillis();
        while (System.currentTimeMillis() <= now) {
            Thread.onSpinWait();
        }
    }

    @Test
    void a_timestamp_begins_at_the_first_event_that_is_not_older_without_those_that_were_seen() throws Exception {
        String type = unique("type");
        List<Writer> writers = writersInAll(type);
        for (Writer writer : writers) {
            journal.store(writer.write(1, "old"));
        }
        awaitLaterTime();
        for (Writer writer : writers) {
            journal.store(writer.write(2, "new of " + writer.persistenceId()));
            journal.store(writer.write(3, "newer of " + writer.persistenceId()));
        }
        Writer first = writers.get(0);
        Instant begin = await(queries.timestampOf(first.persistenceId(), 2)).orElseThrow();
        Offset unseen = new TimestampOffset(
                begin,
                begin,
                CollectionConverters.asScala(Map.<String, Object>of()).toMap(scala.$less$colon$less$.MODULE$.refl()));
        assertThat(typed(bySlices(type, 0, LAST_SLICE, unseen)))
                .hasSize(2 * PARTITIONS)
                .doesNotContain("old");
        Offset seen = new TimestampOffset(
                begin,
                begin,
                CollectionConverters.asScala(Map.<String, Object>of(first.persistenceId(), 2L))
                        .toMap(scala.$less$colon$less$.MODULE$.refl()));
        var resumed = bySlices(type, 0, LAST_SLICE, seen);
        assertThat(typed(resumed))
                .hasSize(2 * PARTITIONS - 1)
                .doesNotContain("old", "new of " + first.persistenceId())
                .contains("newer of " + first.persistenceId());
        assertThat(typed(bySlices(type, 0, LAST_SLICE, resumed.get(3).offset())))
                .as("what it gives out are offsets of the usual kind")
                .hasSize(2 * PARTITIONS - 5);
        CompletionStage<List<org.apache.pekko.persistence.query.typed.EventEnvelope<String>>> live = queries.<String>
                        eventsBySlices(
                                type,
                                0,
                                LAST_SLICE,
                                Offset.timestamp(Instant.now().plusSeconds(3600)))
                .take(1)
                .runWith(Sink.seq(), kit.system());
        int n = 4;
        while (!live.toCompletableFuture().isDone()) {
            journal.store(first.write(n++, "later"));
        }
        assertThat(typed(await(live))).containsExactly("later");
    }

    @Test
    void an_offset_from_before_the_log_start_resumes_at_the_log_start() {
        String type = unique("type");
        Writer writer = writerIn(1, type);
        journal.store(writer.write(1, "a-1"), writer.write(2, "a-2"));
        int slice = Partitions.slice(writer.persistenceId());
        Offset before = bySlices(type, slice, slice, Offset.noOffset()).get(0).offset();
        long end = await(events.requests().tail(1)).logEndOffset();
        TestProbe<DeleteReply> deleted = kit.createTestProbe();
        events.requests().partitions().partition(1).tell(new DeleteBefore(end, deleted.ref()));
        assertThat(deleted.receiveMessage(Duration.ofSeconds(10))).isEqualTo(new Deleted(end));
        journal.store(writer.write(3, "a-3"));
        assertThat(typed(bySlices(type, slice, slice, before))).containsExactly("a-3");
        assertThat(typed(bySlices(type, slice, slice, Offset.noOffset()))).containsExactly("a-3");
        assertThat(typed(await(queries.<String>eventsBySlices(type, slice, slice, before)
                        .take(1)
                        .runWith(Sink.seq(), kit.system()))))
                .containsExactly("a-3");
    }

    @Test
    void an_offset_from_beyond_the_end_fails_the_stream_and_names_the_end() {
        assertThatThrownBy(() -> bySlices("type", 0, 3, Offset.sequence(1L << 40)))
                .hasMessageContaining(String.valueOf(1L << 40));
    }

    @Test
    void a_thousand_live_queries_see_each_the_events_of_their_own() {
        int count = 1000;
        String type = unique("type");
        List<String> ids =
                IntStream.range(0, count).mapToObj(i -> type + "|" + i).toList();
        List<CompletionStage<List<EventEnvelope>>> lives = ids.stream()
                .map(id -> queries.eventsByPersistenceId(id, 0, 2).runWith(Sink.seq(), kit.system()))
                .toList();
        for (String id : ids) {
            Writer writer = Writer.of(id);
            journal.store(writer.write(1, id + " 1"), writer.write(2, id + " 2"));
        }
        for (int i = 0; i < count; i++) {
            assertThat(payloads(await(lives.get(i)))).containsExactly(ids.get(i) + " 1", ids.get(i) + " 2");
        }
    }

    @Test
    void pages_of_persistence_ids_go_on_over_all_partitions() {
        writersInAll(unique("type")).forEach(writer -> journal.store(writer.write(1, "a-1")));
        List<String> all = all(queries.currentPersistenceIds());
        List<String> paged = new ArrayList<>(all(queries.currentPersistenceIds(Optional.empty(), 1)));
        while (true) {
            List<String> page = all(queries.currentPersistenceIds(Optional.of(paged.get(paged.size() - 1)), 2));
            if (page.isEmpty()) {
                break;
            }
            paged.addAll(page);
        }
        assertThat(paged).isEqualTo(all);
        assertThat(new HashSet<>(paged)).hasSameSizeAs(paged);
    }

    @Test
    void event_adapters_may_make_several_events_of_one_or_none() {
        String type = unique("type");
        String tag = unique("tag");
        Writer writer = writerIn(0, type);
        journal.store(writer.write(1, tagged(":two words", tag), tagged("gone", tag), tagged("one", tag)));
        List<EventEnvelope> byId = all(queries.currentEventsByPersistenceId(writer.persistenceId(), 0, Long.MAX_VALUE));
        assertThat(payloads(byId)).containsExactly("two", "words", "one");
        assertThat(byId).extracting(EventEnvelope::sequenceNr).containsExactly(1L, 1L, 3L);
        assertThat(payloads(byTag(tag, Offset.noOffset()))).containsExactly("two", "words", "one");
        assertThat(typed(bySlices(type, 0, LAST_SLICE, Offset.noOffset()))).containsExactly("two", "words", "one");
        assertThat(await(queries.<String>loadEnvelope(writer.persistenceId(), 1))
                        .getEvent())
                .isEqualTo("two");
        assertThatThrownBy(() -> await(queries.loadEnvelope(writer.persistenceId(), 2)))
                .hasCauseInstanceOf(NoSuchElementException.class);
    }

    @Test
    void streams_that_have_ended_are_no_longer_subscribed() {
        Writer writer = writerIn(3, unique("type"));
        journal.store(writer.write(1, "a-1"));
        for (int i = 0; i <= MAX_SUBSCRIPTIONS; i++) {
            assertThat(payloads(await(queries.eventsByPersistenceId(writer.persistenceId(), 0, Long.MAX_VALUE)
                            .take(1)
                            .runWith(Sink.seq(), kit.system()))))
                    .containsExactly("a-1");
        }
        TestProbe<TailReply> subscriber = kit.createTestProbe();
        events.requests()
                .partitions()
                .partition(3)
                .tell(new SubscribeToKey(StoredEvent.key(writer.persistenceId()), subscriber.ref()));
        journal.store(writer.write(2, "a-2"));
        assertThat(subscriber.receiveMessage(Duration.ofSeconds(10))).isInstanceOf(Tail.class);
    }

    @Test
    void the_read_journal_for_scala_gives_the_same() {
        String type = unique("type");
        String tag = unique("tag");
        Writer writer = writerIn(2, type);
        String id = writer.persistenceId();
        journal.store(writer.write(1, tagged("a-1", tag), tagged("a-2", tag)));
        dev.varve.persistence.query.scaladsl.VarveReadJournal scaladsl = new VarveReadJournalProvider(
                        (ExtendedActorSystem) Adapter.toClassic(kit.system()),
                        kit.system().settings().config().getConfig(VarveReadJournal.IDENTIFIER),
                        VarveReadJournal.IDENTIFIER)
                .scaladslReadJournal();
        assertThat(payloads(
                        all(scaladsl.currentEventsByTag(tag, Offset.noOffset()).asJava())))
                .containsExactly("a-1", "a-2");
        assertThat(payloads(all(scaladsl.currentEventsByPersistenceId(id, 2, 5).asJava())))
                .containsExactly("a-2");
        assertThat(payloads(all(scaladsl.eventsByPersistenceId(id, 1, 2).asJava())))
                .containsExactly("a-1", "a-2");
        assertThat(all(scaladsl.currentPersistenceIds().asJava())).contains(id);
        assertThat(typed(all(scaladsl.<String>currentEventsBySlices(type, 0, LAST_SLICE, Offset.noOffset())
                        .asJava())))
                .containsExactly("a-1", "a-2");
        assertThat(await(FutureConverters.asJava(scaladsl.currentLastSequenceNumberByPersistenceId(id)))
                        .get())
                .isEqualTo(2L);
        assertThat(await(FutureConverters.asJava(scaladsl.timestampOf(id, 1))).isDefined())
                .isTrue();
        assertThat(await(FutureConverters.asJava(scaladsl.<String>loadEnvelope(id, 2)))
                        .getEvent())
                .isEqualTo("a-2");
        assertThat(CollectionConverters.asJava(scaladsl.sliceRanges(2)).get(1).last())
                .isEqualTo(LAST_SLICE);
        assertThat(scaladsl.sliceForPersistenceId(id)).isEqualTo(Partitions.slice(id));
    }
}
