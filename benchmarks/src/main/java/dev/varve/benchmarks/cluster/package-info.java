/** Three nodes of a cluster on this machine, and a client that appends through them. */
package dev.varve.benchmarks.cluster;
