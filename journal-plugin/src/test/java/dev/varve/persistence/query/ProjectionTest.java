package dev.varve.persistence.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.conformance.JournalProbe;
import dev.varve.persistence.conformance.Writer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.persistence.journal.Tagged;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.projection.ProjectionBehavior;
import org.apache.pekko.projection.ProjectionId;
import org.apache.pekko.projection.eventsourced.EventEnvelope;
import org.apache.pekko.projection.eventsourced.javadsl.EventSourcedProvider;
import org.apache.pekko.projection.javadsl.SourceProvider;
import org.apache.pekko.projection.jdbc.JdbcSession;
import org.apache.pekko.projection.jdbc.javadsl.JdbcHandler;
import org.apache.pekko.projection.jdbc.javadsl.JdbcProjection;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Pekko Projections run on the read journal. The offsets are in a database, in the transactions in which events are projected, so each event
 * must be projected once, whatever fails or is killed in the middle.
 */
class ProjectionTest {
    private static final String TYPE = "order";
    private static final String TAG = "orders";
    private static final int WRITERS = 8;
    private static final int EVENTS = 10;

    private final String database = "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";
    private final List<Writer> writers = Stream.generate(() -> Writer.of(TYPE + "|" + UUID.randomUUID()))
            .limit(WRITERS)
            .toList();
    private final AtomicInteger processed = new AtomicInteger();
    private ActorTestKit kit;

    @TempDir
    Path directory;

    @BeforeEach
    void createTable() throws SQLException {
        execute("create table projected (n bigint auto_increment, id varchar(200), sequence_nr bigint)");
    }

    @AfterEach
    void stop() throws SQLException {
        kit.shutdownTestKit();
        execute("shutdown");
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void start(int partitions) throws Exception {
        kit = ActorTestKit.create(ConfigFactory.parseString(
                        """
                        pekko.loglevel = ERROR
                        pekko.loggers = ["org.apache.pekko.event.slf4j.Slf4jLogger"]
                        pekko.logging-filter = "org.apache.pekko.event.slf4j.Slf4jLoggingFilter"
                        pekko.persistence.journal.plugin = "varve.journal"
                        varve.directory = "%s"
                        varve.journal.partitions = %d
                        pekko.projection {
                          restart-backoff { min-backoff = 20 ms, max-backoff = 20 ms, random-factor = 0 }
                          jdbc.dialect = h2-dialect
                          jdbc.blocking-jdbc-dispatcher.thread-pool-executor.fixed-pool-size = 4
                        }
                        """
                                .formatted(directory, partitions))
                .withFallback(ConfigFactory.load()));
        JdbcProjection.createTablesIfNotExists(() -> new Session(database), kit.system())
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
    }

    /** A transaction. */
    private static final class Session implements JdbcSession {
        private final Connection connection;

        Session(String database) {
            try {
                connection = DriverManager.getConnection(database);
                connection.setAutoCommit(false);
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public <R> R withConnection(org.apache.pekko.japi.function.Function<Connection, R> work) throws Exception {
            return work.apply(connection);
        }

        @Override
        public void commit() throws SQLException {
            connection.commit();
        }

        @Override
        public void rollback() throws SQLException {
            connection.rollback();
        }

        @Override
        public void close() throws SQLException {
            connection.close();
        }
    }

    /** Writes down what comes, and sometimes fails when it has. */
    private final class Projecting<E> extends JdbcHandler<E, Session> {
        private final Function<E, Pair<String, Long>> identity;
        private final Runnable afterEach;

        Projecting(Function<E, Pair<String, Long>> identity, Runnable afterEach) {
            this.identity = identity;
            this.afterEach = afterEach;
        }

        @Override
        public void process(Session session, E envelope) throws Exception {
            Pair<String, Long> event = identity.apply(envelope);
            session.withConnection(connection -> {
                try (var insert =
                        connection.prepareStatement("insert into projected (id, sequence_nr) values (?, ?)")) {
                    insert.setString(1, event.first());
                    insert.setLong(2, event.second());
                    return insert.executeUpdate();
                }
            });
            afterEach.run();
        }
    }

    private <E> void project(
            String key,
            SourceProvider<Offset, E> source,
            Function<E, Pair<String, Long>> identity,
            Runnable afterEach) {
        ActorSystem<?> system = kit.system();
        kit.spawn(ProjectionBehavior.create(JdbcProjection.exactlyOnce(
                ProjectionId.of("projection", key),
                source,
                () -> new Session(database),
                () -> new Projecting<>(identity, afterEach),
                system)));
    }

    private void projectByTag(Runnable afterEach) {
        SourceProvider<Offset, EventEnvelope<String>> source =
                EventSourcedProvider.eventsByTag(kit.system(), VarveReadJournal.IDENTIFIER, TAG);
        project("tag", source, envelope -> Pair.create(envelope.persistenceId(), envelope.sequenceNr()), afterEach);
    }

    private void projectBySlices(int ranges, Runnable afterEach) {
        for (Pair<Integer, Integer> range :
                EventSourcedProvider.sliceRanges(kit.system(), VarveReadJournal.IDENTIFIER, ranges)) {
            SourceProvider<Offset, org.apache.pekko.persistence.query.typed.EventEnvelope<String>> source =
                    EventSourcedProvider.eventsBySlices(
                            kit.system(), VarveReadJournal.IDENTIFIER, TYPE, range.first(), range.second());
            project(
                    "slices-" + range.first(),
                    source,
                    envelope -> Pair.create(envelope.persistenceId(), envelope.sequenceNr()),
                    afterEach);
        }
    }

    private void write(int from, int to) {
        JournalProbe journal = new JournalProbe(kit);
        for (int n = from; n <= to; n++) {
            for (Writer writer : writers) {
                journal.store(writer.write(n, new Tagged("event " + n, Set.of(TAG))));
            }
        }
    }

    private Map<String, List<Long>> projected() throws SQLException {
        Map<String, List<Long>> byId = new HashMap<>();
        try (Connection connection = DriverManager.getConnection(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select id, sequence_nr from projected order by n")) {
            while (rows.next()) {
                byId.computeIfAbsent(rows.getString(1), id -> new ArrayList<>()).add(rows.getLong(2));
            }
        }
        return byId;
    }

    private void isProjectedOnceUpTo(int last) {
        Map<String, List<Long>> expected = new HashMap<>();
        List<Long> numbers = LongStream.rangeClosed(1, last).boxed().toList();
        writers.forEach(writer -> expected.put(writer.persistenceId(), numbers));
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(projected())
                .isEqualTo(expected));
    }

    /** Fails every seventh time, when the event is written and not committed. */
    private void sometimesFail() {
        if (processed.incrementAndGet() % 7 == 0) {
            throw new IllegalStateException("fails on purpose");
        }
    }

    private void killAndGoOn(int partitions, java.util.function.Consumer<Runnable> project) throws Exception {
        start(partitions);
        write(1, EVENTS / 2);
        CountDownLatch isInTheMiddle = new CountDownLatch(WRITERS * EVENTS / 4);
        project.accept(() -> {
            isInTheMiddle.countDown();
            sometimesFail();
        });
        assertThat(isInTheMiddle.await(30, TimeUnit.SECONDS)).isTrue();
        kit.shutdownTestKit();
        start(partitions);
        project.accept(this::sometimesFail);
        write(EVENTS / 2 + 1, EVENTS);
        isProjectedOnceUpTo(EVENTS);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void events_by_tag_are_projected_once_over_failures_and_a_kill_in_the_middle(int partitions) throws Exception {
        killAndGoOn(partitions, this::projectByTag);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 4", "4, 1", "4, 2", "4, 8"})
    void events_by_slice_are_projected_once_over_failures_and_a_kill_in_the_middle(int partitions, int ranges)
            throws Exception {
        killAndGoOn(partitions, afterEach -> projectBySlices(ranges, afterEach));
    }

    @Test
    void what_is_deleted_before_it_is_projected_is_passed_over() throws Exception {
        start(2);
        write(1, 3);
        JournalProbe journal = new JournalProbe(kit);
        for (Writer writer : writers) {
            journal.delete(writer.persistenceId(), 2);
        }
        projectByTag(() -> {});
        write(4, 4);
        Map<String, List<Long>> expected = new HashMap<>();
        writers.forEach(writer -> expected.put(writer.persistenceId(), List.of(3L, 4L)));
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(projected())
                .isEqualTo(expected));
    }
}
