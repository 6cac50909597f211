/**
 * How nodes find each other and become a cluster, and the clustered actor system in which they do; it comes and goes without the Raft
 * groups of {@link dev.varve.cluster} minding.
 */
package dev.varve.cluster.formation;
