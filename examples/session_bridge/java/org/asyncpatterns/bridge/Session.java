package org.asyncpatterns.bridge;

import java.lang.ref.Cleaner;
import java.time.Duration;
import java.util.Optional;

/**
 * Asynchronous work that runs on native threads: start it, watch it, stop it.
 *
 * <p>Every method may be called from any thread. Those that take a deadline wait no longer than
 * that; the others return at once. A call that is refused throws {@link SessionException}.
 *
 * <p>Close a session when it is no longer needed. One that is collected without having been closed
 * is destroyed then, without waiting for its end.
 */
public final class Session implements AutoCloseable {
    /** How long {@link #close} waits. */
    public static final Duration CLOSE_DEADLINE = Duration.ofSeconds(10);

    private static final Cleaner CLEANER = Cleaner.create();

    private final long handle;
    private final Cleaner.Cleanable abandoned;

    /** Makes a session. The name is part of the names of its native threads. */
    public Session(String name) {
        handle = NativeSessions.create(name);
        abandoned = CLEANER.register(this, new Destroy(handle));
    }

    /** Starts it and returns at once, before it has done anything. */
    public void start(SessionOptions options) {
        guarded(() -> NativeSessions.start(
                handle,
                options.device().number(),
                options.descriptor(),
                options.mtu(),
                options.flows(),
                options.fault().number(),
                Math.toIntExact(options.faultAfter().toMillis())));
    }

    /** Asks it to stop and returns at once. */
    public void requestStop() {
        guarded(() -> NativeSessions.requestStop(handle));
    }

    /** Asks it to stop, waits for its end, and says how it ended. */
    public SessionOutcome stop(Duration deadline) {
        return SessionOutcome.of(guarded(() -> NativeSessions.stop(handle, deadline.toMillis())));
    }

    /** Waits for its end without asking for it. */
    public SessionOutcome awaitEnd(Duration deadline) {
        return SessionOutcome.of(
                guarded(() -> NativeSessions.awaitEnd(handle, deadline.toMillis())));
    }

    /** Where it is in its life. */
    public SessionState state() {
        return SessionState.of(guarded(() -> NativeSessions.state(handle)));
    }

    /** Its figures. */
    public SessionStats stats() {
        return SessionStats.of(guarded(() -> NativeSessions.stats(handle)));
    }

    /** The last error of its own work; calls that were refused are not among these. */
    public Optional<SessionException> lastError() {
        return Optional.ofNullable(guarded(() -> NativeSessions.lastError(handle)));
    }

    /**
     * Destroys it and waits for its end. If that does not come in time the session is destroyed
     * nevertheless, and ends when it can.
     */
    public void destroy(Duration deadline) {
        // The cleaner finds the handle out of use, which is not an error for it.
        guarded(() -> NativeSessions.destroy(handle, deadline.toMillis()));
    }

    /** {@link #destroy} within {@link #CLOSE_DEADLINE}. Closing again does nothing. */
    @Override
    public void close() {
        try {
            destroy(CLOSE_DEADLINE);
        } catch (SessionException exception) {
            if (exception.error() != SessionError.INVALID_HANDLE) {
                throw exception;
            }
        } finally {
            abandoned.clean();
        }
    }

    /**
     * Destroys all sessions and ends every native thread. Sessions can be made again afterwards.
     * Call it when no other thread makes or starts sessions.
     */
    public static void shutdown(Duration deadline) {
        NativeSessions.shutdown(deadline.toMillis());
    }

    private interface Call<T> {
        T run();
    }

    /** Keeps this object, and so the session, from being collected while a native method runs. */
    private <T> T guarded(Call<T> call) {
        try {
            return call.run();
        } finally {
            java.lang.ref.Reference.reachabilityFence(this);
        }
    }

    private void guarded(Runnable call) {
        guarded(() -> {
            call.run();
            return null;
        });
    }

    /** Holds the handle and nothing of the session, which could not be collected otherwise. */
    private record Destroy(long handle) implements Runnable {
        @Override
        public void run() {
            try {
                NativeSessions.destroy(handle, 0);
            } catch (SessionException exception) {
                // Destroyed already, or still on its way out: there is nobody to tell.
            }
        }
    }
}
