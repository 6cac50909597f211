/** The client of a server: {@link dev.varve.server.client.VarveClient}. Speaks HTTP, needs no actor system. */
package dev.varve.server.client;
