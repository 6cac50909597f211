package dev.varve.persistence.kryo;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.util.Pool;
import com.typesafe.config.Config;
import java.io.NotSerializableException;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * The serializer {@code varve.kryo}. An application binds its events to it and gives each class a number, in {@code varve.kryo.classes};
 * what has none is refused, on the way in and on the way out. Classes, records and enums may be nested; fields go by their names, so they
 * may be added, removed and moved, but neither renamed nor given another type. A class may be renamed or moved as long as it keeps its
 * number. Values are trees: what is referred to twice is written twice, and a circle cannot be written. Thread-safe.
 *
 * <p>The manifest is the number of the class.
 */
public final class VarveKryoSerializer extends SerializerWithStringManifest {
    /** Never changes: it is stored with every event. */
    static final int IDENTIFIER = 22090;

    private static final int KEPT = 16;

    private final KryoTypes types;
    private final Pool<Kryo> kryos;

    /** @throws com.typesafe.config.ConfigException if the classes that are configured cannot be serialized */
    public VarveKryoSerializer(ExtendedActorSystem system) {
        this(
                system.settings().config().getConfig("varve.kryo"),
                system.dynamicAccess().classLoader());
    }

    VarveKryoSerializer(Config config, ClassLoader loader) {
        this.types = new KryoTypes(config.getConfig("classes"), loader);
        this.kryos = new Pool<>(true, false, KEPT) {
            @Override
            protected Kryo create() {
                return types.newKryo();
            }
        };
        // So that a class that cannot be serialized is found now and not with the first event.
        kryos.free(types.newKryo());
    }

    @Override
    public int identifier() {
        return IDENTIFIER;
    }

    @Override
    public String manifest(Object value) {
        Integer id = types.id(value.getClass());
        if (id == null) {
            throw new IllegalArgumentException(value.getClass().getName()
                    + " has no number: add it to varve.kryo.classes with one that no class has had, "
                    + KryoTypes.FIRST_OF_APPLICATION + " or more");
        }
        return Integer.toString(id);
    }

    @Override
    public byte[] toBinary(Object value) {
        manifest(value);
        Kryo kryo = kryos.obtain();
        try {
            Output output = new Output(256, -1);
            kryo.writeObject(output, value);
            return output.toBytes();
        } catch (StackOverflowError e) {
            throw new KryoException(
                    value.getClass().getName() + " cannot be written: it refers to itself, or is too deep", e);
        } finally {
            kryos.free(kryo);
        }
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
        Class<?> type = type(manifest);
        Kryo kryo = kryos.obtain();
        try {
            return kryo.readObject(new Input(bytes), type);
        } catch (KryoException | IndexOutOfBoundsException | NegativeArraySizeException e) {
            NotSerializableException refused = new NotSerializableException(
                    "what is stored of a " + type.getName() + " cannot be read: " + e.getMessage());
            refused.initCause(e);
            throw refused;
        } finally {
            kryos.free(kryo);
        }
    }

    private Class<?> type(String manifest) throws NotSerializableException {
        Class<?> type = null;
        try {
            type = types.type(Integer.parseInt(manifest));
        } catch (NumberFormatException e) {
            // Told below.
        }
        if (type == null) {
            throw new NotSerializableException("no class has the number " + manifest
                    + ": it was taken out of varve.kryo.classes, or a later version of the application wrote this");
        }
        return type;
    }
}
