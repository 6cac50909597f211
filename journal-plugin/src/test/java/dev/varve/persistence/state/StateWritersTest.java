package dev.varve.persistence.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.VarvePlugin;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.state.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.state.javadsl.DurableStateBehavior;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two actors with the same id, as a split brain makes them. */
class StateWritersTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private ActorTestKit kit;
    private TestProbe<Long> inbox;

    private record Add(long by, ActorRef<Long> replyTo) {}

    private static final class Counter extends DurableStateBehavior<Add, Long> {
        Counter() {
            super(PersistenceId.ofUniqueId("counter|1"));
        }

        @Override
        public Long emptyState() {
            return 0L;
        }

        @Override
        public CommandHandler<Add, Long> commandHandler() {
            return newCommandHandlerBuilder()
                    .forAnyState()
                    .onCommand(Add.class, (state, add) -> Effect()
                            .persist(state + add.by())
                            .thenReply(add.replyTo(), counted -> counted))
                    .build();
        }
    }

    @BeforeEach
    void start(@TempDir Path directory) {
        kit = ActorTestKit.create("writers", VarvePlugin.in(directory).config().withFallback(ConfigFactory.load()));
        inbox = kit.createTestProbe();
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private ActorRef<Add> spawn(long state) {
        ActorRef<Add> counter = kit.spawn(new Counter());
        add(counter, 0, state);
        return counter;
    }

    private void add(ActorRef<Add> counter, long by, long counted) {
        counter.tell(new Add(by, inbox.ref()));
        assertThat(inbox.receiveMessage(PATIENCE)).isEqualTo(counted);
    }

    @Test
    void the_one_that_is_behind_stops_and_the_other_goes_on() {
        ActorRef<Add> first = spawn(0);
        ActorRef<Add> second = spawn(0);
        // The second has stored since the first has.
        first.tell(new Add(5, inbox.ref()));
        inbox.expectTerminated(first, PATIENCE);
        inbox.expectNoMessage(Duration.ZERO);
        add(second, 3, 3);
        kit.stop(second);
        spawn(3);
    }
}
