package host;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** UDP datagrams in IPv4 packets, as an app's network stack would write them. */
final class Packets {
    private static final byte[] APP = {10, 0, 0, 2};
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final int IP_HEADER = 20;
    private static final int UDP_HEADER = 8;
    private static final int UDP = 17;

    private Packets() {}

    /** A datagram from the app to a port of this machine. */
    static byte[] datagram(int fromPort, int toPort, byte[] payload) {
        int length = IP_HEADER + UDP_HEADER + payload.length;
        ByteBuffer packet = ByteBuffer.allocate(length);
        packet.put((byte) 0x45).put((byte) 0).putShort((short) length);
        packet.putInt(0);
        packet.put((byte) 64).put((byte) UDP).putShort((short) 0);
        packet.put(APP).put(LOOPBACK);
        packet.putShort(10, checksum(packet.array(), IP_HEADER));
        packet.putShort((short) fromPort).putShort((short) toPort);
        // A checksum of zero is none, which IPv4 allows.
        packet.putShort((short) (UDP_HEADER + payload.length)).putShort((short) 0);
        packet.put(payload);
        return packet.array();
    }

    /** Whether a packet brings this payload back to the app's port. */
    static boolean isAnswer(byte[] packet, int port, byte[] payload) {
        if (packet.length != IP_HEADER + UDP_HEADER + payload.length || packet[9] != UDP) {
            return false;
        }
        int to = ByteBuffer.wrap(packet).getShort(IP_HEADER + 2) & 0xffff;
        byte[] received = Arrays.copyOfRange(packet, IP_HEADER + UDP_HEADER, packet.length);
        return to == port && Arrays.equals(received, payload);
    }

    private static short checksum(byte[] bytes, int length) {
        int sum = 0;
        for (int i = 0; i < length; i += 2) {
            sum += (bytes[i] & 0xff) << 8 | bytes[i + 1] & 0xff;
        }
        sum = (sum & 0xffff) + (sum >> 16);
        return (short) ~((sum & 0xffff) + (sum >> 16));
    }
}
