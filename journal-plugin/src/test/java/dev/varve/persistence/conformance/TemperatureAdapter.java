package dev.varve.persistence.conformance;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.varve.persistence.conformance.Payload.Degrees;
import dev.varve.persistence.conformance.Payload.Range;
import dev.varve.persistence.conformance.Temperature.Between;
import dev.varve.persistence.conformance.Temperature.Celsius;
import dev.varve.persistence.conformance.Temperature.Fahrenheit;
import org.apache.pekko.persistence.journal.EventAdapter;
import org.apache.pekko.persistence.journal.EventSeq;

/**
 * An event adapter that needs its manifest back: Celsius and Fahrenheit are stored alike, and a range comes back as the two
 * events that it is made of.
 */
public final class TemperatureAdapter implements EventAdapter {

    static Config config(String journalPluginId) {
        String adapter = TemperatureAdapter.class.getName();
        return ConfigFactory.parseString(
                """
                %s {
                  event-adapters.conformance = "%s"
                  event-adapter-bindings {
                    "%s" = conformance
                    "%s" = conformance
                    "%s" = conformance
                  }
                }
                """
                        .formatted(
                                journalPluginId,
                                adapter,
                                Temperature.class.getName(),
                                Degrees.class.getName(),
                                Range.class.getName()));
    }

    @Override
    public String manifest(Object event) {
        return event.getClass().getSimpleName();
    }

    @Override
    public Object toJournal(Object event) {
        if (event instanceof Celsius celsius) {
            return new Degrees(celsius.value());
        } else if (event instanceof Fahrenheit fahrenheit) {
            return new Degrees(fahrenheit.value());
        } else if (event instanceof Between between) {
            return new Range(between.from(), between.to());
        }
        return event;
    }

    @Override
    public EventSeq fromJournal(Object event, String manifest) {
        if (event instanceof Degrees degrees) {
            return EventSeq.single(
                    switch (manifest) {
                        case "Celsius" -> new Celsius(degrees.value());
                        case "Fahrenheit" -> new Fahrenheit(degrees.value());
                        default -> "degrees with the manifest '" + manifest + "'";
                    });
        } else if (event instanceof Range range) {
            return EventSeq.create(new Celsius(range.from()), new Celsius(range.to()));
        }
        return EventSeq.single(event);
    }
}
