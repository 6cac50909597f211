package dev.varve.partition.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.util.Pool;
import dev.varve.partition.WireMessage;
import java.io.NotSerializableException;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * Pekko's way to {@link WireMessage}s. The manifest of a message is the number of its class in {@link WireTypes}, which never
 * changes its meaning; a class without a number cannot be sent, and one that arrives under an unknown number is refused, not
 * guessed at. Any thread.
 */
public final class WireSerializer extends SerializerWithStringManifest {
    /** As in {@code reference.conf}; never changes. */
    public static final int IDENTIFIER = 22081;

    private static final int INITIAL_BYTES = 512;

    /** A buffer that grew beyond this is not kept. */
    private static final int KEPT_BYTES = 1 << 20;

    /** More are made when more are wanted at once; so many are kept. */
    private static final int KEPT_KRYOS = 16;

    /** Kryo is for one thread at a time, and costs a good deal to make. */
    private record Tools(Kryo kryo, Output output, Input input) {}

    private final Pool<Tools> pool;

    /** Made by Pekko, from the configuration. */
    public WireSerializer(ExtendedActorSystem system) {
        ActorRefResolver resolver = ActorRefResolver.get(Adapter.toTyped(system));
        this.pool = new Pool<>(true, false, KEPT_KRYOS) {
            @Override
            protected Tools create() {
                return new Tools(WireTypes.newKryo(resolver), new Output(INITIAL_BYTES, -1), new Input());
            }
        };
    }

    @Override
    public int identifier() {
        return IDENTIFIER;
    }

    @Override
    public String manifest(Object message) {
        return Integer.toString(WireTypes.id(message.getClass()));
    }

    /**
     * The bytes of a message.
     *
     * @throws IllegalArgumentException if its class, or that of something in it, has no number
     */
    @Override
    public byte[] toBinary(Object message) {
        Tools tools = pool.obtain();
        try {
            tools.output().reset();
            tools.kryo().writeObject(tools.output(), message);
            return tools.output().toBytes();
        } finally {
            giveBack(tools);
        }
    }

    /**
     * The message that these bytes hold.
     *
     * @throws NotSerializableException if its number is unknown, or the bytes are no such message; the connection that they came
     *     over goes on
     */
    @Override
    public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
        Class<?> type = WireTypes.type(manifest);
        if (type == null) {
            throw new NotSerializableException("a message with the number '" + manifest
                    + "', which this version of varve does not know; the sender may be newer");
        }
        Tools tools = pool.obtain();
        try {
            tools.input().setBuffer(bytes);
            return tools.kryo().readObject(tools.input(), type);
        } catch (KryoException
                | IllegalArgumentException
                | NullPointerException
                | ArithmeticException
                | ClassCastException e) {
            NotSerializableException refusal =
                    new NotSerializableException("bytes that are no " + type.getSimpleName() + ": " + e.getMessage());
            refusal.initCause(e);
            throw refusal;
        } finally {
            tools.input().setBuffer(new byte[0]);
            giveBack(tools);
        }
    }

    private void giveBack(Tools tools) {
        tools.kryo().reset();
        if (tools.output().getBuffer().length > KEPT_BYTES) {
            tools.output().setBuffer(new byte[INITIAL_BYTES], -1);
        }
        pool.free(tools);
    }
}
