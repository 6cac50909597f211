package dev.varve.server.client;

/** Where a record was stored. */
public record Position(int partition, long offset) {}
