package host;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.function.BooleanSupplier;
import org.asyncpatterns.bridge.Fault;
import org.asyncpatterns.bridge.PacketPair;
import org.asyncpatterns.bridge.Session;
import org.asyncpatterns.bridge.SessionError;
import org.asyncpatterns.bridge.SessionException;
import org.asyncpatterns.bridge.SessionOptions;
import org.asyncpatterns.bridge.SessionOutcome;
import org.asyncpatterns.bridge.SessionState;
import org.asyncpatterns.bridge.SessionStats;

/** What a host does with a session, and what it may expect. Each is one cycle. */
final class Scenarios {
    /** Longer than anything here takes; what gets there has failed. */
    static final Duration LIMIT = Duration.ofSeconds(100);

    private static final Duration SOON = Duration.ofMillis(1);
    private static final int MTU = 1500;
    private static final int APP_PORT = 4000;

    private final int echo;

    Scenarios(int echoPort) {
        echo = echoPort;
    }

    /** How many there are. */
    static final int KINDS = 8;

    void run(int kind) {
        switch (kind % KINDS) {
            case 0 -> stopRightAfterStart();
            case 1 -> revokeInMidFlight();
            case 2 -> deviceEnds();
            case 3 -> panic();
            case 4 -> panicInTheCall();
            case 5 -> wrongOrder();
            case 6 -> stopDuringStart();
            default -> abandon();
        }
    }

    void stopRightAfterStart() {
        try (Session session = new Session("early")) {
            session.start(SessionOptions.memory());
            same(SessionOutcome.STOPPED, session.stop(LIMIT));
            same(SessionState.ENDED, session.state());
        }
    }

    // ANCHOR: revoked
    /** The host closes its own descriptor; the session goes on with its duplicate. */
    void revokeInMidFlight() {
        try (PacketPair pair = new PacketPair(); Session session = new Session("revoked")) {
            session.start(SessionOptions.descriptor(pair.sessionEnd(), MTU));
            roundTrip(pair, "before");
            pair.closeSessionEnd();
            roundTrip(pair, "after");
            check(session.stats().datagramsDown() >= 2, "two datagrams came back");
            same(SessionOutcome.STOPPED, session.stop(LIMIT));
            // The duplicate was the last: the other end sees that it is closed.
            byte[] last = pair.receive(LIMIT);
            while (last != null && last.length > 0) {
                last = pair.receive(LIMIT);
            }
            check(last != null, "the session closed its descriptor");
        }
    }
    // ANCHOR_END: revoked

    /** Both ends are closed under the session, which fails, says so, and can be started again. */
    void deviceEnds() {
        try (PacketPair pair = new PacketPair(); Session session = new Session("ending")) {
            session.start(SessionOptions.descriptor(pair.sessionEnd(), MTU));
            roundTrip(pair, "only");
            pair.close();
            same(SessionOutcome.FAILED, session.awaitEnd(LIMIT));
            SessionException error = session.lastError().orElseThrow();
            same(SessionError.FAILED, error.error());
            check(error.getMessage().contains("packet device ended"), error.getMessage());
            session.start(SessionOptions.memory());
        }
    }

    void panic() {
        try (Session session = new Session("panicking")) {
            session.start(SessionOptions.memory().withFault(Fault.PANIC, SOON));
            same(SessionOutcome.PANICKED, session.awaitEnd(LIMIT));
            SessionException error = session.lastError().orElseThrow();
            same(SessionError.PANICKED, error.error());
            check(error.getMessage().contains("as its options asked"), error.getMessage());
            same(1L, session.stats().panics());
        }
    }

    /** A panic of the native method itself is an exception, and the session is left as it was. */
    void panicInTheCall() {
        try (Session session = new Session("panic-call")) {
            SessionOptions options = SessionOptions.memory();
            refused(
                    SessionError.PANICKED,
                    () -> session.start(options.withFault(Fault.PANIC_IN_CALL, SOON)));
            same(SessionState.READY, session.state());
            session.start(options);
            // Closed while it runs.
        }
    }

    void wrongOrder() {
        refused(SessionError.INVALID_ARGUMENT, () -> new Session(""));
        refused(SessionError.INVALID_ARGUMENT, () -> new Session(null));
        Session session = new Session("wrong");
        refused(SessionError.ILLEGAL_TRANSITION, () -> session.stop(LIMIT));
        refused(SessionError.ILLEGAL_TRANSITION, () -> session.awaitEnd(LIMIT));
        refused(SessionError.DESCRIPTOR, () -> session.start(SessionOptions.descriptor(-1, MTU)));
        refused(
                SessionError.DESCRIPTOR,
                () -> session.start(SessionOptions.descriptor(Integer.MAX_VALUE, MTU)));
        refused(
                SessionError.INVALID_ARGUMENT,
                () -> session.start(SessionOptions.descriptor(0, 60)));
        refused(
                SessionError.INVALID_ARGUMENT,
                () -> session.start(SessionOptions.memory().withFlows(-1)));
        same(SessionState.READY, session.state());
        session.start(SessionOptions.memory());
        refused(
                SessionError.ILLEGAL_TRANSITION, () -> session.start(SessionOptions.memory()));
        refused(SessionError.INVALID_ARGUMENT, () -> session.stop(Duration.ofMillis(-1)));
        session.destroy(LIMIT);
        refused(SessionError.INVALID_HANDLE, session::state);
        refused(SessionError.INVALID_HANDLE, () -> session.destroy(LIMIT));
        refused(SessionError.INVALID_HANDLE, () -> session.start(SessionOptions.memory()));
        session.close();
        session.close();
    }

    /** One thread starts while another stops. */
    void stopDuringStart() {
        try (Session session = new Session("race")) {
            CyclicBarrier both = new CyclicBarrier(2);
            Thread starter = new Thread(() -> {
                meet(both);
                session.start(SessionOptions.memory());
            });
            starter.start();
            meet(both);
            eventually("the session was stopped", () -> {
                try {
                    return session.stop(LIMIT) == SessionOutcome.STOPPED;
                } catch (SessionException early) {
                    same(SessionError.ILLEGAL_TRANSITION, early.error());
                    return false;
                }
            });
            starter.join();
        } catch (InterruptedException exception) {
            throw new AssertionError(exception);
        }
    }

    /** Nobody closes it: the collector does, or the shutdown. */
    void abandon() {
        new Session("abandoned").start(SessionOptions.memory());
    }

    /** Does what it is for. Not one of the cycles, because it is real work. */
    void forwardInMemory() {
        try (Session session = new Session("memory")) {
            session.start(SessionOptions.memory());
            eventually("applications exchanged something", () -> session.stats().exchanges() > 8);
            SessionStats stats = session.stats();
            check(stats.flowsOpen() > 0, "flows are open");
            same(0L, stats.failedExchanges());
            same(SessionOutcome.STOPPED, session.stop(LIMIT));
        }
    }

    /** A session that does not hear is told from one that has ended, and ends with a shutdown. */
    void deafUntilShutdown() {
        try (Session session = new Session("deaf")) {
            Duration time = Duration.ofHours(1);
            session.start(SessionOptions.memory().withFault(Fault.DEAF, time));
            eventually("it runs", () -> session.state() == SessionState.RUNNING);
            refused(SessionError.DEADLINE_EXCEEDED, () -> session.stop(Duration.ofMillis(20)));
            same(SessionState.STOPPING, session.state());
            refused(
                    SessionError.DEADLINE_EXCEEDED,
                    () -> Session.shutdown(Duration.ofMillis(20)));
            refused(SessionError.INVALID_HANDLE, session::state);
        }
    }

    /** A datagram through the session to the echo server and back. */
    private void roundTrip(PacketPair pair, String text) {
        byte[] payload = text.getBytes(StandardCharsets.US_ASCII);
        byte[] packet = Packets.datagram(APP_PORT, echo, payload);
        eventually("the datagram came back", () -> {
            // UDP may lose it; then it is sent again.
            pair.send(packet);
            byte[] received = pair.receive(Duration.ofSeconds(1));
            return received != null && Packets.isAnswer(received, APP_PORT, payload);
        });
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException exception) {
            throw new AssertionError(exception);
        }
    }

    static void eventually(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            check(System.nanoTime() < deadline, "in time: " + what);
            try {
                Thread.sleep(1);
            } catch (InterruptedException exception) {
                throw new AssertionError(exception);
            }
        }
    }

    private static void refused(SessionError expected, Runnable call) {
        try {
            call.run();
        } catch (SessionException exception) {
            same(expected, exception.error());
            check(!exception.getMessage().isEmpty(), "a refusal has a message");
            return;
        }
        throw new AssertionError("not refused, where " + expected + " was due");
    }

    private static void same(Object expected, Object actual) {
        check(expected.equals(actual), "expected " + expected + ", got " + actual);
    }

    static void check(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }
}
