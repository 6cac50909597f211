package dev.varve.server.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Puts the configuration of a server together: what was asked for goes before the file, and that before the defaults. */
final class ServeConfig {
    private static final String OURS = "varve.";

    private ServeConfig() {}

    /**
     * The whole of it, resolved.
     *
     * @param file null for the defaults alone
     * @param asked what the command line says, by key
     * @throws com.typesafe.config.ConfigException if the file is not there or cannot be read
     * @throws WrongUsageException if there is a key of ours that nothing knows: it is a misspelt one
     */
    static Config of(Path file, Map<String, Object> asked) {
        Config config = ConfigFactory.empty();
        for (Map.Entry<String, Object> key : asked.entrySet()) {
            config = config.withFallback(
                    ConfigFactory.parseMap(Map.of(key.getKey(), key.getValue()), "the command line"));
        }
        if (file != null) {
            config = config.withFallback(ConfigFactory.parseFile(
                    file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false)));
        }
        Config whole = ConfigFactory.defaultOverrides()
                .withFallback(config)
                .withFallback(ConfigFactory.defaultReferenceUnresolved())
                .resolve();
        requireKnown(whole);
        return whole;
    }

    private static void requireKnown(Config config) {
        Config known = ConfigFactory.defaultReference();
        for (Map.Entry<String, ConfigValue> entry : config.entrySet()) {
            String key = entry.getKey();
            // What the launcher and tests tell this process as properties of Java is for others.
            if (key.startsWith(OURS) && !isKnown(known, key) && System.getProperty(key) == null) {
                throw new WrongUsageException(entry.getValue().origin().description() + ": there is no key '" + key
                        + "'; those that there are, with their defaults, are in the reference.conf files");
            }
        }
    }

    /** Whether it is there, or in a section that is empty by itself: what is in that, others name. */
    private static boolean isKnown(Config known, String key) {
        if (known.hasPathOrNull(key)) {
            return true;
        }
        List<String> names = ConfigUtil.splitPath(key);
        for (int length = 1; length < names.size(); length++) {
            String section = ConfigUtil.joinPath(names.subList(0, length));
            if (known.hasPath(section) && known.getValue(section) instanceof ConfigObject object && object.isEmpty()) {
                return true;
            }
        }
        return false;
    }
}
