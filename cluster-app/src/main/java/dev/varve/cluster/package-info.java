/**
 * Topics whose partitions are replicated: what a node of a cluster does. {@link dev.varve.cluster.ClusterNode} is the node,
 * {@link dev.varve.cluster.TopicService} what it can be asked.
 */
package dev.varve.cluster;
