package dev.varve.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The arrows between the packages of the server. */
class ServerArchitectureTest {
    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.varve.server", "dev.varve.cluster");

    private static void doesNotKnow(String who, String... whom) {
        noClasses()
                .that()
                .resideInAPackage(who)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(whom)
                .check(MAIN);
    }

    @Test
    void the_client_and_the_server_meet_over_http_alone() {
        doesNotKnow("dev.varve.server.client..", "dev.varve.server.http..", "dev.varve.server.node..");
        doesNotKnow("dev.varve.server.http..", "dev.varve.server.client..", "dev.varve.server.node..");
    }

    @Test
    void only_the_commands_know_the_command_line() {
        for (String who : new String[] {"http", "client", "node", "metrics", "records"}) {
            doesNotKnow("dev.varve.server." + who + "..", "dev.varve.server.cli..", "picocli..");
        }
    }

    @Test
    void no_packages_depend_on_each_other_in_a_circle() {
        slices().matching("dev.varve.(**)").should().beFreeOfCycles().check(MAIN);
    }
}
