package dev.varve.persistence.kryo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.io.NotSerializableException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Events of an application, as Kryo writes them: what may change and what may not. */
class VarveKryoSerializerTest {

    /** A serializer whose classes have these numbers. */
    private static VarveKryoSerializer serializer(Map<Class<?>, Integer> classes) {
        StringBuilder text = new StringBuilder();
        classes.forEach((type, id) -> text.append('"')
                .append(type.getName())
                .append("\" = ")
                .append(id)
                .append('\n'));
        Config config = ConfigFactory.parseString("classes {\n" + text + "}");
        return new VarveKryoSerializer(config, VarveKryoSerializerTest.class.getClassLoader());
    }

    private static Object copy(VarveKryoSerializer serializer, Object value) throws NotSerializableException {
        return serializer.fromBinary(serializer.toBinary(value), serializer.manifest(value));
    }

    /** What one version of an application wrote, as another version reads it. */
    private static Object migrate(Object value, Class<?> from, Class<?> to, Map<Class<?>, Integer> others)
            throws NotSerializableException {
        Map<Class<?>, Integer> writer = new java.util.HashMap<>(others);
        writer.put(from, 100);
        Map<Class<?>, Integer> reader = new java.util.HashMap<>(others);
        reader.put(to, 100);
        return serializer(reader).fromBinary(serializer(writer).toBinary(value), "100");
    }

    sealed interface Event {}

    enum Currency {
        EUR,
        SEK
    }

    record Money(BigDecimal amount, Currency currency) {}

    record Deposited(String account, Money money, List<String> notes, int channel) implements Event {}

    private static final Map<Class<?>, Integer> EVENTS =
            Map.of(Deposited.class, 100, Money.class, 101, Currency.class, 102);

    private static final String PINNED =
            "046163636F756EF40403612DB16D6F6E65F91B6702616D6F756EF405120304E20463757272656E"
                    + "63F904685345CB6E6F7465F310498303636173E8876772C3B6C39F65726368616E6E65EC02020E";

    private static final Deposited DEPOSITED =
            new Deposited("a-1", new Money(new BigDecimal("12.50"), Currency.SEK), List.of("cash", "größer"), 7);

    @Test
    void a_record_with_others_in_it_comes_back_as_it_was() throws Exception {
        assertThat(copy(serializer(EVENTS), DEPOSITED)).isEqualTo(DEPOSITED);
    }

    /** Stored events outlive the version that wrote them: these bytes mean this for ever. */
    @Test
    void the_bytes_are_pinned() throws Exception {

        String written =
                HexFormat.of().withUpperCase().formatHex(serializer(EVENTS).toBinary(DEPOSITED));
        assertThat(written).isEqualTo(PINNED);
        assertThat(serializer(EVENTS).fromBinary(HexFormat.of().parseHex(PINNED), "100"))
                .isEqualTo(DEPOSITED);
    }

    static List<Object> platformValues() {
        return List.of(
                List.of(),
                List.of(1, 2L, "three"),
                Set.of("one"),
                Set.of(),
                Map.of("a", 1),
                Map.of(),
                new ArrayList<>(Arrays.asList("x", null)),
                Arrays.asList(1, 2, 3),
                new TreeMap<>(Map.of("k", List.of(1.5))),
                Optional.of("there"),
                Optional.empty(),
                Instant.ofEpochSecond(-5, 7),
                Duration.ofNanos(123_456_789_012L),
                LocalDate.of(2026, 2, 28),
                ZonedDateTime.of(2026, 7, 1, 12, 0, 0, 1, ZoneId.of("Europe/Stockholm")),
                new UUID(1, -1),
                new BigDecimal("-0.001"),
                "\u0000 \ud83d\ude00",
                'c',
                (byte) -1,
                Long.MIN_VALUE,
                true);
    }

    record Holder(Object value) {}

    @ParameterizedTest
    @MethodSource("platformValues")
    void what_the_platform_has_for_events_comes_back_as_it_was(Object value) throws Exception {
        assertThat(copy(serializer(Map.of(Holder.class, 100)), new Holder(value)))
                .isEqualTo(new Holder(value));
    }

    @Test
    void every_number_of_a_platform_class_is_below_those_of_applications_and_stays() {
        var kryo = new KryoTypes(ConfigFactory.empty(), getClass().getClassLoader()).newKryo();
        Map<Integer, String> names = new TreeMap<>();
        for (int id = 10; id < KryoTypes.FIRST_OF_APPLICATION; id++) {
            if (kryo.getRegistration(id) != null) {
                names.put(id, kryo.getRegistration(id).getType().getSimpleName());
            }
        }
        assertThat(names.toString())
                .isEqualTo("{10=byte[], 11=int[], 12=long[], 13=double[], 14=String[], 15=boolean[], 16=BigDecimal,"
                        + " 17=BigInteger, 18=UUID, 19=URI, 20=Currency, 21=Locale, 30=Instant, 31=Duration, 32=LocalDate,"
                        + " 33=LocalTime, 34=LocalDateTime, 35=OffsetDateTime, 36=ZonedDateTime, 37=ZoneOffset,"
                        + " 38=ZoneRegion, 39=Period, 40=Year, 41=YearMonth, 50=Optional, 51=OptionalInt, 52=OptionalLong,"
                        + " 53=OptionalDouble, 60=ArrayList, 61=LinkedList, 62=HashSet, 63=LinkedHashSet, 64=TreeSet,"
                        + " 65=HashMap, 66=LinkedHashMap, 67=TreeMap, 70=ListN, 71=List12, 72=SetN, 73=Set12, 74=MapN,"
                        + " 75=Map1, 76=EmptyList, 77=EmptySet, 78=EmptyMap, 79=SingletonList, 80=SingletonSet,"
                        + " 81=ArrayList}");
    }

    record Before(String name, List<Money> gone, int moved) {}

    record After(int moved, String name, Optional<String> added, long count) {}

    @Test
    void components_may_be_added_removed_and_moved() throws Exception {
        Map<Class<?>, Integer> others = Map.of(Money.class, 101, Currency.class, 102);
        Before before = new Before("n", List.of(new Money(BigDecimal.ONE, Currency.EUR)), 3);
        assertThat(migrate(before, Before.class, After.class, others)).isEqualTo(new After(3, "n", null, 0));
        After after = new After(4, "m", Optional.of("x"), 5);
        assertThat(migrate(after, After.class, Before.class, others)).isEqualTo(new Before("m", null, 4));
    }

    /** The type of what was removed may be gone as well: nothing looks at it. */
    @Test
    void a_component_may_go_together_with_its_class() throws Exception {
        Map<Class<?>, Integer> writer = Map.of(Before.class, 100, Money.class, 101, Currency.class, 102);
        Map<Class<?>, Integer> reader = Map.of(After.class, 100);
        byte[] bytes =
                serializer(writer).toBinary(new Before("n", List.of(new Money(BigDecimal.ONE, Currency.EUR)), 3));
        assertThat(serializer(reader).fromBinary(bytes, "100")).isEqualTo(new After(3, "n", null, 0));
    }

    static class Base {
        int inherited = 1;
    }

    static final class Old extends Base {
        private String name = "old";
        private final List<String> list = new ArrayList<>(List.of("a"));
        private transient String cached = "not stored";
    }

    static final class Renewed extends Base {
        private String name = "renewed";
        private String added = "as it begins";
        private transient String cached = "as it begins";
    }

    @Test
    void fields_of_a_class_may_be_added_and_removed_and_a_new_one_is_as_its_constructor_leaves_it() throws Exception {
        Old old = new Old();
        old.inherited = 9;
        Renewed renewed = (Renewed) migrate(old, Old.class, Renewed.class, Map.of());
        assertThat(renewed.name).isEqualTo("old");
        assertThat(renewed.inherited).isEqualTo(9);
        assertThat(renewed.added).isEqualTo("as it begins");
        assertThat(renewed.cached).isEqualTo("as it begins");
        assertThat(old.list).isNotEmpty();
        assertThat(old.cached).isNotEmpty();
    }

    enum Reordered {
        NEW,
        SEK,
        EUR
    }

    record Priced(Object currency) {}

    @Test
    void constants_of_an_enum_may_be_added_and_moved_but_not_removed() throws Exception {
        byte[] bytes =
                serializer(Map.of(Priced.class, 100, Currency.class, 101)).toBinary(new Priced(Currency.EUR));
        assertThat(serializer(Map.of(Priced.class, 100, Reordered.class, 101)).fromBinary(bytes, "100"))
                .isEqualTo(new Priced(Reordered.EUR));
        byte[] newer =
                serializer(Map.of(Priced.class, 100, Reordered.class, 101)).toBinary(new Priced(Reordered.NEW));
        assertThatThrownBy(() -> serializer(Map.of(Priced.class, 100, Currency.class, 101))
                        .fromBinary(newer, "100"))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("has no constant NEW");
    }

    record Strict(int positive) {
        Strict {
            if (positive <= 0) {
                throw new IllegalArgumentException("must be positive");
            }
        }
    }

    record Lax(int positive) {}

    @Test
    void what_a_constructor_refuses_is_told_with_its_reason() {
        assertThatThrownBy(() -> migrate(new Lax(-1), Lax.class, Strict.class, Map.of()))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("must be positive");
    }

    record Stranger(String name) {}

    @Test
    void a_class_without_a_number_is_refused_at_the_top_and_inside() {
        VarveKryoSerializer serializer = serializer(Map.of(Holder.class, 100));
        assertThatThrownBy(() -> serializer.toBinary(new Stranger("x")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("varve.kryo.classes");
        assertThatThrownBy(() -> serializer.toBinary(new Holder(new Stranger("x"))))
                .hasMessageContaining("not registered")
                .hasMessageContaining("Stranger");
        assertThatThrownBy(() -> serializer.toBinary(new Holder(Thread.currentThread())))
                .hasMessageContaining("not registered");
    }

    @Test
    void an_unknown_number_is_refused() {
        for (String manifest : List.of("999", "", "java.lang.String", "-1", "10")) {
            assertThatThrownBy(() -> serializer(EVENTS).fromBinary(new byte[] {1}, manifest))
                    .isInstanceOf(NotSerializableException.class)
                    .hasMessageContaining("no class has the number");
        }
    }

    record Node(List<Object> children) {}

    @Test
    void a_circle_is_refused_and_the_serializer_goes_on() throws Exception {
        VarveKryoSerializer serializer = serializer(Map.of(Node.class, 100));
        Node node = new Node(new ArrayList<>());
        node.children().add(node);
        assertThatThrownBy(() -> serializer.toBinary(node)).hasMessageContaining("refers to itself");
        Node tree = new Node(List.of(new Node(List.of())));
        assertThat(copy(serializer, tree)).isEqualTo(tree);
    }

    @Test
    void bytes_that_are_cut_or_bent_are_refused_and_never_end_otherwise() {
        VarveKryoSerializer serializer = serializer(EVENTS);
        byte[] bytes = serializer.toBinary(DEPOSITED);
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> serializer.fromBinary(cut, "100")).isInstanceOf(NotSerializableException.class);
        }
    }

    static final class NoSimpleConstructor {
        NoSimpleConstructor(int needed) {}
    }

    @Test
    void a_configuration_that_cannot_work_is_refused_when_the_system_starts() {
        ClassLoader loader = getClass().getClassLoader();
        assertThatThrownBy(() -> new VarveKryoSerializer(
                        ConfigFactory.parseString("classes { \"com.example.Missing\" = 100 }"), loader))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("no such class");
        assertThatThrownBy(() -> serializer(Map.of(Money.class, 99)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("100 or more");
        assertThatThrownBy(() -> serializer(Map.of(Money.class, 100, Holder.class, 100)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("already");
        assertThatThrownBy(() ->
                        new VarveKryoSerializer(ConfigFactory.parseString("classes { com.example.A = 100 }"), loader))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("in quotes");
        assertThatThrownBy(() -> serializer(Map.of(NoSimpleConstructor.class, 100)))
                .hasMessageContaining("constructor without parameters");
    }

    @Test
    void many_threads_may_use_it_at_once() throws Exception {
        VarveKryoSerializer serializer = serializer(EVENTS);
        var threads = Executors.newFixedThreadPool(8);
        List<Future<Boolean>> all = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            Callable<Boolean> task = () -> {
                for (int i = 0; i < 500; i++) {
                    assertThat(copy(serializer, DEPOSITED)).isEqualTo(DEPOSITED);
                }
                return true;
            };
            all.add(threads.submit(task));
        }
        for (Future<Boolean> each : all) {
            assertThat(each.get()).isTrue();
        }
        threads.shutdown();
    }
}
