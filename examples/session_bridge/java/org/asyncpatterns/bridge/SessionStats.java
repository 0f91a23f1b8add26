package org.asyncpatterns.bridge;

import java.time.Duration;
import java.util.Optional;

/**
 * A session's figures. Those of the packets are of the last run.
 *
 * @param state where the session is in its life
 * @param lastOutcome how its last run ended; empty if it is going on or there was none
 * @param lastError the kind of its last error, if there was one
 * @param runs how often it was started
 * @param failures how many runs failed
 * @param panics how many runs panicked
 * @param running how long the run that is going on has lasted
 * @param total how long all runs together have lasted
 * @param packetsIn packets from the device
 * @param packetsOut packets to the device
 * @param flowsOpened TCP flows that became established
 * @param flowsOpen TCP flows that are established now
 * @param bytesUp bytes that TCP flows carried from the applications
 * @param bytesDown bytes that TCP flows carried to the applications
 * @param datagramsUp UDP datagrams from the applications
 * @param datagramsDown UDP datagrams to the applications
 * @param exchanges in memory: exchanges of the applications that succeeded
 * @param failedExchanges in memory: exchanges that failed
 */
public record SessionStats(
        SessionState state,
        Optional<SessionOutcome> lastOutcome,
        Optional<SessionError> lastError,
        long runs,
        long failures,
        long panics,
        Duration running,
        Duration total,
        long packetsIn,
        long packetsOut,
        long flowsOpened,
        long flowsOpen,
        long bytesUp,
        long bytesDown,
        long datagramsUp,
        long datagramsDown,
        long exchanges,
        long failedExchanges) {

    /** From the numbers as the native library gives them: in the order of the components. */
    static SessionStats of(long[] n) {
        return new SessionStats(
                SessionState.of(n[0]),
                n[1] < 0 ? Optional.empty() : Optional.of(SessionOutcome.of(n[1])),
                n[2] == 0 ? Optional.empty() : Optional.of(SessionError.of(n[2])),
                n[3],
                n[4],
                n[5],
                Duration.ofMillis(n[6]),
                Duration.ofMillis(n[7]),
                n[8],
                n[9],
                n[10],
                n[11],
                n[12],
                n[13],
                n[14],
                n[15],
                n[16],
                n[17]);
    }
}
