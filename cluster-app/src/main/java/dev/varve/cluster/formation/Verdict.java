package dev.varve.cluster.formation;

import dev.varve.cluster.Charter;
import dev.varve.cluster.Member;
import java.util.List;

/** What a node makes of what it has heard. */
sealed interface Verdict {

    /**
     * It belongs to no cluster that works, and has to wait.
     *
     * @param why for people
     * @param isForNodes whether what is missing is nodes of which nothing was heard
     */
    record Wait(String why, boolean isForNodes) implements Verdict {
        Wait(String why) {
            this(why, false);
        }
    }

    /** It makes a cluster, of itself and others. */
    record Found(List<Member> founders) implements Verdict {}

    /** It belongs to this cluster, as others know. */
    record Join(Charter charter) implements Verdict {}

    /** Its cluster works, for all that it was made of belong to it: the node is to run. */
    record Begin() implements Verdict {}

    /** It belongs to its cluster, and runs. */
    record Belongs(List<Replacement> replacements, String warning) implements Verdict {}

    /** Its place in its cluster was taken: it is no node any more. */
    record Gone(Charter charter, String successor) implements Verdict {}

    /** A node without a cluster that comes for the place of one that may be gone. */
    record Replacement(String nodeId, Member newcomer) {}
}
