package dev.varve.persistence.state;

import com.typesafe.config.Config;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.state.DurableStateStoreProvider;

/** The plugin {@code varve.state}, as Pekko loads it. */
public final class VarveDurableStateStoreProvider implements DurableStateStoreProvider {
    private final VarveDurableStateStore<Object> store;
    private final VarveScalaDurableStateStore<Object> scalaStore;

    /** @param config the section of the plugin */
    public VarveDurableStateStoreProvider(ExtendedActorSystem system, Config config) {
        Persistence persistence = Persistence.get(system);
        this.store = new VarveDurableStateStore<>(DurableStates.of(system, config), persistence);
        this.scalaStore = new VarveScalaDurableStateStore<>(store, persistence);
    }

    @Override
    public VarveScalaDurableStateStore<Object> scaladslDurableStateStore() {
        return scalaStore;
    }

    @Override
    public VarveDurableStateStore<Object> javadslDurableStateStore() {
        return store;
    }
}
