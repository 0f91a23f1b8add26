package org.asyncpatterns.bridge;

import java.time.Duration;

/**
 * Two connected packet sockets: one end for a session, as its device, and one for the host.
 *
 * <p>Java has no call to make such a pair, so this one is native. An app that is given a descriptor
 * by its system, as a VPN service is, needs no pair.
 */
public final class PacketPair implements AutoCloseable {
    static {
        NativeLibrary.load();
    }

    private static final int CLOSED = -1;

    private final int[] ends = {CLOSED, CLOSED};

    /** Opens a pair. */
    public PacketPair() {
        open(ends);
    }

    /** The descriptor to hand to a session. It stays this object's. */
    public synchronized int sessionEnd() {
        return opened(0);
    }

    /** Sends a packet to the session. */
    public synchronized void send(byte[] packet) {
        send(opened(1), packet);
    }

    /**
     * Receives a packet of the session; null if there was none in time, and an empty one if the
     * session's end is closed.
     */
    public synchronized byte[] receive(Duration deadline) {
        return receive(opened(1), deadline.toMillis());
    }

    /** Revokes the session's end. The session has a duplicate and does not notice. */
    public void closeSessionEnd() {
        closeEnd(0);
    }

    /** Closes the host's end: for the session there are no packets any more. */
    public void closeHostEnd() {
        closeEnd(1);
    }

    /** Closes what is open. */
    @Override
    public void close() {
        closeSessionEnd();
        closeHostEnd();
    }

    private int opened(int end) {
        if (ends[end] == CLOSED) {
            throw new IllegalStateException("this end of the pair has been closed");
        }
        return ends[end];
    }

    private synchronized void closeEnd(int end) {
        int descriptor = ends[end];
        if (descriptor != CLOSED) {
            ends[end] = CLOSED;
            closeDescriptor(descriptor);
        }
    }

    private static native void open(int[] ends);

    private static native void send(int descriptor, byte[] packet);

    private static native byte[] receive(int descriptor, long deadlineMillis);

    private static native void closeDescriptor(int descriptor);
}
