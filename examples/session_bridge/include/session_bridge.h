/* The C interface of session_bridge. README.md says how to use it.
 * Made from src/c_abi.rs; see tests/header.rs. */

#ifndef SESSION_BRIDGE_H
#define SESSION_BRIDGE_H

#include <stddef.h>
#include <stdint.h>
/* session_bridge_abi_version() of the library that belongs to this header. */
#define SESSION_BRIDGE_ABI_VERSION 1
/* Options for the memory device, to be changed field by field. */
#define SESSION_BRIDGE_OPTIONS_INIT \
  {sizeof(session_bridge_options), SESSION_BRIDGE_DEVICE_MEMORY, -1, 0, 0, 0, 0}
/* Figures to be filled in. */
#define SESSION_BRIDGE_STATS_INIT \
  {sizeof(session_bridge_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/**
 * Where a session is in its life.
 */
enum session_bridge_state
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Created, never started.
   */
  SESSION_BRIDGE_STATE_READY = 0,
  /**
   * Claimed by a start; the body has not been polled yet.
   */
  SESSION_BRIDGE_STATE_STARTING = 1,
  /**
   * The body is being polled.
   */
  SESSION_BRIDGE_STATE_RUNNING = 2,
  /**
   * Asked to stop; the body has not ended yet.
   */
  SESSION_BRIDGE_STATE_STOPPING = 3,
  /**
   * The last run is over; the session can be started again.
   */
  SESSION_BRIDGE_STATE_ENDED = 4,
  /**
   * Gone for good.
   */
  SESSION_BRIDGE_STATE_DESTROYED = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum session_bridge_state session_bridge_state;
#else
typedef int32_t session_bridge_state;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where a session's packets come from.
 */
enum session_bridge_device
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Applications and servers inside the session: nothing to set up.
   */
  SESSION_BRIDGE_DEVICE_MEMORY = 0,
  /**
   * The descriptor that is handed in.
   */
  SESSION_BRIDGE_DEVICE_DESCRIPTOR = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum session_bridge_device session_bridge_device;
#else
typedef int32_t session_bridge_device;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What is to go wrong, for tests of the host.
 */
enum session_bridge_fault
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Nothing.
   */
  SESSION_BRIDGE_FAULT_NONE = 0,
  /**
   * The session's body panics after `fault_after_ms`.
   */
  SESSION_BRIDGE_FAULT_PANIC = 1,
  /**
   * The call of start itself panics.
   */
  SESSION_BRIDGE_FAULT_PANIC_IN_CALL = 2,
  /**
   * The body does not hear a request to stop for `fault_after_ms`.
   */
  SESSION_BRIDGE_FAULT_DEAF = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum session_bridge_fault session_bridge_fault;
#else
typedef int32_t session_bridge_fault;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The kinds of error, as numbers that a C header may repeat. They are negative, so that zero and
 * above are left for results, and stable.
 */
enum session_bridge_error
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The session's body, or the guarded function, returned an error of its own.
   */
  SESSION_BRIDGE_ERROR_FAILED = -1,
  /**
   * The session's body, or the guarded function, panicked.
   */
  SESSION_BRIDGE_ERROR_PANICKED = -2,
  /**
   * The operation is not legal in the session's state.
   */
  SESSION_BRIDGE_ERROR_ILLEGAL_TRANSITION = -3,
  /**
   * The handle names no session.
   */
  SESSION_BRIDGE_ERROR_INVALID_HANDLE = -4,
  /**
   * The shared runtime has been shut down.
   */
  SESSION_BRIDGE_ERROR_RUNTIME_GONE = -5,
  /**
   * The session did not end in time.
   */
  SESSION_BRIDGE_ERROR_DEADLINE_EXCEEDED = -6,
  /**
   * A file descriptor could not be duplicated.
   */
  SESSION_BRIDGE_ERROR_DESCRIPTOR = -7,
  /**
   * An argument has a value that can never be right.
   */
  SESSION_BRIDGE_ERROR_INVALID_ARGUMENT = -8,
  /**
   * A thread, a runtime or a place in the registry could not be had.
   */
  SESSION_BRIDGE_ERROR_OUT_OF_RESOURCES = -9,
  /**
   * The operation cannot be done from the calling thread.
   */
  SESSION_BRIDGE_ERROR_WRONG_THREAD = -10,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum session_bridge_error session_bridge_error;
#else
typedef int32_t session_bridge_error;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The kinds of [`SessionOutcome`], as numbers that a C header may repeat. None is negative, so
 * that a function may return either one of these or an [`ErrorCode`](super::ErrorCode); and they
 * are stable.
 */
enum session_bridge_outcome
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The body returned and nobody had asked it to stop.
   */
  SESSION_BRIDGE_OUTCOME_COMPLETED = 0,
  /**
   * The session was asked to stop, and did.
   */
  SESSION_BRIDGE_OUTCOME_STOPPED = 1,
  /**
   * The body returned an error.
   */
  SESSION_BRIDGE_OUTCOME_FAILED = 2,
  /**
   * The body panicked.
   */
  SESSION_BRIDGE_OUTCOME_PANICKED = 3,
  /**
   * The shared runtime was shut down before the body had ended.
   */
  SESSION_BRIDGE_OUTCOME_RUNTIME_GONE = 4,
  /**
   * The start failed before the body could be polled.
   */
  SESSION_BRIDGE_OUTCOME_NOT_STARTED = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum session_bridge_outcome session_bridge_outcome;
#else
typedef int32_t session_bridge_outcome;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How a session is started. Set `struct_size` to the size of this struct and the rest to zero, and
 * change what you want otherwise.
 */
typedef struct {
  /**
   * The size of this struct in bytes, by which the library knows what it was compiled with.
   */
  uint32_t struct_size;
  /**
   * Where packets come from: a `session_bridge_device`.
   */
  int32_t device;
  /**
   * For the descriptor device: each read is an IP packet and each write another. It is
   * duplicated before the start returns and never closed, so the caller keeps its own.
   */
  int32_t descriptor;
  /**
   * The largest packet in bytes, 576 to 9000; 0 is 1500.
   */
  uint32_t mtu;
  /**
   * For the memory device: how many flows the applications open, at most 256; 0 is 4.
   */
  uint32_t flows;
  /**
   * What is to go wrong, for tests of the host: a `session_bridge_fault`.
   */
  int32_t fault;
  /**
   * When it goes wrong, in milliseconds from the start.
   */
  uint32_t fault_after_ms;
} session_bridge_options;


/**
 * A session's figures. Set `struct_size` to the size of this struct before the call.
 */
typedef struct {
  /**
   * The size of this struct in bytes, by which the library knows what it was compiled with.
   */
  uint32_t struct_size;
  /**
   * Where the session is in its life: a `session_bridge_state`.
   */
  int32_t state;
  /**
   * How its last run ended: a `session_bridge_outcome`, or -1 if it is going on or there was none.
   */
  int32_t last_outcome;
  /**
   * The number of the session's last error: a `session_bridge_error`, or 0 if there was none.
   */
  int32_t last_error;
  /**
   * How often it was started.
   */
  uint64_t runs;
  /**
   * How many runs failed.
   */
  uint64_t failures;
  /**
   * How many runs panicked.
   */
  uint64_t panics;
  /**
   * How long the run that is going on has lasted, in milliseconds; 0 if there is none.
   */
  uint64_t running_ms;
  /**
   * How long all runs together have lasted, in milliseconds.
   */
  uint64_t total_ms;
  /**
   * Packets from the device. This and the rest are of the last run.
   */
  uint64_t packets_in;
  /**
   * Packets to the device.
   */
  uint64_t packets_out;
  /**
   * TCP flows that became established.
   */
  uint64_t flows_opened;
  /**
   * TCP flows that are established now.
   */
  uint64_t flows_open;
  /**
   * Bytes that TCP flows carried from the applications.
   */
  uint64_t bytes_up;
  /**
   * Bytes that TCP flows carried to the applications.
   */
  uint64_t bytes_down;
  /**
   * UDP datagrams from the applications.
   */
  uint64_t datagrams_up;
  /**
   * UDP datagrams to the applications.
   */
  uint64_t datagrams_down;
  /**
   * For the memory device: exchanges of the applications that succeeded.
   */
  uint64_t exchanges;
  /**
   * For the memory device: exchanges that failed.
   */
  uint64_t failed_exchanges;
} session_bridge_stats;


#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of this interface, to be compared with `SESSION_BRIDGE_ABI_VERSION` of the header.
 */
int32_t session_bridge_abi_version(void);

/**
 * Makes a session and returns its handle, which is never 0; 0 is an error.
 *
 * The name is part of the names of its threads; it must be UTF-8 and not empty. Free the session
 * with `session_bridge_destroy`.
 *
 * # Safety
 *
 * `name` must be null or a string that ends with a NUL.
 */
uint64_t session_bridge_create(const char *name);

/**
 * Starts the session and returns 0 at once, before it has done anything. Null options are those of
 * `SESSION_BRIDGE_OPTIONS_INIT`: the memory device.
 *
 * A session that has ended can be started again.
 *
 * # Safety
 *
 * `options` must be null or point to such a struct; a descriptor in it must be open, and yours to
 * use, until this returns.
 */
int32_t session_bridge_start(uint64_t handle, const session_bridge_options *options);

/**
 * Asks the session to stop and returns 0 at once. One that is stopping or has ended is left as it
 * is.
 */
int32_t session_bridge_request_stop(uint64_t handle);

/**
 * Asks the session to stop, waits for its end, and returns how it ended: a `session_bridge_outcome`.
 *
 * `SESSION_BRIDGE_ERROR_DEADLINE_EXCEEDED` says that it has not ended in time; it will, and you may
 * wait again.
 */
int32_t session_bridge_stop(uint64_t handle,
                            uint32_t deadline_ms);

/**
 * Waits for the end of the session's run without asking for it, and returns how it ended: a
 * `session_bridge_outcome`.
 */
int32_t session_bridge_wait(uint64_t handle, uint32_t deadline_ms);

/**
 * Where the session is in its life: a `session_bridge_state`.
 */
int32_t session_bridge_get_state(uint64_t handle);

/**
 * Copies the session's figures and returns 0.
 *
 * # Safety
 *
 * `stats` must be null or point to such a struct.
 */
int32_t session_bridge_get_stats(uint64_t handle, session_bridge_stats *stats);

/**
 * The last error of the session's own work: that its body failed or panicked, or could not be
 * started. Calls that were refused are not among these.
 *
 * Returns the length of the whole message without its NUL, and 0 if there was no error. `code`, if
 * it is not null, is set to the `session_bridge_error`, or 0. `buffer`, if it is not null, is given as
 * much of the message as fits into `size` bytes, and a NUL.
 *
 * # Safety
 *
 * `code` must be null or point to an `int32_t`; `buffer` must be null or have room for `size` bytes.
 */
int32_t session_bridge_session_error(uint64_t handle,
                                     int32_t *code,
                                     char *buffer,
                                     size_t size);

/**
 * The error of the last call of the calling thread that returned one. A call that succeeds leaves
 * it as it is, like errno.
 *
 * Returns and copies what `session_bridge_session_error` does.
 *
 * # Safety
 *
 * As for `session_bridge_session_error`.
 */
int32_t session_bridge_last_error(int32_t *code, char *buffer, size_t size);

/**
 * Takes the handle out of use, asks the session to stop, waits for its end and returns 0.
 *
 * After `SESSION_BRIDGE_ERROR_DEADLINE_EXCEEDED` the handle is out of use, too, and the session ends
 * when it can; `session_bridge_shutdown` waits for it once more.
 */
int32_t session_bridge_destroy(uint64_t handle,
                               uint32_t deadline_ms);

/**
 * Destroys all sessions, ends every thread of this library and returns 0. Call it when no other
 * thread creates or starts sessions.
 *
 * `SESSION_BRIDGE_ERROR_DEADLINE_EXCEEDED` says that something has not ended in time; the message
 * names it. In any case the library is as it was at first: sessions can be created again, and none
 * of them will have a handle that was there before.
 */
int32_t session_bridge_shutdown(uint32_t deadline_ms);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SESSION_BRIDGE_H */
