package dev.varve.log;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tag;
import net.jqwik.api.Tuple;
import net.jqwik.api.state.Action;
import net.jqwik.api.state.ActionChain;
import net.jqwik.api.state.Transformer;

/**
 * Random sequences of everything that can be done to a log, and of what can befall it, against a model in memory. A failure
 * prints the steps, shrunk to those that matter, and the seed.
 */
class LogModelProperties {
    private static final int STEPS = 50;

    @Property(tries = 120, seed = "1", shrinking = ShrinkingMode.BOUNDED)
    void a_log_that_syncs_every_write_is_its_model(@ForAll("everyWrite") ActionChain<LogUnderTest> steps) {
        steps.run().finish();
    }

    @Property(tries = 120, seed = "2", shrinking = ShrinkingMode.BOUNDED)
    void a_log_that_syncs_now_and_then_is_its_model_up_to_what_was_not_durable(
            @ForAll("everyNWrites") ActionChain<LogUnderTest> steps) {
        steps.run().finish();
    }

    @Property(tries = 120, seed = "3", shrinking = ShrinkingMode.BOUNDED)
    void a_log_that_never_syncs_is_its_model_up_to_what_was_not_durable(
            @ForAll("none") ActionChain<LogUnderTest> steps) {
        steps.run().finish();
    }

    @Tag("soak")
    @Property(tries = 20_000)
    void and_so_is_every_log_for_a_long_time(
            @ForAll("everyWrite") ActionChain<LogUnderTest> everyWrite,
            @ForAll("everyNWrites") ActionChain<LogUnderTest> everyNWrites,
            @ForAll("none") ActionChain<LogUnderTest> none) {
        everyWrite.run().finish();
        everyNWrites.run().finish();
        none.run().finish();
    }

    @Provide
    Arbitrary<ActionChain<LogUnderTest>> everyWrite() {
        return steps(SyncPolicy.everyWrite());
    }

    @Provide
    Arbitrary<ActionChain<LogUnderTest>> everyNWrites() {
        return steps(SyncPolicy.everyNWrites(4, Duration.ofMillis(50)));
    }

    @Provide
    Arbitrary<ActionChain<LogUnderTest>> none() {
        return steps(SyncPolicy.none());
    }

    private static Arbitrary<ActionChain<LogUnderTest>> steps(SyncPolicy policy) {
        Arbitrary<Long> seeds = Arbitraries.longs().between(0, 1_000_000);
        Arbitrary<Integer> percents = Arbitraries.integers().between(0, 100);
        return ActionChain.startWith(() -> new LogUnderTest(policy))
                .withAction(
                        12,
                        step(
                                "commit",
                                Combinators.combine(shapes().list().ofMinSize(1).ofMaxSize(4), seeds)
                                        .as(Tuple::of),
                                (log, t) -> log.commit(t.get1(), t.get2())))
                .withAction(
                        4,
                        step(
                                "commitAt",
                                Combinators.combine(
                                                Arbitraries.of(0L, 1L, 2L, 900L, 1001L, 1L << 33),
                                                Arbitraries.integers().between(0, 2),
                                                Arbitraries.integers().between(0, 2),
                                                shapes(),
                                                seeds)
                                        .as(Tuple::of),
                                (log, t) -> log.commitAt(t.get1(), t.get2(), t.get3(), t.get4(), t.get5())))
                .withAction(1, step("commitOutOfPlace", LogUnderTest::commitOutOfPlace))
                .withAction(2, step("roll", LogUnderTest::roll))
                .withAction(2, step("flush", LogUnderTest::flush))
                .withAction(3, step("deleteBefore", percents, LogUnderTest::deleteBefore))
                .withAction(
                        4,
                        step(
                                "letTimePass",
                                Arbitraries.of(1L, 49L, 50L, 100L, 1000L, 4_000_000L),
                                LogUnderTest::letTimePass))
                .withAction(
                        1,
                        step(
                                "setTheClock",
                                Arbitraries.of(-1L << 40, -4_000_000L, 4_000_000L, 1L << 40),
                                LogUnderTest::setTheClock))
                .withAction(
                        3, step("leaveRoomFor", Arbitraries.integers().between(0, 6000), LogUnderTest::leaveRoomFor))
                .withAction(3, step("makeRoom", LogUnderTest::makeRoom))
                .withAction(3, step("closeAndOpen", LogUnderTest::closeAndOpen))
                .withAction(3, step("killAndOpen", LogUnderTest::killAndOpen))
                .withAction(4, step("losePowerAndOpen", seeds, LogUnderTest::losePowerAndOpen))
                .withAction(
                        6,
                        step(
                                "read",
                                Combinators.combine(
                                                percents, Arbitraries.integers().between(0, 8000))
                                        .as(Tuple::of),
                                (log, t) -> log.read(t.get1(), t.get2())))
                .withAction(4, step("lookUp", Arbitraries.longs().between(-25, 310), LogUnderTest::lookUp))
                .withAction(1, step("verify", LogUnderTest::verify))
                .withMaxTransformations(STEPS);
    }

    /** The lengths of the values of a batch, -1 for null; now and then too many bytes for a segment, or for a batch. */
    private static Arbitrary<List<Integer>> shapes() {
        Arbitrary<Integer> small = Arbitraries.integers().between(-1, 200);
        return Arbitraries.frequencyOf(
                Tuple.of(12, small.list().ofMinSize(1).ofMaxSize(6)),
                Tuple.of(2, Arbitraries.integers().between(1500, 5000).list().ofSize(1)),
                Tuple.of(1, Arbitraries.integers().between(5500, 7000).list().ofSize(1)),
                Tuple.of(1, Arbitraries.of(-1, 0).list().ofMinSize(10).ofMaxSize(40)));
    }

    private static Action.Independent<LogUnderTest> step(String name, Consumer<LogUnderTest> step) {
        return step(name, Arbitraries.just(""), (log, nothing) -> step.accept(log));
    }

    /** What a step does. */
    private interface Step<T> {
        void on(LogUnderTest log, T with);
    }

    private static <T> Action.Independent<LogUnderTest> step(String name, Arbitrary<T> arguments, Step<T> step) {
        return () -> arguments.map(with -> Transformer.mutate(name + "(" + with + ")", log -> step.on(log, with)));
    }
}
