package dev.varve.persistence.conformance;

import com.typesafe.config.Config;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A plugin as its author describes it to the suite.
 *
 * @param config what an actor system needs to use the plugin: {@code pekko.persistence.journal.plugin},
 *     {@code pekko.persistence.snapshot-store.plugin} and {@code pekko.persistence.state.plugin} as far as there are such, and
 *     the settings of these. {@code reference.conf} files need not be in it
 * @param queryPluginId where the settings of the read journal are, if there is one
 * @param capabilities what the plugin promises
 * @param maxEventBytes the largest serialized event that the plugin promises to store, if it has a limit
 * @param tooLargeEventBytes a size of a serialized event that the plugin promises to reject, if it has a limit
 */
public record PluginUnderTest(
        Config config,
        Optional<String> queryPluginId,
        Set<Capability> capabilities,
        OptionalInt maxEventBytes,
        OptionalInt tooLargeEventBytes) {

    /** A plugin that promises everything; {@link #without} takes from that. */
    public static PluginUnderTest of(Config config) {
        return new PluginUnderTest(
                config, Optional.empty(), EnumSet.allOf(Capability.class), OptionalInt.empty(), OptionalInt.empty());
    }

    public PluginUnderTest {
        capabilities = Collections.unmodifiableSet(EnumSet.copyOf(capabilities));
    }

    /** The same without some promises. */
    public PluginUnderTest without(Capability... missing) {
        Set<Capability> rest = EnumSet.copyOf(capabilities);
        rest.removeAll(List.of(missing));
        return new PluginUnderTest(config, queryPluginId, rest, maxEventBytes, tooLargeEventBytes);
    }

    /** The same promises with another configuration. */
    public PluginUnderTest withConfig(Config other) {
        return new PluginUnderTest(other, queryPluginId, capabilities, maxEventBytes, tooLargeEventBytes);
    }

    /** The same with a read journal, whose settings are at this path of the configuration. */
    public PluginUnderTest withQueryPlugin(String pluginId) {
        return new PluginUnderTest(config, Optional.of(pluginId), capabilities, maxEventBytes, tooLargeEventBytes);
    }

    /**
     * The same with a limit for the size of an event.
     *
     * @param max bytes of the largest serialized event that is stored in any case
     * @param tooLarge bytes of a serialized event that is rejected in any case. More than {@code max + 1} where the limit
     *     depends on what is stored besides
     */
    public PluginUnderTest withEventLimit(int max, int tooLarge) {
        return new PluginUnderTest(config, queryPluginId, capabilities, OptionalInt.of(max), OptionalInt.of(tooLarge));
    }

    /** Whether the plugin makes this promise. */
    public boolean claims(Capability capability) {
        return capabilities.contains(capability);
    }
}
