package dev.varve.cluster;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The cluster stands on partitions and their logs; the server stands on the cluster. */
class ClusterArchitectureTest {
    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.varve");

    @Test
    void the_cluster_does_not_know_the_server() {
        noClasses()
                .that()
                .resideInAPackage("dev.varve.cluster..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.varve.server..")
                .check(MAIN);
    }

    @Test
    void the_cluster_knows_of_the_journal_its_port_and_that_in_one_place_only() {
        noClasses()
                .that()
                .resideInAPackage("dev.varve.cluster..")
                .and()
                .resideOutsideOfPackage("dev.varve.cluster.journal..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.varve.persistence..")
                .check(MAIN);
        noClasses()
                .that()
                .resideInAPackage("dev.varve.cluster.journal..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.varve.persistence..")
                        .and(not(resideInAPackage("dev.varve.persistence.storage.."))))
                .check(MAIN);
    }

    /** Storage and replication go on whatever becomes of the Pekko cluster. */
    @Test
    void nodes_know_nothing_of_the_pekko_cluster_and_of_who_addresses_their_partitions_through_it() {
        noClasses()
                .that()
                .resideInAPackage("dev.varve.cluster")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.varve.cluster.sharding..", "org.apache.pekko.cluster..")
                .check(MAIN);
    }

    @Test
    void sharding_uses_what_nodes_say_to_everybody_and_knows_nothing_of_raft() {
        noClasses()
                .that()
                .resideInAPackage("dev.varve.cluster.sharding..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.ratis..")
                .check(MAIN);
    }

    @Test
    void only_the_cluster_knows_how_partitions_are_replicated() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.varve.cluster..")
                .and()
                .resideInAPackage("dev.varve..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.ratis..")
                .check(MAIN);
    }
}
