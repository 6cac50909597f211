/** What a disk can do, measured, and which settings follow from that. */
package dev.varve.server.perf;
