/**
 * The read journal {@code varve.query}: queries for persistence ids and events, of what is there and of what is about to come. Live ones are
 * woken by the commit that made an event durable; nothing is polled.
 */
package dev.varve.persistence.query;
