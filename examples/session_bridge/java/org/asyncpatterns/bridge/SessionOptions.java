package org.asyncpatterns.bridge;

import java.time.Duration;

/**
 * How a session is started.
 *
 * @param device where its packets come from
 * @param descriptor for {@link Device#DESCRIPTOR}: each read is an IP packet and each write another;
 *     it is duplicated before the start returns, so the caller keeps its own
 * @param mtu the largest packet in bytes, 576 to 9000; 0 is 1500
 * @param flows for {@link Device#MEMORY}: how many flows the applications open; 0 is 4
 * @param fault what is to go wrong, for tests
 * @param faultAfter when it goes wrong, or for how long
 */
public record SessionOptions(
        Device device, int descriptor, int mtu, int flows, Fault fault, Duration faultAfter) {

    /** Applications and servers inside the session. */
    public static SessionOptions memory() {
        return new SessionOptions(Device.MEMORY, -1, 0, 0, Fault.NONE, Duration.ZERO);
    }

    /** Packets from and to a descriptor. */
    public static SessionOptions descriptor(int descriptor, int mtu) {
        return new SessionOptions(
                Device.DESCRIPTOR, descriptor, mtu, 0, Fault.NONE, Duration.ZERO);
    }

    /** The same with so many flows. */
    public SessionOptions withFlows(int flows) {
        return new SessionOptions(device, descriptor, mtu, flows, fault, faultAfter);
    }

    /** The same with something that goes wrong. */
    public SessionOptions withFault(Fault fault, Duration after) {
        return new SessionOptions(device, descriptor, mtu, flows, fault, after);
    }
}
