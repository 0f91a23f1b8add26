#define _GNU_SOURCE
#include "support.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "session_bridge.h"

enum { IP_HEADER = 20, UDP_HEADER = 8, UDP = 17, APP_PORT = 4000, LARGEST = 2048 };

void fail(const char *file, int line, const char *condition, const char *format, ...) {
    char message[512];
    int32_t code = 0;
    session_bridge_last_error(&code, message, sizeof message);
    fprintf(stderr, "%s:%d: not true: %s: ", file, line, condition);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\nthe last error of this thread: %d %s\n", (int)code, message);
    /* Other threads are in the middle of something; no destructor may run. */
    _exit(1);
}

uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void sleep_ms(unsigned milliseconds) {
    struct timespec time = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    nanosleep(&time, NULL);
}

size_t count_threads(const char *prefix) {
    size_t count = 0;
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks != NULL, "%s", strerror(errno));
    for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
        char path[300], name[64];
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
        FILE *comm = fopen(path, "r");
        if (comm == NULL) {
            continue; /* "." and "..", and threads that have ended since */
        }
        if (fgets(name, sizeof name, comm) != NULL && strncmp(name, prefix, strlen(prefix)) == 0) {
            count++;
        }
        fclose(comm);
    }
    closedir(tasks);
    return count;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void describe_descriptors(char *text, size_t size) {
    char *kinds[512];
    size_t count = 0;
    DIR *fds = opendir("/proc/self/fd");
    CHECK(fds != NULL, "%s", strerror(errno));
    for (struct dirent *fd; (fd = readdir(fds)) != NULL;) {
        char path[300], target[300];
        snprintf(path, sizeof path, "/proc/self/fd/%s", fd->d_name);
        ssize_t length = readlink(path, target, sizeof target - 1);
        if (length < 0 || atoi(fd->d_name) == dirfd(fds)) {
            continue; /* "." and "..", and that of this listing */
        }
        target[length] = '\0';
        char *inode = strstr(target, ":[");
        if (inode != NULL && inode[2] >= '0' && inode[2] <= '9') {
            *inode = '\0';
        }
        CHECK(count < sizeof kinds / sizeof *kinds, "too many descriptors");
        kinds[count++] = strdup(target);
    }
    closedir(fds);
    qsort(kinds, count, sizeof *kinds, by_text);
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s\n", kinds[i]);
        CHECK(used < size, "the descriptors do not fit");
        free(kinds[i]);
    }
}

static struct {
    int fd;
    uint16_t port;
    pthread_t thread;
} echo;

static void *run_echo(void *unused) {
    (void)unused;
    char datagram[LARGEST];
    for (;;) {
        struct sockaddr_in from;
        socklen_t from_size = sizeof from;
        ssize_t length =
            recvfrom(echo.fd, datagram, sizeof datagram, 0, (struct sockaddr *)&from, &from_size);
        if (length == 0) {
            return NULL; /* an empty datagram is how it is stopped */
        }
        if (length > 0) {
            /* A session may be gone before its answer. */
            (void)sendto(echo.fd, datagram, (size_t)length, 0, (struct sockaddr *)&from, from_size);
        }
    }
}

uint16_t start_echo(void) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    echo.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK(bind(echo.fd, (struct sockaddr *)&address, size) == 0, "%s", strerror(errno));
    CHECK(getsockname(echo.fd, (struct sockaddr *)&address, &size) == 0, "%s", strerror(errno));
    echo.port = ntohs(address.sin_port);
    CHECK(pthread_create(&echo.thread, NULL, run_echo, NULL) == 0, "no thread for the echo server");
    return echo.port;
}

void stop_echo(void) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(echo.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK(sendto(echo.fd, "", 0, 0, (struct sockaddr *)&address, sizeof address) == 0, "%s",
          strerror(errno));
    pthread_join(echo.thread, NULL);
    close(echo.fd);
}

static void put16(uint8_t *at, size_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* From 10.0.0.2 to the echo server; returns the packet's length. */
static size_t datagram(uint8_t *packet, const char *payload) {
    static const uint8_t app[4] = {10, 0, 0, 2}, loopback[4] = {127, 0, 0, 1};
    size_t size = strlen(payload), length = IP_HEADER + UDP_HEADER + size;
    memset(packet, 0, IP_HEADER + UDP_HEADER);
    packet[0] = 0x45;
    put16(packet + 2, length);
    packet[8] = 64;
    packet[9] = UDP;
    memcpy(packet + 12, app, sizeof app);
    memcpy(packet + 16, loopback, sizeof loopback);
    uint32_t sum = 0;
    for (size_t i = 0; i < IP_HEADER; i += 2) {
        sum += (uint32_t)packet[i] << 8 | packet[i + 1];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    put16(packet + 10, ~((sum & 0xffff) + (sum >> 16)) & 0xffff);
    /* The datagram's own checksum stays zero, which is none; IPv4 allows that. */
    put16(packet + IP_HEADER, APP_PORT);
    put16(packet + IP_HEADER + 2, echo.port);
    put16(packet + IP_HEADER + 4, UDP_HEADER + size);
    memcpy(packet + IP_HEADER + UDP_HEADER, payload, size);
    return length;
}

size_t send_datagram(int fd, const char *payload) {
    uint8_t packet[LARGEST];
    size_t length = datagram(packet, payload);
    ssize_t sent = send(fd, packet, length, MSG_NOSIGNAL);
    /* The session may have ended meanwhile. */
    CHECK(sent == (ssize_t)length || errno == EPIPE, "%s", strerror(errno));
    return length;
}

void round_trip(int fd, const char *payload) {
    uint8_t answer[LARGEST];
    uint64_t deadline = now_ms() + LIMIT_MS;
    for (;;) {
        CHECK(now_ms() < deadline, "`%s` did not come back", payload);
        size_t length = send_datagram(fd, payload);
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        if (poll(&readable, 1, 1000) != 1) {
            continue; /* UDP may lose it */
        }
        ssize_t received = recv(fd, answer, sizeof answer, 0);
        CHECK(received > 0, "the session closed its descriptor");
        if ((size_t)received == length && answer[9] == UDP &&
            memcmp(answer + IP_HEADER + UDP_HEADER, payload, strlen(payload)) == 0) {
            return;
        }
    }
}
