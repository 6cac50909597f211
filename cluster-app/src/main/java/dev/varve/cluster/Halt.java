package dev.varve.cluster;

/**
 * The end of a replica: why it stops, and who closes its Raft division. The thread that applies entries ends a division by throwing; everybody
 * else has it closed by another thread, since closing waits for the threads of Ratis. Only one of the two ever happens: a thread that throws
 * while its division is being closed is called again by Ratis 3.3.0 for ever, and the closing waits for it. Any thread.
 */
final class Halt {
    private volatile Throwable cause;
    private boolean isThrown;
    private boolean isClosing;

    /** Why the replica stops, or has stopped; null if it goes on. The first cause there was. */
    Throwable cause() {
        return cause;
    }

    /** To be asked by the thread that applies: whether it has to throw. If not, the division is being closed already. */
    synchronized boolean isToThrow(Throwable why) {
        note(why);
        isThrown |= !isClosing;
        return isThrown;
    }

    /** To be asked by any other thread: whether it has to have the division closed. If not, somebody else does. */
    synchronized boolean isToClose(Throwable why) {
        note(why);
        boolean isFirst = !isThrown && !isClosing;
        isClosing |= isFirst;
        return isFirst;
    }

    /** The node stops, and closes the division. */
    synchronized void isClosedAnyway() {
        isClosing |= !isThrown;
    }

    private void note(Throwable why) {
        if (cause == null) {
            cause = why;
        }
    }
}
