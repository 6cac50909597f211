/**
 * Single operations of the log and of the serializer under JMH: how long each takes, and with {@code -prof gc} what it allocates. The tables
 * of this module say how fast the whole is; these say where it goes, before and after a change.
 */
package dev.varve.benchmarks.jmh;
