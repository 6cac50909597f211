package dev.varve.persistence.conformance;

import dev.varve.persistence.conformance.WriteOutcome.Stored;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.persistence.journal.Tagged;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.javadsl.ReadJournal;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.assertj.core.api.Assertions;

/** What a case for a read journal has at hand: the journal, to write with, and the queries. */
public interface QueryFixture extends JournalFixture {

    /** The read journal, which must have the query that the case needs. */
    default <Q> Q queries(Class<Q> type) {
        String pluginId = plugin().queryPluginId()
                .orElseThrow(() -> new AssertionError("describe the plugin with withQueryPlugin"));
        ReadJournal readJournal = PersistenceQuery.get(kit().system()).getReadJournalFor(ReadJournal.class, pluginId);
        Assertions.assertThat(readJournal).isInstanceOf(type);
        return type.cast(readJournal);
    }

    /** All elements of a stream that ends. */
    default <T> List<T> all(Source<T, NotUsed> source) {
        return await(source.runWith(Sink.seq(), kit().system()));
    }

    /** So many elements of a stream that need not end. */
    default <T> List<T> first(int elements, Source<T, NotUsed> source) {
        return all(source.take(elements));
    }

    /** Starts a stream; what it returns waits for so many elements. */
    default <T> Supplier<List<T>> start(int elements, Source<T, NotUsed> source) {
        CompletionStage<List<T>> running = source.take(elements).runWith(Sink.seq(), kit().system());
        return () -> await(running);
    }

    /** Waits; a failure is thrown as a {@link CompletionException}. */
    default <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new CompletionException(e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("the query gave less than it should in 30 s, or does not end", e);
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted while waiting for a query", e);
        }
    }

    /** An event with a tag. */
    default Tagged tagged(Object payload, String... tags) {
        return new Tagged(payload, Set.of(tags));
    }

    /**
     * Lets writers write at the same time, without waiting for each other; what it returns waits until all is stored. Payloads
     * are {@code <persistence id>/<sequence number>}.
     *
     * @param isTagged which sequence numbers get the tag
     */
    default Runnable startWriting(List<Writer> writers, int events, String tag, IntPredicate isTagged) {
        List<Supplier<List<WriteOutcome>>> writes = new ArrayList<>();
        for (int n = 1; n <= events; n++) {
            for (Writer writer : writers) {
                String payload = writer.persistenceId() + "/" + n;
                writes.add(journal().sendWrite(writer.write(n, isTagged.test(n) ? tagged(payload, tag) : payload)));
            }
        }
        return () -> Assertions.assertThat(writes)
                .allSatisfy(write -> Assertions.assertThat(write.get()).hasOnlyElementsOfType(Stored.class));
    }

    /** New writers. */
    default List<Writer> writers(int count) {
        List<Writer> writers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            writers.add(Writer.of(newPersistenceId()));
        }
        return writers;
    }
}
