package org.asyncpatterns.bridge;

/** Why a call was refused, or a session ended badly. The numbers are those of the C header. */
public enum SessionError {
    /** It failed with an error of its own. */
    FAILED(-1),
    /** It panicked. */
    PANICKED(-2),
    /** The operation is not legal in the session's state. */
    ILLEGAL_TRANSITION(-3),
    /** The handle names no session. */
    INVALID_HANDLE(-4),
    /** The runtime has been shut down. */
    RUNTIME_GONE(-5),
    /** It did not end in time. */
    DEADLINE_EXCEEDED(-6),
    /** A file descriptor could not be duplicated or used. */
    DESCRIPTOR(-7),
    /** An argument has a value that can never be right. */
    INVALID_ARGUMENT(-8),
    /** A thread, a runtime or a place for a session could not be had. */
    OUT_OF_RESOURCES(-9),
    /** The operation cannot be done from the calling thread. */
    WRONG_THREAD(-10);

    private final int number;

    SessionError(int number) {
        this.number = number;
    }

    /** The number that C hosts see. */
    public int number() {
        return number;
    }

    static SessionError of(long number) {
        for (SessionError error : values()) {
            if (error.number == number) {
                return error;
            }
        }
        throw new IllegalArgumentException("the native library has an error " + number
                + " that this class does not know; use classes and library of one version");
    }
}
