package dev.varve.persistence.conformance;

/**
 * What a store of durable state owes. To use it, extend it and describe the plugin: a configuration that names the store in
 * {@code pekko.persistence.state.plugin}, and what of the optional capabilities it has.
 */
public abstract class DurableStateConformance extends Conformance
        implements StateCases, StateChangesCases, StateEntityCases {}
