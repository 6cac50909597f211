package dev.varve.partition.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.varve.log.Damage;
import dev.varve.log.KeyCondition;
import dev.varve.log.KeyState;
import dev.varve.log.LogDescription;
import dev.varve.log.LogState;
import dev.varve.log.ScrubDescription;
import dev.varve.log.SegmentDescription;
import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.LogRecord;
import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordHeader;
import dev.varve.partition.PartitionActor;
import dev.varve.partition.PartitionError;
import dev.varve.partition.PartitionState;
import dev.varve.partition.WireMessage;
import java.io.NotSerializableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.assertj.core.api.recursive.comparison.RecursiveComparisonConfiguration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What may travel between nodes, and how. */
class WireSerializerTest {
    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final TestProbe<Object> PROBE = KIT.createTestProbe();

    private final Serialization serialization = SerializationExtension.get(KIT.system());
    private final WireSerializer serializer =
            (WireSerializer) serialization.serializerByIdentity().apply(WireSerializer.IDENTIFIER);

    @AfterAll
    static void shutDown() {
        KIT.shutdownTestKit();
    }

    private static <T> ActorRef<T> ref() {
        return PROBE.getRef().unsafeUpcast();
    }

    /** One of each. */
    static List<WireMessage> samples() {
        List<RecordHeader> headers =
                List.of(new RecordHeader("ü", new byte[] {1, 2}), new RecordHeader("", new byte[0]));
        NewRecord full = new NewRecord(-3, new byte[] {9}, 1L << 33, new byte[] {-1, 0}, headers);
        NewRecord empty = new NewRecord(Long.MAX_VALUE, null, null, List.of());
        LogRecord stored = new LogRecord(1L << 40, 5, null, new byte[300], headers);
        LogDescription log = new LogDescription(
                -1,
                2,
                3,
                4,
                4,
                LogState.READ_ONLY,
                "full",
                1,
                600,
                Long.MIN_VALUE,
                7,
                List.of(new SegmentDescription("0.log", 0, 3, 4, 600, 1, 7, true)),
                List.of(new Damage("0.log", 512, 1, 2, Damage.Kind.FRAME, "bad")),
                Optional.of(new ScrubDescription(5, OptionalLong.of(6), 600, 1)));
        List<WireMessage> all = new ArrayList<>(List.of(
                new PartitionActor.Append(List.of(full, empty), OptionalLong.of(-4), ref()),
                new PartitionActor.Append(List.of(), ref()),
                new PartitionActor.Append(
                        List.of(empty), new Producer(Long.MAX_VALUE, Short.MAX_VALUE, Integer.MAX_VALUE), ref()),
                new PartitionActor.Appended(5, Long.MAX_VALUE),
                new PartitionActor.Appended(5, 6, true),
                new PartitionActor.OutcomeUnknown("who knows"),
                new PartitionActor.Read(17, Integer.MAX_VALUE, Duration.ofNanos(1_234_567_890_123L), ref()),
                new PartitionActor.Read(17, 18, Duration.ZERO, ref(), true),
                new PartitionActor.Records(1, 2, 3, 4, List.of(stored)),
                new PartitionActor.Flush(ref()),
                new PartitionActor.Flushed(-1),
                new PartitionActor.Roll(ref()),
                new PartitionActor.Rolled(8),
                new PartitionActor.OffsetForTimestamp(Long.MIN_VALUE, ref()),
                new PartitionActor.OffsetFound(OptionalLong.empty()),
                new PartitionActor.OffsetFound(OptionalLong.of(0)),
                new PartitionActor.DeleteBefore(3, ref()),
                new PartitionActor.Deleted(4),
                new PartitionActor.Describe(ref()),
                new PartitionActor.Description(PartitionState.RECOVERING, "", Optional.empty()),
                new PartitionActor.Description(PartitionState.FAILED, "why", Optional.of(log)),
                new PartitionActor.Subscribe(-1, ref()),
                new PartitionActor.SubscribeToKey(new byte[] {1, 2}, ref()),
                new PartitionActor.Tail(1, 2, 3),
                new PartitionActor.Append(List.of(full), new KeyCondition(new byte[] {7}, 1L << 50), ref()),
                new PartitionActor.DeleteKey(new byte[] {7}, 1, Long.MAX_VALUE, ref()),
                new PartitionActor.ForgetKey(new byte[0], ref()),
                new PartitionActor.LookUpKey(new byte[] {1, 2}, ref()),
                new PartitionActor.KeyFound(new KeyState(3, 2, -1)),
                new PartitionActor.ReadKey(new byte[] {1}, 2, 3, 4, ref()),
                new PartitionActor.KeyRecords(List.of(stored), 5, true),
                new PartitionActor.ListKeys(Optional.of(new byte[] {9}), 10, ref()),
                new PartitionActor.ListKeys(Optional.empty(), 1, ref()),
                new PartitionActor.Keys(List.of(new byte[] {1}, new byte[0])),
                PartitionActor.Stop.INSTANCE));
        List<PartitionError> errors = List.of(
                new PartitionError.BelowLogStart("m", 1, 2, 3),
                new PartitionError.AboveLogEnd("m", 1, 2, 3),
                new PartitionError.Corrupt("m", "f", 1, 2, 3),
                new PartitionError.CodecUnavailable("m", 1, 2),
                new PartitionError.BatchTooLarge("m", 1, 2),
                new PartitionError.Invalid("m"),
                new PartitionError.StaleEpoch("m", 1, 2),
                new PartitionError.OutOfSequence("m", 1, 2, 3),
                new PartitionError.StaleProducerEpoch("m", 1, (short) 2, (short) 3),
                new PartitionError.KeyConflict("m", 1, 2),
                new PartitionError.Overloaded("m"),
                new PartitionError.ReadOnly("m"),
                new PartitionError.Failed("m"),
                new PartitionError.NoSuchPartition("m"),
                new PartitionError.NotEnoughReplicas("m"),
                new PartitionError.OutcomeUnknown("m"),
                new PartitionError.IoFailed("m"),
                new PartitionError.Stopped("m"));
        for (PartitionError error : errors) {
            all.add(new PartitionActor.NotStored(error));
            all.add(new PartitionActor.ReadFailed(1, error));
            all.add(new PartitionActor.Failure(error));
        }
        return all;
    }

    private Object overTheWire(Object message) throws NotSerializableException {
        return serializer.fromBinary(serializer.toBinary(message), serializer.manifest(message));
    }

    @Test
    void every_message_arrives_as_it_was_sent() throws Exception {
        for (WireMessage message : samples()) {
            assertThat(serialization.findSerializerFor(message)).isSameAs(serializer);
            assertThat(overTheWire(message))
                    .usingRecursiveComparison(BY_CONTENT)
                    .isEqualTo(message);
        }
    }

    /** Keys are arrays, which equal only themselves. */
    private static final RecursiveComparisonConfiguration BY_CONTENT = RecursiveComparisonConfiguration.builder()
            .withEqualsForType(Objects::equals, ActorRef.class)
            .build();

    @Test
    void every_class_of_the_protocol_has_a_number_and_a_sample() {
        List<Class<?>> leaves = new ArrayList<>();
        for (Class<?> root : List.of(
                PartitionActor.Command.class,
                PartitionActor.AppendReply.class,
                PartitionActor.ReadReply.class,
                PartitionActor.FlushReply.class,
                PartitionActor.RollReply.class,
                PartitionActor.OffsetReply.class,
                PartitionActor.DeleteReply.class,
                PartitionActor.TailReply.class,
                PartitionActor.KeyReply.class,
                PartitionActor.KeyReadReply.class,
                PartitionActor.KeysReply.class,
                PartitionError.class)) {
            addLeaves(root, leaves);
        }
        leaves.add(PartitionActor.Description.class);
        assertThat(leaves).hasSizeGreaterThan(30);
        assertThat(WireTypes.all().values()).containsAll(leaves);
        List<Class<?>> sampled = new ArrayList<>();
        for (WireMessage sample : samples()) {
            sampled.add(sample.getClass());
            if (sample instanceof PartitionActor.Failure failure) {
                sampled.add(failure.error().getClass());
            }
        }
        assertThat(sampled).containsAll(leaves);
    }

    private static void addLeaves(Class<?> type, List<Class<?>> leaves) {
        if (!type.isSealed()) {
            leaves.add(type);
            return;
        }
        Stream.of(type.getPermittedSubclasses())
                // What an actor tells itself goes nowhere, nor does what hands a function over.
                .filter(each -> !each.getSimpleName().equals("Internal") && each != PartitionActor.LocalAppend.class)
                .forEach(each -> addLeaves(each, leaves));
    }

    /** The numbers are for ever: this list only grows. */
    @Test
    void the_numbers_never_change_their_meaning() {
        Map<Integer, String> names = new TreeMap<>();
        WireTypes.all().forEach((id, type) -> names.put(id, type.getSimpleName()));
        assertThat(names.toString())
                .isEqualTo("{16=NewRecord, 17=LogRecord, 18=RecordHeader, 19=LogDescription, 20=SegmentDescription,"
                        + " 21=Damage, 22=Kind, 23=LogState, 24=PartitionState, 25=Producer, 26=KeyCondition,"
                        + " 27=KeyState, 28=ScrubDescription, 40=BelowLogStart,"
                        + " 41=AboveLogEnd,"
                        + " 42=Corrupt, 43=BatchTooLarge, 44=Invalid, 45=StaleEpoch, 46=Overloaded, 47=ReadOnly,"
                        + " 48=Failed, 49=OutcomeUnknown, 50=IoFailed, 51=Stopped, 52=OutOfSequence,"
                        + " 53=StaleProducerEpoch, 54=CodecUnavailable, 55=KeyConflict, 56=NoSuchPartition,"
                        + " 57=NotEnoughReplicas, 64=Append, 65=Appended,"
                        + " 66=NotStored, 67=OutcomeUnknown, 68=Read, 69=Records, 70=ReadFailed, 71=Flush,"
                        + " 72=Flushed, 73=Roll, 74=Rolled, 75=OffsetForTimestamp, 76=OffsetFound, 77=DeleteBefore,"
                        + " 78=Deleted, 79=Describe, 80=Description, 81=Subscribe, 82=Tail, 83=Failure, 84=Stop,"
                        + " 96=DeleteKey, 97=ForgetKey, 98=LookUpKey, 99=KeyFound, 100=ReadKey, 101=KeyRecords,"
                        + " 102=ListKeys, 103=Keys, 104=SubscribeToKey}");
    }

    /** Nodes of different versions talk to each other: these bytes mean this for ever. */
    @Test
    void the_bytes_of_a_message_are_pinned() throws Exception {
        PartitionActor.NotStored message = new PartitionActor.NotStored(new PartitionError.StaleEpoch("old", 3, 300));
        String bytes = "01150000002F0304000000046F6C64010000000602000000D804";
        assertThat(HexFormat.of().withUpperCase().formatHex(serializer.toBinary(message)))
                .isEqualTo(bytes);
        assertThat(serializer.fromBinary(HexFormat.of().parseHex(bytes), "66")).isEqualTo(message);
    }

    /** As nodes wrote it that knew of no producers, and of no conditions. */
    @Test
    void an_append_and_its_answer_without_their_last_component_are_read_as_without_producer_and_stored_first()
            throws Exception {
        PartitionActor.Append append = new PartitionActor.Append(List.of(), OptionalLong.of(7), ref());
        byte[] bytes = serializer.toBinary(append);
        // The last components are a length of four bytes and one byte that says that there is none.
        byte[] old = Arrays.copyOf(bytes, bytes.length - 5);
        old[0] = 4;
        assertThat(serializer.fromBinary(old, "64")).isEqualTo(append);
        byte[] older = Arrays.copyOf(bytes, bytes.length - 10);
        older[0] = 3;
        assertThat(serializer.fromBinary(older, "64")).isEqualTo(append);
        byte[] answer = Arrays.copyOf(serializer.toBinary(new PartitionActor.Appended(5, 6, true)), 11);
        answer[0] = 2;
        assertThat(serializer.fromBinary(answer, "65")).isEqualTo(new PartitionActor.Appended(5, 6));
    }

    /** As nodes wrote it that knew of no deletions. */
    @Test
    void a_read_without_its_last_component_is_read_as_one_of_all_records() throws Exception {
        PartitionActor.Read read = new PartitionActor.Read(7, 8, Duration.ZERO, ref());
        byte[] bytes = serializer.toBinary(read);
        byte[] old = Arrays.copyOf(bytes, bytes.length - 5);
        old[0] = 4;
        assertThat(serializer.fromBinary(old, "68")).isEqualTo(read);
    }

    @Test
    void a_class_without_a_number_cannot_be_sent() {
        record Stranger(String name) implements WireMessage {}
        assertThatThrownBy(() -> serializer.toBinary(new Stranger("x"))).hasMessageContaining("not registered");
        assertThatThrownBy(() -> serializer.manifest(new Stranger("x")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has no number");
    }

    @Test
    void an_unknown_number_is_refused() {
        for (String manifest : List.of("9999", "", "dev.varve.Evil", "java.lang.String")) {
            assertThatThrownBy(() -> serializer.fromBinary(new byte[] {1, 2, 3}, manifest))
                    .isInstanceOf(NotSerializableException.class)
                    .hasMessageContaining("does not know");
        }
    }

    @Test
    void bytes_that_are_no_message_are_refused_and_never_believed_in_their_lengths() {
        Random random = new Random(11);
        int refused = 0;
        List<WireMessage> samples = samples();
        for (int i = 0; i < 100_000; i++) {
            WireMessage sample = samples.get(random.nextInt(samples.size()));
            byte[] bytes = serializer.toBinary(sample);
            if (bytes.length == 0) {
                continue;
            }
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                serializer.fromBinary(bytes, serializer.manifest(sample));
            } catch (NotSerializableException e) {
                refused++;
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed 11, round " + i + ": " + sample, e);
            }
        }
        assertThat(refused).isGreaterThan(10_000);
    }

    /** The same message in an older, in today's and in a newer version. */
    record Older(long number) {}

    record Today(long number, String text) {}

    record Newer(long number, String text, List<RecordHeader> more, Optional<String> name) {}

    private static Object read(Class<? extends Record> type, byte[] bytes) {
        return kryo(type).readObject(new Input(bytes), type);
    }

    private static Kryo kryo(Class<? extends Record> type) {
        ActorRefResolver resolver = ActorRefResolver.get(KIT.system());
        Kryo kryo = WireTypes.newKryo(resolver);
        kryo.register(type, new RecordSerializer(type, resolver), 999);
        return kryo;
    }

    private static byte[] write(Record message) {
        Output output = new Output(16, -1);
        kryo(message.getClass()).writeObject(output, message);
        return output.toBytes();
    }

    @Test
    void a_record_with_more_components_is_read_by_an_older_version_and_one_with_fewer_by_a_newer() {
        byte[] newer = write(new Newer(7, "seven", List.of(new RecordHeader("a", new byte[5])), Optional.of("n")));
        assertThat(read(Today.class, newer)).isEqualTo(new Today(7, "seven"));
        assertThat(read(Older.class, newer)).isEqualTo(new Older(7));
        byte[] older = write(new Older(7));
        assertThat(read(Newer.class, older)).isEqualTo(new Newer(7, null, List.of(), Optional.empty()));
    }

    @Test
    void many_threads_may_use_it_at_once() throws Exception {
        var threads = Executors.newFixedThreadPool(8);
        List<Future<Boolean>> all = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            all.add(threads.submit(() -> {
                for (int i = 0; i < 200; i++) {
                    for (WireMessage sample : samples()) {
                        assertThat(serializer.toBinary(overTheWire(sample))).isEqualTo(serializer.toBinary(sample));
                    }
                }
                return true;
            }));
        }
        for (Future<Boolean> each : all) {
            assertThat(each.get()).isTrue();
        }
        threads.shutdown();
    }
}
