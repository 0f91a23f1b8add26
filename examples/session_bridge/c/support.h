/* What the scenarios need besides the library: checks, /proc, packets, an echo server. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer than anything here takes; what gets there has failed. */
#define LIMIT_MS 100000

/* Ends the process with the place, the sentence, and the thread's last error. */
#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fail(__FILE__, __LINE__, #condition, __VA_ARGS__);                                     \
        }                                                                                          \
    } while (0)

_Noreturn void fail(const char *file, int line, const char *condition, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Milliseconds of a clock that only goes forward. */
uint64_t now_ms(void);
void sleep_ms(unsigned milliseconds);

/* How many threads of this process have names that begin with the prefix. */
size_t count_threads(const char *prefix);

/* Fills `text` with the kinds of all open descriptors, sorted, to be compared. */
void describe_descriptors(char *text, size_t size);

/* A UDP server on loopback that sends back what it receives; returns its port. */
uint16_t start_echo(void);
void stop_echo(void);

/* Sends a UDP datagram in an IPv4 packet to the echo server through `fd`; returns the packet's
 * length. */
size_t send_datagram(int fd, const char *payload);

/* Sends a datagram and waits until it comes back; sends it again when it was lost. */
void round_trip(int fd, const char *payload);

#endif
