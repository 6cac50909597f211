/**
 * Faults on the real machine: processes that are killed, system calls that are refused, disks that are full or lose their
 * power, other owners. The simulated disk of the testkit finds more and faster; what is here shows that it does not lie.
 */
package dev.varve.log.machine;
