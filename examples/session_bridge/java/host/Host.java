package host;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.asyncpatterns.bridge.Session;

/**
 * A host that starts and stops sessions from several threads while its collector is kept busy, and
 * in the end counts what is left of them: {@code java host.Host <cycles> <threads>}.
 */
public final class Host {
    private static final String THREAD_PREFIX = "sbridge";

    private Host() {}

    /** Runs the cycles; ends with 1 and a sentence if something is not as it should be. */
    public static void main(String[] arguments) throws Exception {
        int cycles = Integer.parseInt(arguments[0]);
        int threads = Integer.parseInt(arguments[1]);
        try (Echo echo = new Echo(); Garbage garbage = new Garbage()) {
            Scenarios scenarios = new Scenarios(echo.port());
            // What is opened once for the process, by the JVM or by us, belongs to the baseline.
            scenarios.deafUntilShutdown();
            noThreads();
            scenarios.forwardInMemory();
            cycles(scenarios, 2 * Scenarios.KINDS, threads);
            noThreadsAfterShutdown();
            Map<String, Integer> baseline = Proc.descriptors();

            scenarios.forwardInMemory();
            cycles(scenarios, cycles, threads);
            Scenarios.check(
                    !Proc.threads(THREAD_PREFIX).isEmpty(), "our threads are found by their names");
            noThreadsAfterShutdown();
            Map<String, Integer> left = Proc.descriptors();
            Scenarios.check(
                    left.equals(baseline), "descriptors were " + baseline + " and are " + left);
            System.out.printf(
                    "%d cycles from %d threads, %d collections; 0 threads and 0 descriptors leaked%n",
                    cycles, threads, garbage.collections());
        } catch (Throwable failure) {
            failure.printStackTrace();
            System.exit(1);
        }
    }

    private static void cycles(Scenarios scenarios, int cycles, int threads) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        AtomicInteger next = new AtomicInteger();
        List<Future<?>> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            workers.add(pool.submit(() -> {
                for (int cycle = next.getAndIncrement();
                        cycle < cycles;
                        cycle = next.getAndIncrement()) {
                    scenarios.run(cycle);
                }
            }));
        }
        for (Future<?> worker : workers) {
            worker.get();
        }
        pool.shutdown();
        Scenarios.check(pool.awaitTermination(10, TimeUnit.SECONDS), "the workers ended");
    }

    private static void noThreadsAfterShutdown() {
        Session.shutdown(Scenarios.LIMIT);
        noThreads();
    }

    /** A thread is listed a moment longer than it lives, so a name gets a little time. */
    private static void noThreads() {
        Scenarios.eventually(
                "no thread of ours is left", () -> Proc.threads(THREAD_PREFIX).isEmpty());
    }
}
