/** A partition actor without a disk, for tests of those who use one. */
package dev.varve.partition.testkit;
