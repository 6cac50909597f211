/** Bank accounts whose events, snapshots and balance sheet are kept in varve: a program to copy from. */
package dev.varve.samples.bank;
