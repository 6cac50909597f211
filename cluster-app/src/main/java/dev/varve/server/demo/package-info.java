/** What a log is for, shown on a real text in a few seconds: {@link dev.varve.server.demo.Demo}. */
package dev.varve.server.demo;
