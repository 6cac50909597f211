/** A serializer on Kryo that an application may bind its events, snapshots and states to. */
package dev.varve.persistence.kryo;
