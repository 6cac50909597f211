package dev.varve.cluster;

import static dev.varve.cluster.Asking.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.cluster.sharding.PartitionSharding;
import dev.varve.partition.PartitionActor.Description;
import dev.varve.partition.PartitionState;
import dev.varve.partition.WireMessage;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Props;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.event.Logging;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What no version of varve has given a number does not get from one member to another, and harms neither. */
class WireRefusalTest {
    /** Of our own kind, but without a number. */
    record Unnumbered(String text) implements WireMessage {}

    /** What Java would serialize. */
    record OfJava(String text) implements Serializable {}

    /** What somebody sends who says that it is ours. */
    record Forged(String manifest) {}

    /** Has the identifier of the one of varve, and writes whatever it likes. */
    public static final class Forger extends SerializerWithStringManifest {
        @Override
        public int identifier() {
            return 22081;
        }

        @Override
        public String manifest(Object message) {
            return ((Forged) message).manifest();
        }

        @Override
        public byte[] toBinary(Object message) {
            return "dev.varve.Evil".getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public Object fromBinary(byte[] bytes, String manifest) {
            throw new AssertionError("nobody sends these here");
        }
    }

    private static final Config FORGES = ConfigFactory.parseString(
            """
            pekko.actor {
              serializers.varve-wire = "%1$s"
              serialization-identifiers."%1$s" = 22081
              serialization-bindings { "%2$s" = varve-wire }
            }
            """
                    .formatted(Forger.class.getName(), Forged.class.getName()));

    private final List<Object> received = new CopyOnWriteArrayList<>();
    private final List<String> logged = new CopyOnWriteArrayList<>();
    private ShardedMember here;
    private ShardedMember there;
    private org.apache.pekko.actor.typed.ActorSystem<Void> forger;

    @BeforeEach
    void start() {
        here = ShardedMember.sender(1);
        here.join(here);
        there = ShardedMember.sender(1).join(here);
        forger = ShardedMember.system(FORGES.withFallback(PartitionSharding.forSender(1)));
        listen(here);
        listen(there);
        actor(there, Props.create(Receiver.class, () -> new Receiver(received)), "target");
    }

    private void listen(ShardedMember member) {
        ActorRef listener = actor(member, Props.create(LogListener.class, () -> new LogListener(logged)), "listener");
        Adapter.toClassic(member.system()).eventStream().subscribe(listener, Logging.LogEvent.class);
    }

    private static ActorRef actor(ShardedMember member, Props props, String name) {
        return ((ExtendedActorSystem) Adapter.toClassic(member.system())).systemActorOf(props, name);
    }

    @AfterEach
    void stop() throws IOException {
        there.close();
        here.close();
        forger.terminate();
    }

    /** Keeps what it is sent. */
    private static final class Receiver extends AbstractActor {
        private final List<Object> received;

        private Receiver(List<Object> received) {
            this.received = received;
        }

        @Override
        public Receive createReceive() {
            return receiveBuilder().matchAny(received::add).build();
        }
    }

    /** Keeps what is logged. */
    private static final class LogListener extends AbstractActor {
        private final List<String> logged;

        private LogListener(List<String> logged) {
            this.logged = logged;
        }

        @Override
        public Receive createReceive() {
            return receiveBuilder()
                    .match(
                            Logging.LogEvent.class,
                            event -> logged.add(String.valueOf(event.message())
                                    + (event instanceof Logging.Error error ? " " + error.cause() : "")))
                    .build();
        }
    }

    private ActorRef target(org.apache.pekko.actor.typed.ActorSystem<?> from) {
        return await(Adapter.toClassic(from)
                .actorSelection(there.address() + "/system/target")
                .resolveOne(java.time.Duration.ofSeconds(20)));
    }

    private void isRefused(ActorRef target, Object message, String... words) {
        Description known = new Description(PartitionState.FAILED, "known " + received.size(), Optional.empty());
        target.tell(message, ActorRef.noSender());
        Eventually.holds(
                () -> logged.stream().anyMatch(line -> List.of(words).stream().allMatch(line::contains)),
                "a line with " + List.of(words) + " in " + logged);
        // The same connection goes on.
        target(here.system()).tell(known, ActorRef.noSender());
        Eventually.holds(() -> received.contains(known), "what is known arrives");
        assertThat(received).doesNotContain(message).allMatch(each -> each instanceof Description);
    }

    @Test
    void a_message_without_a_number_is_not_sent() {
        isRefused(target(here.system()), new Unnumbered("x"), "Unnumbered", "has no number");
    }

    @Test
    void what_java_would_serialize_is_not_sent() {
        isRefused(target(here.system()), new OfJava("x"), "OfJava");
    }

    @Test
    void bytes_under_a_number_that_nobody_knows_are_not_read() {
        isRefused(target(forger), new Forged("9999"), "22081", "9999");
    }

    @Test
    void bytes_that_are_not_what_their_number_says_are_not_read() {
        isRefused(target(forger), new Forged("64"), "22081", "64");
    }
}
