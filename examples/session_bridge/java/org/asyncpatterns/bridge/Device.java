package org.asyncpatterns.bridge;

/** Where a session's packets come from. */
public enum Device {
    /** Applications and servers inside the session: nothing to set up. */
    MEMORY(0),
    /** A descriptor that is handed in. */
    DESCRIPTOR(1);

    private final int number;

    Device(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
