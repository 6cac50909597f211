/**
 * For tests, ours and yours: a simulated disk that loses, tears and refuses on request, and a clock that stands still. Shipped
 * in the test-jar.
 */
package dev.varve.log.testkit;
