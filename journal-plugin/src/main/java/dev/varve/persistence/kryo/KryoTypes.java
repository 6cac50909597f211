package dev.varve.persistence.kryo;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.serializers.DefaultSerializers;
import com.esotericsoftware.kryo.serializers.ImmutableCollectionsSerializers;
import com.esotericsoftware.kryo.serializers.OptionalSerializers;
import com.esotericsoftware.kryo.serializers.TimeSerializers;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigValue;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Currency;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * The classes that may be serialized, with their numbers: those of the Java platform that events are made of, below
 * {@link #FIRST_OF_APPLICATION}, and those that the application registers. A number never changes its meaning.
 */
final class KryoTypes {
    static final int FIRST_OF_APPLICATION = 100;
    private static final int LAST_OF_APPLICATION = Integer.MAX_VALUE - 2;

    private final Map<Class<?>, Integer> idByType = new HashMap<>();
    private final Map<Integer, Class<?>> typeById = new HashMap<>();

    /**
     * Reads the classes of the application.
     *
     * @param config the section {@code varve.kryo.classes}: names of classes with their numbers
     * @throws ConfigException if a class is not there, a number is out of range, or there twice
     */
    KryoTypes(Config config, ClassLoader loader) {
        for (Map.Entry<String, ConfigValue> entry : config.root().entrySet()) {
            String name = entry.getKey();
            if (!(entry.getValue().unwrapped() instanceof Number number)) {
                throw bad(
                        entry.getValue(),
                        name,
                        "a number is needed, not " + entry.getValue().unwrapped()
                                + "; write the name of the class in quotes");
            }
            long id = number.longValue();
            if (id < FIRST_OF_APPLICATION || id > LAST_OF_APPLICATION) {
                throw bad(entry.getValue(), name, "the number must be " + FIRST_OF_APPLICATION + " or more, not " + id);
            }
            Class<?> before = typeById.put((int) id, load(name, loader, entry.getValue()));
            if (before != null) {
                throw bad(entry.getValue(), name, "the number " + id + " is that of " + before.getName() + " already");
            }
            idByType.put(typeById.get((int) id), (int) id);
        }
    }

    private static Class<?> load(String name, ClassLoader loader, ConfigValue value) {
        try {
            return Class.forName(name, false, loader);
        } catch (ClassNotFoundException e) {
            throw new ConfigException.BadValue(
                    value.origin(),
                    "varve.kryo.classes." + name,
                    "there is no such class; the name of a nested one has a $ in it",
                    e);
        }
    }

    private static ConfigException bad(ConfigValue value, String name, String problem) {
        return new ConfigException.BadValue(value.origin(), "varve.kryo.classes.\"" + name + "\"", problem);
    }

    /** The number of a class of the application; null if it has none. */
    Integer id(Class<?> type) {
        return idByType.get(type);
    }

    /** The class of the application with a number; null if there is none. */
    Class<?> type(int id) {
        return typeById.get(id);
    }

    Kryo newKryo() {
        Kryo kryo = new Kryo();
        kryo.setRegistrationRequired(true);
        // Values are trees. References would tie fields together, so that none of them could be left out later.
        kryo.setReferences(false);
        registerPlatform(kryo);
        typeById.forEach((id, type) -> kryo.register(type, serializer(type), id));
        return kryo;
    }

    private static Serializer<?> serializer(Class<?> type) {
        if (type.isEnum()) {
            return new EnumByNameSerializer(type);
        } else if (type.isRecord()) {
            return new NamedFieldsSerializer(type, new RecordFields(type));
        }
        return new NamedFieldsSerializer(type, new ObjectFields(type));
    }

    /** Kryo itself has 0 to 8: the primitive types, String and void. */
    private static void registerPlatform(Kryo kryo) {
        kryo.register(byte[].class, 10);
        kryo.register(int[].class, 11);
        kryo.register(long[].class, 12);
        kryo.register(double[].class, 13);
        kryo.register(String[].class, 14);
        kryo.register(boolean[].class, 15);
        kryo.register(BigDecimal.class, new DefaultSerializers.BigDecimalSerializer(), 16);
        kryo.register(BigInteger.class, new DefaultSerializers.BigIntegerSerializer(), 17);
        kryo.register(UUID.class, new DefaultSerializers.UUIDSerializer(), 18);
        kryo.register(URI.class, new DefaultSerializers.URISerializer(), 19);
        kryo.register(Currency.class, new DefaultSerializers.CurrencySerializer(), 20);
        kryo.register(Locale.class, new DefaultSerializers.LocaleSerializer(), 21);

        kryo.register(Instant.class, new TimeSerializers.InstantSerializer(), 30);
        kryo.register(Duration.class, new TimeSerializers.DurationSerializer(), 31);
        kryo.register(LocalDate.class, new TimeSerializers.LocalDateSerializer(), 32);
        kryo.register(LocalTime.class, new TimeSerializers.LocalTimeSerializer(), 33);
        kryo.register(LocalDateTime.class, new TimeSerializers.LocalDateTimeSerializer(), 34);
        kryo.register(OffsetDateTime.class, new TimeSerializers.OffsetDateTimeSerializer(), 35);
        kryo.register(ZonedDateTime.class, new TimeSerializers.ZonedDateTimeSerializer(), 36);
        kryo.register(ZoneOffset.class, new TimeSerializers.ZoneOffsetSerializer(), 37);
        kryo.register(ZoneId.of("Europe/Berlin").getClass(), new TimeSerializers.ZoneIdSerializer(), 38);
        kryo.register(Period.class, new TimeSerializers.PeriodSerializer(), 39);
        kryo.register(Year.class, new TimeSerializers.YearSerializer(), 40);
        kryo.register(YearMonth.class, new TimeSerializers.YearMonthSerializer(), 41);

        kryo.register(Optional.class, new OptionalSerializers.OptionalSerializer(), 50);
        kryo.register(OptionalInt.class, new OptionalSerializers.OptionalIntSerializer(), 51);
        kryo.register(OptionalLong.class, new OptionalSerializers.OptionalLongSerializer(), 52);
        kryo.register(OptionalDouble.class, new OptionalSerializers.OptionalDoubleSerializer(), 53);

        kryo.register(ArrayList.class, 60);
        kryo.register(LinkedList.class, 61);
        kryo.register(HashSet.class, 62);
        kryo.register(LinkedHashSet.class, 63);
        kryo.register(TreeSet.class, 64);
        kryo.register(HashMap.class, 65);
        kryo.register(LinkedHashMap.class, 66);
        kryo.register(TreeMap.class, 67);
        // There are two classes of each: for few elements and for more.
        ImmutableCollectionsSerializers.addDefaultSerializers(kryo);
        kryo.register(List.of().getClass(), 70);
        kryo.register(List.of(1).getClass(), 71);
        kryo.register(Set.of().getClass(), 72);
        kryo.register(Set.of(1).getClass(), 73);
        kryo.register(Map.of().getClass(), 74);
        kryo.register(Map.of(1, 1).getClass(), 75);
        kryo.register(Collections.emptyList().getClass(), new DefaultSerializers.CollectionsEmptyListSerializer(), 76);
        kryo.register(Collections.emptySet().getClass(), new DefaultSerializers.CollectionsEmptySetSerializer(), 77);
        kryo.register(Collections.emptyMap().getClass(), new DefaultSerializers.CollectionsEmptyMapSerializer(), 78);
        kryo.register(
                Collections.singletonList(1).getClass(),
                new DefaultSerializers.CollectionsSingletonListSerializer(),
                79);
        kryo.register(
                Collections.singleton(1).getClass(), new DefaultSerializers.CollectionsSingletonSetSerializer(), 80);
        kryo.register(Arrays.asList(1).getClass(), new DefaultSerializers.ArraysAsListSerializer(), 81);
    }
}
