package dev.varve.cluster.formation;

import dev.varve.cluster.Charter;
import dev.varve.cluster.Member;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The rules by which nodes become a cluster, and stay one. They ask for nothing but what a node has heard, so they can be tried in any order.
 *
 * <ul>
 *   <li>A node that belongs to a cluster makes no other one and joins no other one. Whoever makes a cluster belongs to it before it tells.
 *   <li>A node belongs to a cluster that counts on it as soon as it hears of that, whoever tells: so it does not matter who dies when.
 *   <li>Only the oldest node makes one, when there are enough of them which want the same, and none that belongs to a cluster.
 *   <li>Two that are made of the same nodes at the same time come down to one, before either begins to work.
 *   <li>A cluster begins to work when all that it is made of belong to it. One that was begun and left off half way may never work; it has
 *       stored nothing then. So of two that were made where nodes did not hear of each other, and that both count on one node, one works.
 * </ul>
 */
final class FormationRules {
    private FormationRules() {}

    /**
     * What to do.
     *
     * @param self what this node tells of itself
     * @param heard the last of every other node that was heard lately
     * @param isOldest whether this node is the oldest of those who have found each other
     */
    static Verdict decide(Announcement self, Collection<Announcement> heard, boolean isOldest) {
        return self.charter().isPresent()
                ? ofMember(self, self.charter().get(), heard)
                : ofNewcomer(self, heard, isOldest);
    }

    // A node that belongs to a cluster.

    private static Verdict ofMember(Announcement self, Charter own, Collection<Announcement> heard) {
        Optional<Charter> later = heard.stream()
                .flatMap(other -> other.charter().stream())
                .filter(charter -> charter.clusterId().equals(own.clusterId()))
                .filter(charter -> charter.retired(self.nodeId()).isPresent())
                .findFirst();
        if (later.isPresent()) {
            return gone(self, later.get());
        }
        if (own.retired(self.nodeId()).isPresent()) {
            return gone(self, own);
        }
        if (!self.isBegun()) {
            return ofBeginner(own, heard);
        }
        List<Verdict.Replacement> replacements = new ArrayList<>();
        for (Announcement other : heard) {
            if (!other.isFormed() && isAlike(self, other) && isNew(other, own)) {
                placeOf(other, own)
                        .ifPresent(member -> replacements.add(new Verdict.Replacement(member.id(), other.asMember())));
            }
        }
        String warning = heard.stream()
                .filter(other -> other.charter()
                        .filter(charter -> !charter.clusterId().equals(own.clusterId()))
                        .isPresent())
                .map(FormationRules::name)
                .sorted()
                .collect(Collectors.joining(", "));
        return new Verdict.Belongs(
                replacements,
                warning.isEmpty()
                        ? ""
                        : "these nodes belong to another cluster than this one, and have no business here: " + warning
                                + ". See to it that their --seeds name nodes of their own cluster");
    }

    private static Verdict ofBeginner(Charter own, Collection<Announcement> heard) {
        List<Announcement> alike = heard.stream()
                .filter(other -> other.charter()
                        .filter(charter -> charter.clusterId().equals(own.clusterId()))
                        .isPresent())
                .toList();
        Set<String> missing = own.members().stream().map(Member::id).collect(Collectors.toCollection(TreeSet::new));
        missing.removeAll(alike.stream().map(Announcement::nodeId).toList());
        Optional<Charter> before = heard.stream()
                .flatMap(other -> other.charter().stream())
                .filter(charter -> charter.goesBefore(own))
                .findFirst();
        if (before.isPresent()) {
            return new Verdict.Join(before.get());
        }
        // One is this node itself.
        if (missing.size() == 1 || alike.stream().anyMatch(Announcement::isBegun)) {
            return new Verdict.Begin();
        }
        String lost = heard.stream()
                .filter(other -> missing.contains(other.nodeId()))
                .filter(other -> other.charter()
                        .filter(charter -> !own.goesBefore(charter))
                        .isPresent())
                .map(FormationRules::name)
                .collect(Collectors.joining(", "));
        if (!lost.isEmpty()) {
            return new Verdict.Wait(
                    "cluster " + own.clusterId() + " was made, but never began to work, and never will, for "
                            + lost
                            + ", on which it counted, went to another one. Nothing was ever stored in it: start this node"
                            + " anew, with an empty directory");
        }
        String made = "cluster " + own.clusterId() + " is made; it begins when all of its "
                + own.members().size() + " nodes know, of which there are " + (alike.size() + 1) + " here";
        return new Verdict.Wait(made + forgetful(own, missing, heard));
    }

    /** What is to be said when nodes that know of nothing are where such are awaited that know of the cluster. */
    private static String forgetful(Charter own, Set<String> missing, Collection<Announcement> heard) {
        String instead = heard.stream()
                .filter(other -> !other.isFormed() && isNew(other, own))
                .flatMap(other -> placeOf(other, own)
                        .filter(member -> missing.contains(member.id()))
                        .map(member -> name(other) + " instead of " + member.id())
                        .stream())
                .sorted()
                .collect(Collectors.joining(", "));
        if (instead.isEmpty()) {
            return "";
        }
        // This node has not begun, nor have those that were heard of; whatever was stored was stored by a majority.
        int others = missing.size() - 1;
        boolean mayHaveBegun = others > own.members().size() / 2;
        return ". There is " + instead + ", which knows of no cluster. "
                + (mayHaveBegun
                        ? "Start the nodes that are missing: what the cluster has stored may be on them"
                        : "If what the other node had is lost, this cluster never begins, and nothing was ever stored in it:"
                                + " stop its nodes, and start them all with empty directories. Else start the other node"
                                + " with the directory that it had");
    }

    private static Verdict gone(Announcement self, Charter charter) {
        return new Verdict.Gone(
                charter, charter.retired(self.nodeId()).orElseThrow().successor());
    }

    private static boolean isNew(Announcement newcomer, Charter charter) {
        return charter.member(newcomer.nodeId()).isEmpty()
                && charter.retired(newcomer.nodeId()).isEmpty();
    }

    /** The node whose place another one comes for: the one that it names, or that was at one of its addresses. */
    private static Optional<Member> placeOf(Announcement newcomer, Charter charter) {
        if (newcomer.replaces().isPresent()) {
            return charter.member(newcomer.replaces().get());
        }
        return charter.members().stream()
                .filter(member -> member.raft().equals(newcomer.raft())
                        || member.cluster().equals(newcomer.cluster()))
                .findFirst();
    }

    // A node that belongs to none.

    private static Verdict ofNewcomer(Announcement self, Collection<Announcement> heard, boolean isOldest) {
        List<Charter> charters = heard.stream()
                .flatMap(other -> other.charter().stream())
                .sorted(Comparator.comparingLong(Charter::version).reversed())
                .toList();
        Optional<Charter> mine = charters.stream()
                .filter(charter -> charter.member(self.nodeId()).isPresent())
                .findFirst();
        if (mine.isPresent()) {
            return new Verdict.Join(mine.get());
        }
        return charters.isEmpty() ? amongNewcomers(self, heard, isOldest) : atTheDoor(self, charters.get(0), heard);
    }

    /** There is a cluster, and it does not count on this node. */
    private static Verdict atTheDoor(Announcement self, Charter charter, Collection<Announcement> heard) {
        String cluster = "cluster " + charter.clusterId() + " is complete";
        if (self.replicationFactor() != charter.replicationFactor() || self.groups() != charter.groups()) {
            return new Verdict.Wait(cluster + ", with a replication factor of " + charter.replicationFactor() + " and "
                    + charter.groups() + " groups, which are fixed; this node was told " + self.replicationFactor()
                    + " and " + self.groups() + ", so it cannot even take the place of another one");
        }
        Optional<Member> place = placeOf(self, charter);
        if (place.isPresent() && heard.stream().noneMatch(Announcement::isBegun)) {
            return new Verdict.Wait("waiting to take the place of node "
                    + place.get().id() + " of cluster "
                    + charter.clusterId() + ", of which no node here has begun to work. If the directory of node "
                    + place.get().id()
                    + " is there still, start this node with it; the others say whether there is another"
                    + " way");
        }
        if (place.isPresent()) {
            return new Verdict.Wait("waiting to take the place of node "
                    + place.get().id() + ", as soon as a majority of the others has found that it is gone");
        }
        String wrong = self.replaces()
                .map(id -> charter.retired(id)
                        .map(gone -> "the place of node " + id + " was taken by node " + gone.successor() + ". ")
                        .orElse("it has no node " + id + ". "))
                .orElse("");
        return new Verdict.Wait(cluster + ": " + wrong + "It has the nodes "
                + charter.members().stream()
                        .map(member -> member.id() + " (raft " + member.raft() + ")")
                        .collect(Collectors.joining(", "))
                + ". This node is none of them, and a cluster cannot grow yet. If one of them is lost, start this one"
                + " with --replace and its id; else stop it");
    }

    private static Verdict amongNewcomers(Announcement self, Collection<Announcement> heard, boolean isOldest) {
        List<Announcement> all = new ArrayList<>(heard);
        all.add(self);
        all.sort(Comparator.comparing(Announcement::nodeId));
        Optional<String> clash = clash(all);
        if (clash.isPresent()) {
            return new Verdict.Wait(clash.get());
        }
        List<Announcement> alike =
                all.stream().filter(other -> isAlike(self, other)).toList();
        int missing = self.replicationFactor() - alike.size();
        if (missing <= 0 && isOldest) {
            return new Verdict.Found(chosen(self, alike));
        }
        return new Verdict.Wait(waiting(self, all, missing), missing > 0);
    }

    /** Nodes of the same address can be no cluster, however many there are. */
    private static Optional<String> clash(List<Announcement> all) {
        for (Announcement one : all) {
            for (Announcement other : all) {
                if (!one.nodeId().equals(other.nodeId()) && one.raft().equals(other.raft())) {
                    return Optional.of("nodes " + one.nodeId() + " and " + other.nodeId() + " both say that --raft "
                            + one.raft() + " is where they are to be reached. Give each an address of its own, by"
                            + " which the others can reach it");
                }
            }
        }
        return Optional.empty();
    }

    /** This node and those whose ids come first of the others. */
    private static List<Member> chosen(Announcement self, List<Announcement> alike) {
        List<Member> founders = new ArrayList<>();
        founders.add(self.asMember());
        alike.stream()
                .filter(other -> !other.nodeId().equals(self.nodeId()))
                .limit(self.replicationFactor() - 1L)
                .forEach(other -> founders.add(other.asMember()));
        return founders;
    }

    private static boolean isAlike(Announcement one, Announcement other) {
        return one.replicationFactor() == other.replicationFactor() && one.groups() == other.groups();
    }

    private static String waiting(Announcement self, List<Announcement> all, int missing) {
        String others = all.stream()
                .filter(other -> isAlike(self, other) && !other.nodeId().equals(self.nodeId()))
                .map(FormationRules::name)
                .collect(Collectors.joining(", "));
        String unlike = all.stream()
                .filter(other -> !isAlike(self, other))
                .map(other -> name(other) + " wants a replication factor of " + other.replicationFactor() + " and "
                        + other.groups() + " groups")
                .collect(Collectors.joining(", "));
        return (missing > 0
                        ? "waiting for " + missing + " more " + (missing == 1 ? "node" : "nodes")
                                + " to make a cluster of " + self.replicationFactor()
                        : "waiting for the oldest node to make the cluster")
                + (others.isEmpty() ? "" : "; there are " + others)
                + (unlike.isEmpty()
                        ? ""
                        : "; " + unlike + ", this node " + self.replicationFactor() + " and " + self.groups()
                                + ": they make no cluster together");
    }

    private static String name(Announcement node) {
        return node.nodeId() + " (" + node.cluster() + ")";
    }
}
