/**
 * The commands that work on a log of this machine, thin over {@link dev.varve.log}: what they are given turned into calls, what
 * comes back into lines, what fails into words and an exit code.
 */
package dev.varve.server.cli;
