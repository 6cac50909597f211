/**
 * The server's HTTP interface: what comes in becomes questions to {@link dev.varve.cluster.TopicService}, what it answers becomes JSON,
 * what fails becomes a {@link dev.varve.server.http.Problem}. Nothing here blocks, and nothing here knows how partitions are replicated.
 */
package dev.varve.server.http;
