package dev.varve.persistence.conformance;

/** Never stored as it is: no serializer knows it, and {@link TemperatureAdapter} stores something else. */
sealed interface Temperature {
    record Celsius(int value) implements Temperature {}

    record Fahrenheit(int value) implements Temperature {}

    record Between(int from, int to) implements Temperature {}
}
