package org.asyncpatterns.bridge;

/** A call that was refused, or a session that ended badly. */
public final class SessionException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final SessionError error;

    /** Called from the native library. */
    SessionException(int number, String message) {
        super(message);
        this.error = SessionError.of(number);
    }

    /** What kind of error it is. */
    public SessionError error() {
        return error;
    }

    @Override
    public String toString() {
        return getClass().getName() + ": " + error + ": " + getMessage();
    }
}
