/** The journal, the snapshots and the states of Pekko Persistence on replicated partitions. The only part of the cluster that knows them. */
package dev.varve.cluster.journal;
