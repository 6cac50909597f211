package dev.varve.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Runs rows and prints what they came to, as a table in Markdown. */
final class Table {
    private final Workplace workplace;
    private final PrintStream progress;
    private final double effort;

    /** @param effort how many times the usual number of rounds, to make a table that is quicker or surer */
    Table(Workplace workplace, PrintStream progress, double effort) {
        this.workplace = workplace;
        this.progress = progress;
        this.effort = effort;
    }

    void print(List<Row> rows, PrintStream out) throws Exception {
        List<Result> results = new ArrayList<>();
        for (Row row : rows) {
            progress.print(row.name() + " ");
            Result result = run(row);
            results.add(result);
            progress.println(" " + result.line());
        }
        out.println("| work | raw floor | ours | ours / raw | in CPU time | asked for | met |");
        out.println("|---|---|---|---|---|---|---|");
        results.forEach(result -> out.println(result.line()));
    }

    /** The two take turns, and take turns in who begins, so that what else the machine does hits both alike. */
    private Result run(Row row) throws Exception {
        Result result = new Result(row);
        try (Contender raw = row.raw(workplace);
                Contender ours = row.ours(workplace)) {
            for (int i = 0; i < row.warmUpRounds(); i++) {
                raw.slice();
                ours.slice();
            }
            int rounds = (int) Math.max(1, Math.round(effort * row.rounds()));
            for (int i = 0; i < rounds; i++) {
                progress.print('.');
                progress.flush();
                if (i % 2 == 0) {
                    Slice first = raw.slice();
                    result.add(first, ours.slice());
                } else {
                    Slice first = ours.slice();
                    result.add(raw.slice(), first);
                }
            }
        }
        return result;
    }
}
