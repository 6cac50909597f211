/**
 * How a replica that misses entries which the others have cut from their Raft logs gets what these made instead: the files of an image of
 * another replica, asked for piece by piece, staged, and switched in at one moment.
 */
package dev.varve.cluster.copying;
