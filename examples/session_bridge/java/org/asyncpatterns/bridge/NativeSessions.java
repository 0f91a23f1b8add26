package org.asyncpatterns.bridge;

/** The native methods. Each throws {@link SessionException}. */
final class NativeSessions {
    /** Loads the library when the class is first used. */
    static {
        NativeLibrary.load();
    }

    private NativeSessions() {}

    static native long create(String name);

    static native void start(long handle, int device, int descriptor, int mtu, int flows, int fault,
            int faultAfterMillis);

    static native void requestStop(long handle);

    static native int stop(long handle, long deadlineMillis);

    static native int awaitEnd(long handle, long deadlineMillis);

    static native int state(long handle);

    static native long[] stats(long handle);

    static native SessionException lastError(long handle);

    static native void destroy(long handle, long deadlineMillis);

    static native void shutdown(long deadlineMillis);
}
