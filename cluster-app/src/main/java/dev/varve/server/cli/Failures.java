package dev.varve.server.cli;

import dev.varve.log.LogException;
import dev.varve.server.client.VarveException;
import java.io.PrintStream;
import java.util.function.BooleanSupplier;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what a command threw into words on standard error and an exit code. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
    private final PrintStream err;
    private final BooleanSupplier isVerbose;

    Failures(PrintStream err, BooleanSupplier isVerbose) {
        this.err = err;
        this.isVerbose = isVerbose;
    }

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        err.println(name + ": " + message(e));
        UnmatchedArgumentException.printSuggestions(e, command.getErr());
        err.println("See '" + name + " --help'.");
        return ExitCodes.USAGE;
    }

    /** Of what the setter of an option throws picocli says where in itself that was, which nobody wants to know. */
    private static String message(ParameterException e) {
        return e.getArgSpec() == null && e.getCause() instanceof TypeConversionException refused
                ? "Invalid value '" + e.getValue() + "': " + refused.getMessage()
                : e.getMessage();
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
        return report(e);
    }

    /** Says what went wrong; gives the exit code. */
    int report(Throwable failure) {
        if (!(failure instanceof OutputFailedException output && output.readerIsGone())) {
            err.println("varve: " + message(failure));
        }
        if (isVerbose.getAsBoolean()) {
            failure.printStackTrace(err);
        }
        return exitCode(failure);
    }

    /** What went wrong, in words. */
    static String message(Throwable failure) {
        if (failure instanceof OutOfMemoryError) {
            return "out of memory (" + failure.getMessage() + "); give more with VARVE_HEAP, for example VARVE_HEAP=1g";
        }
        boolean isForPeople = failure instanceof LogException
                || failure instanceof RefusedException
                || failure instanceof WrongUsageException
                || failure instanceof VarveException
                || failure instanceof OutputFailedException;
        return isForPeople ? failure.getMessage() : "unexpected: " + failure + " (--verbose shows where)";
    }

    private static int exitCode(Throwable failure) {
        if (failure instanceof OutputFailedException output && output.readerIsGone()) {
            return ExitCodes.FINE;
        }
        if (failure instanceof LogException.OutOfRange || failure instanceof WrongUsageException) {
            return ExitCodes.USAGE;
        }
        if (failure instanceof VarveException problem) {
            return exitCode(problem);
        }
        return failure instanceof LogException.CorruptRecord ? ExitCodes.DAMAGE : ExitCodes.REFUSED;
    }

    private static int exitCode(VarveException problem) {
        return switch (problem.code()) {
            case "invalid-request", "offset-out-of-range" -> ExitCodes.USAGE;
            case "damaged" -> ExitCodes.DAMAGE;
            default -> ExitCodes.REFUSED;
        };
    }
}
