/** How records are written and read as JSON, the same in the files of the local commands, over HTTP and in the client. */
package dev.varve.server.json;
