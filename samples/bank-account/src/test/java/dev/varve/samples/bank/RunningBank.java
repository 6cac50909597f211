package dev.varve.samples.bank;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The program in a process of its own, as a user starts it. */
final class RunningBank implements AutoCloseable {
    private static final Pattern ACCOUNT =
            Pattern.compile("(found|acknowledged) (\\S+): (\\d+) events, balance (\\d+)\\.(\\d\\d) EUR(.*)");

    private final Process process;
    private final BufferedReader out;
    private final List<String> said = new ArrayList<>();

    private RunningBank(Process process) {
        this.process = process;
        this.out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    static RunningBank start(Path directory, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "--dir",
                directory.toString()));
        command.addAll(List.of(options));
        return new RunningBank(
                new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /** Reads until it has acknowledged so many payments, then kills it, and reads what it had written still. */
    void killAfter(int payments) throws IOException, InterruptedException {
        int acknowledged = 0;
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            said.add(line);
            acknowledged += line.startsWith("acknowledged ") ? 1 : 0;
            if (acknowledged == payments) {
                // Through its handle: what it wrote can still be read.
                process.toHandle().destroyForcibly();
            }
        }
        process.waitFor();
        if (acknowledged < payments) {
            throw new AssertionError("it ended by itself: " + said);
        }
        // The last line may have been cut.
        said.remove(said.size() - 1);
    }

    /** Lets it run to its end; gives the exit code. */
    int awaitEnd() throws IOException, InterruptedException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            said.add(line);
        }
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("it does not end: " + said);
        }
        return process.exitValue();
    }

    List<String> said() {
        return said;
    }

    /** The last that it said of each account with a word, {@code found} or {@code acknowledged}. */
    Map<String, Account.Balance> balances(String word) {
        Map<String, Account.Balance> balances = new TreeMap<>();
        for (String line : said) {
            Matcher matcher = ACCOUNT.matcher(line);
            if (matcher.matches() && matcher.group(1).equals(word)) {
                long cents = Long.parseLong(matcher.group(4)) * 100 + Long.parseLong(matcher.group(5));
                balances.put(matcher.group(2), new Account.Balance(Long.parseLong(matcher.group(3)), cents));
            }
        }
        return balances;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
