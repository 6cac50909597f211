package dev.varve.persistence.conformance;

import dev.varve.persistence.conformance.Payload.Address;
import dev.varve.persistence.conformance.Payload.Degrees;
import dev.varve.persistence.conformance.Payload.Range;
import java.io.NotSerializableException;
import java.nio.charset.StandardCharsets;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/** Serializes {@link Payload}s, and insists on being told the system, as serializers of references do. Made by Pekko. */
public final class ConformanceSerializer extends SerializerWithStringManifest {
    private final ExtendedActorSystem system;

    public ConformanceSerializer(ExtendedActorSystem system) {
        this.system = system;
    }

    @Override
    public int identifier() {
        return 47_110_815;
    }

    @Override
    public String manifest(Object payload) {
        return payload.getClass().getSimpleName();
    }

    @Override
    public byte[] toBinary(Object payload) {
        return text(payload).getBytes(StandardCharsets.UTF_8);
    }

    private String text(Object payload) {
        if (payload instanceof Address address) {
            mustKnowTheSystem();
            return Serialization.serializedActorPath(address.ref());
        } else if (payload instanceof Degrees degrees) {
            return Integer.toString(degrees.value());
        } else if (payload instanceof Range range) {
            return range.from() + " " + range.to();
        }
        throw new IllegalArgumentException(payload + " is none of the suite's");
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
        String text = new String(bytes, StandardCharsets.UTF_8);
        return switch (manifest) {
            case "Address" -> {
                mustKnowTheSystem();
                yield new Address(system.provider().resolveActorRef(text));
            }
            case "Degrees" -> new Degrees(Integer.parseInt(text));
            case "Range" -> {
                String[] bounds = text.split(" ");
                yield new Range(Integer.parseInt(bounds[0]), Integer.parseInt(bounds[1]));
            }
            default -> throw new NotSerializableException("the manifest '" + manifest + "' is none of the suite's");
        };
    }

    private void mustKnowTheSystem() {
        // Throws where there is none: then the plugin should use SerializationExtension's serialize and deserialize.
        if (Serialization.getCurrentTransportInformation().system() != system) {
            throw new IllegalStateException("the transport information is that of another actor system");
        }
    }
}
