package dev.varve;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.varve.log.LogClock;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** The arrows between the packages: they run downward only, and the log stands on nothing but the Java platform and Kryo. */
class ArchitectureTest {
    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.varve");

    private static final String FACADE = "dev.varve.log";
    private static final String SEGMENT = "dev.varve.log.segment..";
    private static final String IO = "dev.varve.log.io..";
    private static final String FORMAT = "dev.varve.log.format..";
    private static final String LOG = "dev.varve.log..";

    /** Our own classes, less those of some packages. */
    private static DescribedPredicate<JavaClass> oursOutside(String... packages) {
        return resideInAPackage("dev.varve..").and(DescribedPredicate.not(resideInAnyPackage(packages)));
    }

    @Test
    void the_log_knows_nothing_of_actors_nor_of_what_is_built_on_it() {
        noClasses()
                .that()
                .resideInAPackage(LOG)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.pekko..", "scala..")
                .check(MAIN);
        noClasses()
                .that()
                .resideInAPackage(LOG)
                .should()
                .dependOnClassesThat(oursOutside(LOG))
                .check(MAIN);
    }

    @Test
    void segments_stand_on_the_disk_and_on_the_format() {
        noClasses()
                .that()
                .resideInAPackage(SEGMENT)
                .should()
                .dependOnClassesThat(oursOutside(SEGMENT, IO, FORMAT))
                .check(MAIN);
    }

    @Test
    void compaction_stands_on_segments_and_their_keys() {
        noClasses()
                .that()
                .resideInAPackage("dev.varve.log.compaction..")
                .should()
                .dependOnClassesThat(
                        oursOutside("dev.varve.log.compaction..", "dev.varve.log.keys..", SEGMENT, IO, FORMAT))
                .check(MAIN);
    }

    @Test
    void the_port_to_the_disk_stands_alone() {
        noClasses()
                .that()
                .resideInAPackage(IO)
                .should()
                .dependOnClassesThat(oursOutside(IO))
                .check(MAIN);
    }

    @Test
    void the_format_is_pure_bytes_in_and_values_out() {
        classes()
                .that()
                .resideInAPackage(FORMAT)
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                                "java.lang", "java.lang.runtime", "java.lang.invoke", "java.nio", "java.nio.charset")
                        .or(resideInAnyPackage(
                                "java.util", "java.util.zip", "java.util.function", "java.util.concurrent"))
                        .or(resideInAnyPackage("net.jpountz.lz4", "com.github.luben.zstd..", "org.slf4j"))
                        .or(DescribedPredicate.describe("is what a codec that is missing throws", type -> type.getName()
                                .equals("java.io.IOException")))
                        .or(resideInAnyPackage("com.esotericsoftware.kryo", "com.esotericsoftware.kryo.io"))
                        .or(resideInAPackage(FORMAT)))
                .check(MAIN);
        noClasses()
                .that()
                .resideInAPackage(FORMAT)
                .should()
                .dependOnClassesThat()
                .areAssignableTo(Thread.class)
                .check(MAIN);
    }

    @Test
    void only_the_port_to_the_disk_touches_files() {
        noClasses()
                .that()
                .resideInAPackage(LOG)
                .and()
                .resideOutsideOfPackage(IO)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.nio.channels..")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(java.nio.file.Files.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(java.nio.file.FileSystem.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(java.io.File.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(java.io.RandomAccessFile.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(java.io.InputStream.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(java.io.OutputStream.class)
                .check(withoutKryo());
    }

    private static final Set<String> HAND_BYTES_TO_KRYO = Set.of(
            "dev.varve.log.FrameBuffer",
            "dev.varve.log.compaction.ThinnedFrame",
            "dev.varve.log.format.Inflater",
            "dev.varve.log.format.KeyControl",
            "dev.varve.log.format.RecordBatch",
            "dev.varve.log.format.RecordCodec");

    /** Kryo's Input and Output are streams by type; here they read and write arrays. */
    private static JavaClasses withoutKryo() {
        return MAIN.that(DescribedPredicate.describe(
                "are not those that hand bytes to Kryo",
                type -> !HAND_BYTES_TO_KRYO.contains(type.getName())
                        && !type.getPackageName().equals("dev.varve.log.keys")));
    }

    @Test
    void the_log_has_no_thread_of_its_own() {
        noClasses()
                .that()
                .resideInAPackage(LOG)
                .should()
                .callConstructor(Thread.class)
                .orShould()
                .callConstructor(Thread.class, Runnable.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Executor.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Executors.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Future.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(CompletionStage.class)
                .check(MAIN);
    }

    @Test
    void the_log_asks_no_clock_but_its_own() {
        noClasses()
                .that()
                .resideInAPackage(LOG)
                .and(DescribedPredicate.not(resideInAPackage(FACADE)
                        .and(DescribedPredicate.describe("are the clock", ArchitectureTest::isClock))))
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.time.Clock")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.time.Instant")
                .check(MAIN);
    }

    private static boolean isClock(JavaClass type) {
        return type.getName().equals(LogClock.class.getName())
                || type.getName().startsWith(LogClock.class.getName() + "$");
    }

    @Test
    void no_packages_depend_on_each_other_in_a_circle() {
        slices().matching("dev.varve.(**)").should().beFreeOfCycles().check(MAIN);
    }
}
