/** What a cluster tells of itself to those who measure. Knows nothing of how it is replicated but the names that Ratis gives to its timers. */
package dev.varve.cluster.metrics;
