/** Records as JSON, the same in what the local commands print, over HTTP and in the client; and which partition a key belongs to. */
package dev.varve.server.records;
