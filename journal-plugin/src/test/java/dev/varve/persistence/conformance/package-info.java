/**
 * A suite of tests for plugins of Pekko Persistence, whoever wrote them. Begin with
 * {@link dev.varve.persistence.conformance.JournalConformance}.
 */
package dev.varve.persistence.conformance;
