package dev.varve.persistence.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;

/** What a case has at hand: an actor system with the plugin in it, which is shared by the cases of a class. */
public interface Fixture {
    /**
     * A system property ({@code -Dconformance.claimEverything=true}) by which no case is skipped for what the plugin does not
     * claim: shows which claims could be made, and that those that are not made are needed.
     */
    String CLAIM_EVERYTHING = "conformance.claimEverything";

    /** The running actor system. Another one after {@link #restart}. */
    ActorTestKit kit();

    /** The plugin. */
    PluginUnderTest plugin();

    /** Stops the actor system and starts another one on the same storage. Only for plugins that survive it. */
    void restart();

    /** An id that no other case has used. */
    String newPersistenceId();

    /** Skips the case for a plugin that does not promise what it needs. */
    default void needs(Capability... capabilities) {
        for (Capability capability : capabilities) {
            assumeTrue(
                    plugin().claims(capability) || Boolean.getBoolean(CLAIM_EVERYTHING),
                    () -> "the plugin does not claim " + capability);
        }
    }
}
