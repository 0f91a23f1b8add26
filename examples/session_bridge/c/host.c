/* A host that starts and stops sessions from several threads, and in the end counts what is left of
 * them: `host <cycles> <threads>`. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session_bridge.h"
#include "support.h"

static const char THREAD_PREFIX[] = "sbridge";

/* A thread is listed a moment longer than it lives, so a name gets a little time. */
static void no_threads(void) {
    uint64_t deadline = now_ms() + LIMIT_MS;
    for (size_t count; (count = count_threads(THREAD_PREFIX)) > 0; sleep_ms(1)) {
        CHECK(now_ms() < deadline, "%zu threads are left", count);
    }
}

static uint64_t create(const char *name) {
    uint64_t session = session_bridge_create(name);
    CHECK(session != 0, "no session `%s`", name);
    return session;
}

static void start_memory(uint64_t session) {
    CHECK(session_bridge_start(session, NULL) == 0, "not started");
}

static int start_on(uint64_t session, int descriptor) {
    session_bridge_options options = SESSION_BRIDGE_OPTIONS_INIT;
    options.device = SESSION_BRIDGE_DEVICE_DESCRIPTOR;
    options.descriptor = descriptor;
    return session_bridge_start(session, &options);
}

static int start_with_fault(uint64_t session, session_bridge_fault fault, uint32_t after_ms) {
    session_bridge_options options = SESSION_BRIDGE_OPTIONS_INIT;
    options.fault = fault;
    options.fault_after_ms = after_ms;
    return session_bridge_start(session, &options);
}

static session_bridge_stats stats_of(uint64_t session) {
    session_bridge_stats stats = SESSION_BRIDGE_STATS_INIT;
    CHECK(session_bridge_get_stats(session, &stats) == 0, "no stats");
    return stats;
}

static void destroy(uint64_t session) {
    CHECK(session_bridge_destroy(session, LIMIT_MS) == 0, "not destroyed");
}

/* The call was refused with this code, and the thread was told why. */
static void refused(int result, session_bridge_error expected) {
    char message[256];
    int32_t code = 0;
    int32_t length = session_bridge_last_error(&code, message, sizeof message);
    CHECK(result == expected, "%d", result);
    CHECK(code == expected, "the last error is %d: %s", (int)code, message);
    CHECK(length > 0 && message[0] != '\0', "a refusal has a message");
}

static void session_failed(uint64_t session, session_bridge_error expected, const char *part) {
    char message[256];
    int32_t code = 0;
    int32_t length = session_bridge_session_error(session, &code, message, sizeof message);
    CHECK(code == expected, "the session's error is %d", (int)code);
    CHECK(length > 0 && strstr(message, part) != NULL, "%s", message);
    /* Without a buffer the length is told nevertheless; a short one is filled and ended. */
    CHECK(session_bridge_session_error(session, NULL, NULL, 0) == length, "another length");
    char few[8];
    CHECK(session_bridge_session_error(session, NULL, few, sizeof few) == length, "another length");
    CHECK(strncmp(few, message, sizeof few - 1) == 0 && few[7] == '\0', "%s", message);
}

static void stop_right_after_start(void) {
    uint64_t session = create("early");
    start_memory(session);
    CHECK(session_bridge_stop(session, LIMIT_MS) == SESSION_BRIDGE_OUTCOME_STOPPED, "not stopped");
    CHECK(session_bridge_get_state(session) == SESSION_BRIDGE_STATE_ENDED, "not ended");
    destroy(session);
}

/* The host closes its own descriptor, and somebody else is given its number; the session goes on
 * with its duplicate. */
static void revoke_in_mid_flight(void) {
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "%s", strerror(errno));
    uint64_t session = create("revoked");
    CHECK(start_on(session, ends[0]) == 0, "not started");
    round_trip(ends[1], "before");
    CHECK(close(ends[0]) == 0, "%s", strerror(errno));
    round_trip(ends[1], "after");
    session_bridge_stats stats = stats_of(session);
    CHECK(stats.datagrams_down >= 2 && stats.packets_in >= 2, "figures");
    CHECK(stats.state == SESSION_BRIDGE_STATE_RUNNING && stats.last_outcome == -1, "state");
    CHECK(session_bridge_stop(session, LIMIT_MS) == SESSION_BRIDGE_OUTCOME_STOPPED, "not stopped");
    /* The duplicate was the last: this end sees that it is closed, perhaps with datagrams in it that
     * were sent twice and that nobody had read, which is a reset. */
    char rest[2048];
    ssize_t length;
    while ((length = recv(ends[1], rest, sizeof rest, MSG_DONTWAIT)) > 0) {
    }
    CHECK(length == 0 || errno == ECONNRESET, "the session still has its descriptor: %s", strerror(errno));
    close(ends[1]);
    destroy(session);
}

/* Both ends are closed under the session, which fails, says so, and can be started again. */
static void device_ends(void) {
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "%s", strerror(errno));
    uint64_t session = create("ending");
    CHECK(start_on(session, ends[0]) == 0, "not started");
    round_trip(ends[1], "only");
    close(ends[0]);
    close(ends[1]);
    CHECK(session_bridge_wait(session, LIMIT_MS) == SESSION_BRIDGE_OUTCOME_FAILED, "not failed");
    session_failed(session, SESSION_BRIDGE_ERROR_FAILED, "packet device ended");
    start_memory(session);
    destroy(session);
}

/* The host takes no more packets. The session's write to it fails, and raises no SIGPIPE in a process
 * that has not asked to be spared it. */
static void device_refuses(void) {
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "%s", strerror(errno));
    uint64_t session = create("refused");
    CHECK(start_on(session, ends[0]) == 0, "not started");
    round_trip(ends[1], "only");
    CHECK(shutdown(ends[1], SHUT_RD) == 0, "%s", strerror(errno));
    uint64_t deadline = now_ms() + LIMIT_MS;
    do {
        CHECK(now_ms() < deadline, "the session goes on");
        send_datagram(ends[1], "not to be answered");
    } while (session_bridge_wait(session, 100) == SESSION_BRIDGE_ERROR_DEADLINE_EXCEEDED);
    session_failed(session, SESSION_BRIDGE_ERROR_FAILED, "Broken pipe");
    close(ends[0]);
    close(ends[1]);
    destroy(session);
}

static void panic_in_the_session(void) {
    uint64_t session = create("panicking");
    CHECK(start_with_fault(session, SESSION_BRIDGE_FAULT_PANIC, 1) == 0, "not started");
    CHECK(session_bridge_wait(session, LIMIT_MS) == SESSION_BRIDGE_OUTCOME_PANICKED, "no panic");
    session_failed(session, SESSION_BRIDGE_ERROR_PANICKED, "as its options asked");
    CHECK(stats_of(session).panics == 1, "a panic is counted");
    destroy(session);
}

/* A panic of the call itself is an error code, and the session is left as it was. */
static void panic_in_the_call(void) {
    uint64_t session = create("panic-call");
    int result = start_with_fault(session, SESSION_BRIDGE_FAULT_PANIC_IN_CALL, 0);
    refused(result, SESSION_BRIDGE_ERROR_PANICKED);
    CHECK(session_bridge_get_state(session) == SESSION_BRIDGE_STATE_READY, "not ready");
    start_memory(session);
    destroy(session); /* while it runs */
}

static void wrong_order(void) {
    CHECK(session_bridge_create(NULL) == 0, "a session without a name");
    CHECK(session_bridge_create("") == 0, "a session with an empty name");
    CHECK(session_bridge_create("\xff") == 0, "a session whose name is not UTF-8");
    refused(session_bridge_start(0, NULL), SESSION_BRIDGE_ERROR_INVALID_HANDLE);
    refused(session_bridge_start(UINT64_MAX, NULL), SESSION_BRIDGE_ERROR_INVALID_HANDLE);

    uint64_t session = create("wrong");
    refused(session_bridge_stop(session, LIMIT_MS), SESSION_BRIDGE_ERROR_ILLEGAL_TRANSITION);
    refused(session_bridge_wait(session, LIMIT_MS), SESSION_BRIDGE_ERROR_ILLEGAL_TRANSITION);
    refused(session_bridge_request_stop(session), SESSION_BRIDGE_ERROR_ILLEGAL_TRANSITION);
    refused(start_on(session, -1), SESSION_BRIDGE_ERROR_DESCRIPTOR);
    refused(start_on(session, INT32_MAX), SESSION_BRIDGE_ERROR_DESCRIPTOR);
    int ends[2];
    CHECK(pipe2(ends, O_CLOEXEC) == 0, "%s", strerror(errno));
    refused(start_on(session, ends[0]), SESSION_BRIDGE_ERROR_INVALID_ARGUMENT);
    close(ends[0]);
    close(ends[1]);
    session_bridge_options options = SESSION_BRIDGE_OPTIONS_INIT;
    options.mtu = 60;
    refused(session_bridge_start(session, &options), SESSION_BRIDGE_ERROR_INVALID_ARGUMENT);
    options = (session_bridge_options){0};
    refused(session_bridge_start(session, &options), SESSION_BRIDGE_ERROR_INVALID_ARGUMENT);
    session_bridge_stats stats = {0};
    refused(session_bridge_get_stats(session, &stats), SESSION_BRIDGE_ERROR_INVALID_ARGUMENT);
    refused(session_bridge_get_stats(session, NULL), SESSION_BRIDGE_ERROR_INVALID_ARGUMENT);
    CHECK(session_bridge_session_error(session, NULL, NULL, 0) == 0, "nothing went wrong yet");

    start_memory(session);
    refused(session_bridge_start(session, NULL), SESSION_BRIDGE_ERROR_ILLEGAL_TRANSITION);
    destroy(session);
    refused(session_bridge_get_state(session), SESSION_BRIDGE_ERROR_INVALID_HANDLE);
    refused(session_bridge_destroy(session, 0), SESSION_BRIDGE_ERROR_INVALID_HANDLE);
}

static void *start_in_thread(void *session) {
    start_memory(*(const uint64_t *)session);
    return NULL;
}

/* One thread starts while another stops. */
static void stop_during_start(void) {
    uint64_t session = create("race");
    pthread_t starter;
    CHECK(pthread_create(&starter, NULL, start_in_thread, &session) == 0, "no thread");
    uint64_t deadline = now_ms() + LIMIT_MS;
    int outcome;
    while ((outcome = session_bridge_stop(session, LIMIT_MS)) < 0) {
        CHECK(outcome == SESSION_BRIDGE_ERROR_ILLEGAL_TRANSITION, "%d", outcome);
        CHECK(now_ms() < deadline, "it was never started");
        sleep_ms(1);
    }
    CHECK(outcome == SESSION_BRIDGE_OUTCOME_STOPPED, "%d", outcome);
    pthread_join(starter, NULL);
    destroy(session);
}

/* Nobody waits for its end; the shutdown does. */
static void give_up(void) {
    uint64_t session = create("abandoned");
    start_memory(session);
    int result = session_bridge_destroy(session, 0);
    CHECK(result == 0 || result == SESSION_BRIDGE_ERROR_DEADLINE_EXCEEDED, "%d", result);
    refused(session_bridge_get_state(session), SESSION_BRIDGE_ERROR_INVALID_HANDLE);
}

/* Does what it is for. Not one of the cycles, because it is real work. */
static void forward_in_memory(void) {
    uint64_t session = create("memory");
    start_memory(session);
    uint64_t deadline = now_ms() + LIMIT_MS;
    session_bridge_stats stats;
    while ((stats = stats_of(session)).exchanges <= 8) {
        CHECK(now_ms() < deadline, "the applications exchanged nothing");
        sleep_ms(1);
    }
    CHECK(stats.flows_open > 0 && stats.failed_exchanges == 0, "exchanges failed");
    CHECK(session_bridge_stop(session, LIMIT_MS) == SESSION_BRIDGE_OUTCOME_STOPPED, "not stopped");
    destroy(session);
}

/* A session that does not hear is told from one that has ended, and does not outlive a shutdown. */
static void deaf_until_shutdown(void) {
    uint64_t session = create("deaf");
    CHECK(start_with_fault(session, SESSION_BRIDGE_FAULT_DEAF, 3600 * 1000) == 0, "not started");
    uint64_t deadline = now_ms() + LIMIT_MS;
    while (session_bridge_get_state(session) != SESSION_BRIDGE_STATE_RUNNING) {
        CHECK(now_ms() < deadline, "it does not run");
        sleep_ms(1);
    }
    refused(session_bridge_stop(session, 20), SESSION_BRIDGE_ERROR_DEADLINE_EXCEEDED);
    CHECK(session_bridge_get_state(session) == SESSION_BRIDGE_STATE_STOPPING, "not stopping");
    refused(session_bridge_shutdown(20), SESSION_BRIDGE_ERROR_DEADLINE_EXCEEDED);
    refused(session_bridge_get_state(session), SESSION_BRIDGE_ERROR_INVALID_HANDLE);
    no_threads();
}

static void (*const SCENARIOS[])(void) = {
    stop_right_after_start, revoke_in_mid_flight, device_ends,
    device_refuses,         panic_in_the_session, panic_in_the_call,
    wrong_order,            stop_during_start,    give_up,
};
enum { KINDS = sizeof SCENARIOS / sizeof *SCENARIOS };

static atomic_int next_cycle;
static int last_cycle;

static void *run_cycles(void *unused) {
    (void)unused;
    for (int cycle; (cycle = atomic_fetch_add(&next_cycle, 1)) < last_cycle;) {
        SCENARIOS[cycle % KINDS]();
    }
    return NULL;
}

static void cycles(int count, int threads) {
    pthread_t workers[64];
    atomic_store(&next_cycle, 0);
    last_cycle = count;
    for (int i = 0; i < threads; i++) {
        CHECK(pthread_create(&workers[i], NULL, run_cycles, NULL) == 0, "no thread");
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(workers[i], NULL);
    }
}

static void no_threads_after_shutdown(void) {
    CHECK(session_bridge_shutdown(LIMIT_MS) == 0, "not shut down");
    no_threads();
}

static int wanted_cycles, wanted_threads;

static void *run(void *unused) {
    (void)unused;
    CHECK(session_bridge_abi_version() == SESSION_BRIDGE_ABI_VERSION, "another library");
    start_echo();

    /* What is opened once for the process belongs to the baseline. */
    deaf_until_shutdown();
    forward_in_memory();
    cycles(KINDS, wanted_threads);
    no_threads_after_shutdown();
    static char baseline[32768], left[32768];
    describe_descriptors(baseline, sizeof baseline);

    forward_in_memory();
    cycles(wanted_cycles, wanted_threads);
    CHECK(count_threads(THREAD_PREFIX) > 0, "our threads are found by their names");
    no_threads_after_shutdown();
    describe_descriptors(left, sizeof left);
    CHECK(strcmp(left, baseline) == 0, "descriptors were\n%sand are\n%s", baseline, left);

    stop_echo();
    printf("%d cycles from %d threads; 0 threads and 0 descriptors leaked\n", wanted_cycles,
           wanted_threads);
    return NULL;
}

int main(int count, char **arguments) {
    wanted_cycles = count == 3 ? atoi(arguments[1]) : 0;
    wanted_threads = count == 3 ? atoi(arguments[2]) : 0;
    if (wanted_cycles < 1 || wanted_threads < 1 || wanted_threads > 64) {
        fprintf(stderr, "usage: host <cycles> <threads, at most 64>\n");
        return 2;
    }
    /* As most programs have it; whoever started this one may not. */
    signal(SIGPIPE, SIG_DFL);
    /* Rust frees what it keeps for a thread when the thread ends. The main thread only ends with
     * the process, and a leak checker would ask about the 48 bytes of it. */
    pthread_t host;
    CHECK(pthread_create(&host, NULL, run, NULL) == 0, "no thread");
    pthread_join(host, NULL);
    return 0;
}
