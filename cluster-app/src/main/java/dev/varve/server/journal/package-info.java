/** Looks into the files of a journal, and carries events from one journal to another. */
package dev.varve.server.journal;
