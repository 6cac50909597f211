package dev.varve.benchmarks.jmh;

import com.typesafe.config.ConfigFactory;
import java.io.NotSerializableException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One event to bytes and back by {@code varve-kryo}, which writes the names of fields so that they may change. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class KryoBenchmark {
    /** An event as applications have them. */
    public record Ordered(String customer, long placedAt, List<Line> lines) {}

    /** A part of it. */
    public record Line(String article, int count, long cents) {}

    private static final Ordered EVENT = new Ordered(
            "customer-4711", LogState.FIRST_TIMESTAMP, List.of(new Line("apples", 3, 297), new Line("pears", 1, 119)));

    private ActorSystem system;
    private SerializerWithStringManifest serializer;
    private String manifest;
    private byte[] bytes;

    @Setup
    public void start() throws NotSerializableException {
        system = ActorSystem.create(
                "jmh",
                ConfigFactory.parseString(
                                """
                                pekko.actor.serialization-bindings."dev.varve.benchmarks.jmh.KryoBenchmark$Ordered" = varve-kryo
                                varve.kryo.classes {
                                  "dev.varve.benchmarks.jmh.KryoBenchmark$Ordered" = 100
                                  "dev.varve.benchmarks.jmh.KryoBenchmark$Line" = 101
                                }
                                """)
                        .withFallback(ConfigFactory.load()));
        Serialization serialization = SerializationExtension.get(system);
        serializer = (SerializerWithStringManifest) serialization.serializerFor(Ordered.class);
        manifest = serializer.manifest(EVENT);
        bytes = serializer.toBinary(EVENT);
    }

    @TearDown
    public void stop() {
        system.terminate();
    }

    @Benchmark
    public byte[] write() {
        return serializer.toBinary(EVENT);
    }

    @Benchmark
    public Object read() throws NotSerializableException {
        return serializer.fromBinary(bytes, manifest);
    }
}
