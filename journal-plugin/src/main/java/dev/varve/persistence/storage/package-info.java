/**
 * Where events, snapshots and states are kept: the port between the plugins and the partitions, its local form, and what both need. The
 * plugins know nothing of where a partition lives.
 */
package dev.varve.persistence.storage;
