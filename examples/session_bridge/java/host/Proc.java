package host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the kernel says that this process has. */
final class Proc {
    private Proc() {}

    /** The names of all threads of this process that begin with a prefix. */
    static List<String> threads(String prefix) {
        List<String> names = new ArrayList<>();
        for (Path task : entries("/proc/self/task")) {
            try {
                String name = Files.readString(task.resolve("comm")).strip();
                if (name.startsWith(prefix)) {
                    names.add(name);
                }
            } catch (IOException gone) {
                // The thread has ended since it was listed.
            }
        }
        return names;
    }

    /** How many descriptors there are of each kind: a path, or a kind such as {@code socket}. */
    static Map<String, Integer> descriptors() {
        Map<String, Integer> kinds = new TreeMap<>();
        for (Path descriptor : entries("/proc/self/fd")) {
            try {
                String target = Files.readSymbolicLink(descriptor).toString();
                // The listing itself has one.
                if (!target.startsWith("/proc/")) {
                    kinds.merge(target.replaceAll(":\\[\\d+\\]", ""), 1, Integer::sum);
                }
            } catch (IOException gone) {
                // That of the listing, closed since.
            }
        }
        return kinds;
    }

    private static List<Path> entries(String folder) {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(Path.of(folder))) {
            List<Path> entries = new ArrayList<>();
            stream.forEach(entries::add);
            return entries;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
