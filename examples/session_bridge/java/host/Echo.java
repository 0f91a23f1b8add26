package host;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;

/** A UDP server that sends back what it receives. */
final class Echo implements AutoCloseable {
    private final DatagramSocket socket;
    private final Thread thread;

    Echo() throws IOException {
        socket = new DatagramSocket(0, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
        thread = new Thread(this::run, "echo");
        thread.start();
    }

    int port() {
        return socket.getLocalPort();
    }

    private void run() {
        DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
        while (!socket.isClosed()) {
            try {
                packet.setLength(2048);
                socket.receive(packet);
                socket.send(packet);
            } catch (IOException exception) {
                // Closed, or a session was gone before its answer: neither is ours to mend.
            }
        }
    }

    @Override
    public void close() throws InterruptedException {
        socket.close();
        thread.join();
    }
}
