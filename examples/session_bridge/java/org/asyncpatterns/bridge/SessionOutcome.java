package org.asyncpatterns.bridge;

/** How one run of a session ended. */
public enum SessionOutcome {
    /** It ended by itself. */
    COMPLETED(0),
    /** It was asked to stop, and did. */
    STOPPED(1),
    /** It failed; {@link Session#lastError} says why. */
    FAILED(2),
    /** It panicked; {@link Session#lastError} says what. */
    PANICKED(3),
    /** The runtime was shut down before it had ended. */
    RUNTIME_GONE(4),
    /** The start failed before it had begun. */
    NOT_STARTED(5);

    private final int number;

    SessionOutcome(int number) {
        this.number = number;
    }

    static SessionOutcome of(long number) {
        for (SessionOutcome outcome : values()) {
            if (outcome.number == number) {
                return outcome;
            }
        }
        throw new IllegalArgumentException("the native library has an outcome " + number
                + " that this class does not know; use classes and library of one version");
    }
}
