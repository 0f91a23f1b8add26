package org.asyncpatterns.bridge;

/** Where a session is in its life. */
public enum SessionState {
    /** Created, never started. */
    READY(0),
    /** Claimed by a start; nothing has run yet. */
    STARTING(1),
    /** At work. */
    RUNNING(2),
    /** Asked to stop, not ended yet. */
    STOPPING(3),
    /** The last run is over; the session can be started again. */
    ENDED(4),
    /** Gone for good. */
    DESTROYED(5);

    private final int number;

    SessionState(int number) {
        this.number = number;
    }

    static SessionState of(long number) {
        for (SessionState state : values()) {
            if (state.number == number) {
                return state;
            }
        }
        throw new IllegalArgumentException("the native library has a state " + number
                + " that this class does not know; use classes and library of one version");
    }
}
