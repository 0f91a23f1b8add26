package host;

/** Keeps the collector busy until it is closed. */
final class Garbage implements AutoCloseable {
    private static final int BLOCK = 64 * 1024;
    private static final int BLOCKS_PER_COLLECTION = 64;

    private final Thread thread = new Thread(this::run, "garbage");
    private volatile boolean stop;
    private volatile long collections;
    /** What was made last, so that it has to be made. */
    private volatile byte[] last;

    Garbage() {
        thread.start();
    }

    long collections() {
        return collections;
    }

    private void run() {
        while (!stop) {
            for (int i = 0; i < BLOCKS_PER_COLLECTION; i++) {
                last = new byte[BLOCK];
            }
            System.gc();
            collections = collections + 1;
            try {
                Thread.sleep(20);
            } catch (InterruptedException exception) {
                return;
            }
        }
    }

    @Override
    public void close() throws InterruptedException {
        stop = true;
        thread.join();
    }
}
