package org.asyncpatterns.bridge;

/** Where the native library is. */
final class NativeLibrary {
    /** Names the file; without it the JVM looks for {@code session_bridge} in its library path. */
    static final String PROPERTY = "org.asyncpatterns.bridge.library";

    private NativeLibrary() {}

    static void load() {
        String file = System.getProperty(PROPERTY);
        if (file == null) {
            System.loadLibrary("session_bridge");
        } else {
            System.load(file);
        }
    }
}
