/** What a server counts and measures, for Prometheus. docs/OPERATIONS.md names every metric. */
package dev.varve.server.metrics;
