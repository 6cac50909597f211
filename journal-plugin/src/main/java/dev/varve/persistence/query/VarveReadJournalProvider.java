package dev.varve.persistence.query;

import com.typesafe.config.Config;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.persistence.query.ReadJournalProvider;

/** Makes the read journals of a section of the configuration, for Pekko. */
public final class VarveReadJournalProvider implements ReadJournalProvider {
    private final VarveReadJournal journal;

    /**
     * As Pekko calls it.
     *
     * @param config the section
     * @param path where in the configuration it is
     */
    public VarveReadJournalProvider(ExtendedActorSystem system, Config config, String path) {
        this.journal = new VarveReadJournal(system, config);
    }

    @Override
    public dev.varve.persistence.query.scaladsl.VarveReadJournal scaladslReadJournal() {
        return new dev.varve.persistence.query.scaladsl.VarveReadJournal(journal);
    }

    @Override
    public VarveReadJournal javadslReadJournal() {
        return journal;
    }
}
