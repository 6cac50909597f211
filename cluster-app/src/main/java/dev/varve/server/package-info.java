/** The program that people start: {@link dev.varve.server.Varve}, and behind it the command line. */
package dev.varve.server;
