/** A server as a whole: a node of a cluster, what it says over HTTP, and the actor system under both. */
package dev.varve.server.node;
