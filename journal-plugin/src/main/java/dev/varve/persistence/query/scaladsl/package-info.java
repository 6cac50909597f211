/** The read journal for Scala. */
package dev.varve.persistence.query.scaladsl;
