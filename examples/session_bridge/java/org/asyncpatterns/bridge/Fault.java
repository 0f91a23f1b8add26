package org.asyncpatterns.bridge;

/** What is to go wrong in a session, for tests of its host. */
public enum Fault {
    /** Nothing. */
    NONE(0),
    /** The session panics after the given time. */
    PANIC(1),
    /** The call of start itself panics. */
    PANIC_IN_CALL(2),
    /** The session does not hear a request to stop for the given time. */
    DEAF(3);

    private final int number;

    Fault(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
