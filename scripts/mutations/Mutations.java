import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Breaks the log and the cluster in known ways, one at a time, and demands that a named test turns red for each.
 *
 * <pre>
 * java scripts/mutations/Mutations.java             all of them, some minutes
 * java scripts/mutations/Mutations.java skip-the-sync no-quarantine
 * </pre>
 *
 * <p>Run it from the root of the project. It works on a copy of the sources in the directory for temporary files, never on the
 * sources themselves. First the tests must be green without a mutation. Exit code 0 if every mutation turned a test red, 1 if one
 * survived, could not be applied any more, did not compile, or had all its tests skipped.
 */
public final class Mutations {
    private static final String LOG = "partition-actor";
    /** Of each module that has mutations, what its files are named from. */
    private static final Map<String, Path> SOURCES = Map.of(
            LOG, Path.of("partition-actor/src/main/java/dev/varve/log"),
            "cluster-app", Path.of("cluster-app/src/main/java/dev/varve/cluster"));

    private final Path copy;

    private Mutations(Path copy) {
        this.copy = copy;
    }

    /** A piece of a file, which is named from the root of the project, and what takes its place. */
    private record Edit(Path file, List<String> find, List<String> replace) {}

    private record Mutation(String name, String module, String what, String tests, List<Edit> edits) {
        Mutation in(String otherModule) {
            return new Mutation(name, otherModule, what, tests, edits);
        }

        Mutation doing(String words) {
            return new Mutation(name, module, words, tests, edits);
        }

        Mutation caughtBy(String otherTests) {
            return new Mutation(name, module, what, otherTests, edits);
        }
    }

    /** How the tests of a mutation went. */
    private record Outcome(boolean red, String words) {}

    public static void main(String[] names) throws Exception {
        Path root = Path.of("").toAbsolutePath();
        List<Mutation> mutations = parse(Files.readAllLines(root.resolve("scripts/mutations/mutations.txt")));
        if (names.length > 0) {
            Set<String> wanted = Set.of(names);
            mutations = mutations.stream().filter(m -> wanted.contains(m.name())).toList();
            if (mutations.size() != wanted.size()) {
                System.err.println("unknown mutation among " + wanted);
                System.exit(1);
            }
        }
        Path copy = Files.createTempDirectory("varve-mutations");
        boolean allRed;
        try {
            copy(root, copy);
            allRed = new Mutations(copy).run(mutations);
        } finally {
            delete(copy);
        }
        System.exit(allRed ? 0 : 1);
    }

    private boolean run(List<Mutation> mutations) throws Exception {
        long start = System.nanoTime();
        for (String module : mutations.stream().map(Mutation::module).distinct().toList()) {
            String allTests = mutations.stream()
                    .filter(mutation -> mutation.module().equals(module))
                    .flatMap(mutation -> Stream.of(mutation.tests().split(",")))
                    .distinct()
                    .collect(Collectors.joining(","));
            System.err.println("Without a mutation, in " + module + ": " + allTests);
            Outcome sound = test(module, allTests);
            if (sound.red() || !sound.words().equals("green")) {
                System.err.println("The tests must be green first: " + sound.words());
                return false;
            }
        }
        System.out.println("| mutation | what it does | turns red |");
        System.out.println("|---|---|---|");
        int red = 0;
        for (Mutation mutation : mutations) {
            Outcome outcome = tryOut(mutation);
            red += outcome.red() ? 1 : 0;
            System.out.printf("| %s | %s | %s |%n", mutation.name(), mutation.what(), outcome.words());
        }
        Duration taken = Duration.ofNanos(System.nanoTime() - start);
        System.out.printf(
                "%n%s: %d of %d mutations turned a test red, in %d s.%n",
                LocalDate.now(), red, mutations.size(), taken.toSeconds());
        return red == mutations.size();
    }

    private Outcome tryOut(Mutation mutation) throws Exception {
        List<Path> files = mutation.edits().stream().map(Edit::file).distinct().toList();
        List<List<String>> originals = new ArrayList<>();
        for (Path file : files) {
            originals.add(Files.readAllLines(copy.resolve(file)));
        }
        try {
            for (Edit edit : mutation.edits()) {
                apply(edit);
            }
            Outcome outcome = test(mutation.module(), mutation.tests());
            return outcome.words().equals("green") ? new Outcome(false, "SURVIVED") : outcome;
        } catch (IllegalStateException e) {
            return new Outcome(false, "NOT APPLIED: " + e.getMessage());
        } finally {
            for (int i = 0; i < files.size(); i++) {
                Files.write(copy.resolve(files.get(i)), originals.get(i));
            }
        }
    }

    private void apply(Edit edit) throws IOException {
        Path file = copy.resolve(edit.file());
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        List<String> stripped = lines.stream().map(String::strip).toList();
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i + edit.find().size() <= stripped.size(); i++) {
            if (stripped.subList(i, i + edit.find().size()).equals(edit.find())) {
                places.add(i);
            }
        }
        if (places.size() != 1) {
            throw new IllegalStateException(edit.file() + " holds " + places.size() + " times: " + edit.find());
        }
        List<String> found = lines.subList(places.get(0), places.get(0) + edit.find().size());
        found.clear();
        found.addAll(edit.replace());
        Files.write(file, lines);
    }

    private Outcome test(String module, String tests) throws Exception {
        Path directory = copy.resolve(module).resolve("target/surefire-reports");
        delete(directory);
        Process process = new ProcessBuilder(
                        "mvn",
                        "-B",
                        "-q",
                        "-pl",
                        module,
                        "-am",
                        "-Dspotless.check.skip=true",
                        "-Dsurefire.failIfNoSpecifiedTests=false",
                        "-Dtest=" + tests,
                        "test")
                .directory(copy.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exitCode = process.waitFor();
        int run = 0;
        int skipped = 0;
        Set<String> failed = new LinkedHashSet<>();
        for (Path report : reports(directory)) {
            Document document =
                    DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(report.toFile());
            NodeList cases = document.getElementsByTagName("testcase");
            for (int i = 0; i < cases.getLength(); i++) {
                Element test = (Element) cases.item(i);
                run++;
                skipped += has(test, "skipped") ? 1 : 0;
                if (has(test, "failure") || has(test, "error")) {
                    String type = test.getAttribute("classname");
                    String method = test.getAttribute("name").replaceFirst("[(\\[{].*", "");
                    if (failed.add(type.substring(type.lastIndexOf('.') + 1) + "#" + method)) {
                        System.err.println(method + ": " + firstLines(test));
                    }
                }
            }
        }
        if (!failed.isEmpty()) {
            String more = failed.size() == 1 ? "" : " and " + (failed.size() - 1) + " more";
            return new Outcome(true, failed.iterator().next() + more);
        }
        if (exitCode != 0) {
            System.err.println(output);
            return new Outcome(false, "DID NOT COMPILE, or could not be tested: see standard error");
        }
        if (run == skipped) {
            return new Outcome(false, run == 0 ? "NO SUCH TEST" : "ALL TESTS SKIPPED");
        }
        return new Outcome(false, "green");
    }

    private static List<Path> reports(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().matches("TEST-.*\\.xml"))
                    .sorted()
                    .toList();
        }
    }

    /** Why a test failed, for who wants to know whether it is for the right reason. */
    private static String firstLines(Element test) {
        String text = test.getTextContent().strip();
        return text.substring(0, Math.min(600, text.length()));
    }

    private static boolean has(Element test, String child) {
        return test.getElementsByTagName(child).getLength() > 0;
    }

    private static List<Mutation> parse(List<String> lines) {
        List<Mutation> mutations = new ArrayList<>();
        Path file = null;
        List<String> into = null;
        for (String line : lines) {
            int last = mutations.size() - 1;
            if (line.startsWith("mutation: ")) {
                mutations.add(new Mutation(rest(line), LOG, "", "", new ArrayList<>()));
                into = null;
            } else if (line.startsWith("module: ")) {
                mutations.set(last, mutations.get(last).in(rest(line)));
            } else if (line.startsWith("tests: ")) {
                mutations.set(last, mutations.get(last).caughtBy(rest(line)));
            } else if (line.startsWith("file: ")) {
                file = SOURCES.get(mutations.get(last).module()).resolve(rest(line));
            } else if (line.equals("find:")) {
                Edit edit = new Edit(file, new ArrayList<>(), new ArrayList<>());
                mutations.get(last).edits().add(edit);
                into = edit.find();
            } else if (line.equals("replace:")) {
                List<Edit> edits = mutations.get(last).edits();
                into = edits.get(edits.size() - 1).replace();
            } else if (line.isBlank() || line.startsWith("#")) {
                into = line.isBlank() ? null : into;
            } else if (into != null) {
                into.add(line.strip());
            } else {
                mutations.set(last, mutations.get(last).doing(line.strip()));
            }
        }
        return mutations;
    }

    private static String rest(String line) {
        return line.substring(line.indexOf(": ") + 2);
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                String name = directory.getFileName().toString();
                if (name.equals("target") || name.equals(".git")) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                Files.createDirectories(to.resolve(from.relativize(directory)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (!file.getFileName().toString().equals(".git")) {
                    Files.copy(file, to.resolve(from.relativize(file)));
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
