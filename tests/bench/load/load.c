/*
 * load: sends numbered HTTP requests over many keep-alive connections and says how it went.
 *
 * Closed loop without --rate: each connection sends its next request when the last one is answered.
 * With --rate, requests are due at fixed times, and latency counts from when each was due, so that
 * a server that stalls cannot hide it.
 */
#include "base/text.h"
#include "client.h"
#include "latencies.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define EXIT_USAGE 2
#define EVENTS_MAX 1024
#define MESSAGES_MAX 16
#define BROKEN_MAX 10000            /* the server is gone */
#define LAST_ANSWERS_US 60000000ULL /* how long the last answers are waited for */

static const char usage[] =
    "usage: load --port PORT --request FILE [--request FILE]... [--connections N]\n"
    "            [--time-ms T] [--warmup-ms T] [--count N] [--first N] [--rate PER_SECOND]\n"
    "To a server on 127.0.0.1. FILE has a whole HTTP request; each run of eight or more '@' in it\n"
    "becomes its number. Several are sent one after the other, as one round. Ends after a time, "
    "or\n"
    "after N rounds.\n";

struct options {
    struct sockaddr_in address;
    struct message messages[MESSAGES_MAX];
    size_t message_count;
    size_t connections;
    uint64_t time_ms;
    uint64_t warmup_ms;
    uint64_t count; /* instead of a time, unless 0 */
    uint64_t first;
    uint64_t rate; /* 0: closed loop */
};

struct load {
    const struct options *options;
    int epoll_fd;
    struct client *clients;
    struct client **idle;
    size_t idle_count;
    uint64_t started; /* rounds */
    uint64_t begin_us;
    double began_s;        /* since 1970 */
    uint64_t measure_us;   /* what is answered from here on counts */
    uint64_t end_us;       /* until here; and nothing is started any more */
    uint64_t last_us;      /* the last answer that counts */
    uint64_t acknowledged; /* in all: 2xx */
    uint64_t accepted;     /* those of them that count */
    uint64_t refused;      /* in all: another status */
    uint64_t broken;       /* in all: no answer */
    unsigned refused_status;
    struct latencies latencies;
};

static uint64_t
now_us(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

static double
wall_clock_s(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
fail(const char *what)
{
    (void)fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

/* When the next round is due. */
static uint64_t
due_us(const struct load *load)
{
    if (load->options->rate == 0)
        return load->begin_us;
    return load->begin_us + load->started * 1000000U / load->options->rate;
}

static bool
has_more(const struct load *load, uint64_t now)
{
    if (load->options->count)
        return load->started < load->options->count;
    return now < load->end_us;
}

static void
make_idle(struct load *load, struct client *client)
{
    load->idle[load->idle_count++] = client;
}

static void
note(struct load *load, struct client *client, enum client_progress progress)
{
    if (progress == CLIENT_WAITS)
        return;
    uint64_t now = now_us();
    if (progress == CLIENT_BROKEN) {
        bool was_busy = client->busy; /* else an idle connection that the server closed */
        client->busy = false;
        load->broken += was_busy;
        if (load->broken > BROKEN_MAX || !client_connect(client))
            fail("connection");
        if (!was_busy)
            return;
    } else if (client->status < 200 || client->status >= 300) {
        load->refused++;
        load->refused_status = client->status;
    } else {
        load->acknowledged++;
        if (now >= load->measure_us && now <= load->end_us) {
            load->accepted++;
            load->last_us = now;
            if (!latencies_add(&load->latencies, now - client->started_us))
                fail("latencies");
        }
    }
    make_idle(load, client);
}

static void
start_due(struct load *load)
{
    while (load->idle_count > 0) {
        uint64_t now = now_us();
        uint64_t due = due_us(load);
        if (!has_more(load, now) || due > now)
            return;
        struct client *client = load->idle[--load->idle_count];
        uint64_t number = load->options->first + load->started++;
        note(load, client, client_start(client, number, load->options->rate > 0 ? due : now));
    }
}

/* Waits for what comes first: an answer, the next due round, the end. */
static int
wait_for_events(const struct load *load, struct epoll_event *events)
{
    uint64_t now = now_us();
    uint64_t until = load->end_us;
    if (has_more(load, now)) {
        uint64_t due = due_us(load);
        if (load->idle_count > 0 && due < until)
            until = due;
    } else {
        until = now + 1000000U;
    }
    uint64_t left = until > now ? until - now : 0;
    struct timespec timeout = {.tv_sec = (time_t)(left / 1000000U),
                               .tv_nsec = (long)(left % 1000000U) * 1000};
    return epoll_pwait2(load->epoll_fd, events, EVENTS_MAX, &timeout, NULL);
}

static void
run(struct load *load)
{
    static struct epoll_event events[EVENTS_MAX];
    uint64_t give_up_us = load->end_us + LAST_ANSWERS_US;
    while (true) {
        start_due(load);
        uint64_t now = now_us();
        if (load->idle_count == load->options->connections && !has_more(load, now))
            return;
        if (now > give_up_us)
            return;
        int count = wait_for_events(load, events);
        if (count < 0 && errno != EINTR)
            fail("epoll_pwait2");
        for (int i = 0; i < count; i++) {
            struct client *client = events[i].data.ptr;
            note(load, client, client_proceed(client));
        }
    }
}

static void
prepare(struct load *load, const struct options *options)
{
    *load = (struct load){.options = options, .epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    load->clients = calloc(options->connections, sizeof(*load->clients));
    load->idle = calloc(options->connections, sizeof(struct client *));
    if (load->epoll_fd < 0 || !load->clients || !load->idle)
        fail("start");
    for (size_t i = 0; i < options->connections; i++) {
        if (!client_init(&load->clients[i], load->epoll_fd, &options->address, options->messages,
                         options->message_count))
            fail("connect");
        make_idle(load, &load->clients[i]);
    }
    load->begin_us = now_us();
    load->began_s = wall_clock_s();
    load->measure_us = load->begin_us + options->warmup_ms * 1000U;
    load->end_us =
        options->count ? UINT64_MAX - LAST_ANSWERS_US : load->measure_us + options->time_ms * 1000U;
    load->last_us = load->measure_us;
}

static double
cpu_seconds(void)
{
    struct rusage used = {0};
    (void)getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void
report(struct load *load)
{
    uint64_t span_us =
        load->options->count ? load->last_us - load->begin_us : load->end_us - load->measure_us;
    double seconds = (double)span_us / 1e6;
    latencies_sort(&load->latencies);
    (void)printf(
        "{\"began_s\":%.6f,\"acknowledged\":%llu,\"accepted\":%llu,\"refused\":%llu,\"refused_"
        "status\":%u,\"broken\":%llu,"
        "\"started\":%llu,\"seconds\":%.6f,\"per_second\":%.3f,\"p50_us\":%u,"
        "\"p99_us\":%u,\"p999_us\":%u,\"max_us\":%u,\"cpu_seconds\":%.3f}\n",
        load->began_s, (unsigned long long)load->acknowledged, (unsigned long long)load->accepted,
        (unsigned long long)load->refused, load->refused_status, (unsigned long long)load->broken,
        (unsigned long long)load->started, seconds,
        seconds > 0 ? (double)load->accepted / seconds : 0,
        latencies_quantile(&load->latencies, 0.5), latencies_quantile(&load->latencies, 0.99),
        latencies_quantile(&load->latencies, 0.999), latencies_quantile(&load->latencies, 1),
        cpu_seconds());
}

static void
finish(struct load *load)
{
    for (size_t i = 0; i < load->options->connections; i++)
        client_close(&load->clients[i]);
    free(load->clients);
    free(load->idle);
    free(load->latencies.values_us);
    (void)close(load->epoll_fd);
}

static bool
parse_option(int option, const char *value, struct options *options)
{
    if (option == 'q')
        return options->message_count < MESSAGES_MAX &&
               message_read(value, &options->messages[options->message_count++]);
    int64_t number = 0;
    if (parse_int64(value, 0, INT32_MAX, &number) != RESULT_OK)
        return false;
    switch (option) {
    case 'p':
        options->address.sin_port = htons((uint16_t)number);
        return number > 0 && number <= UINT16_MAX;
    case 'c':
        options->connections = (size_t)number;
        return number > 0;
    case 't':
        options->time_ms = (uint64_t)number;
        return number > 0;
    case 'w':
        options->warmup_ms = (uint64_t)number;
        return true;
    case 'n':
        options->count = (uint64_t)number;
        return number > 0;
    case 'f':
        options->first = (uint64_t)number;
        return true;
    case 'r':
        options->rate = (uint64_t)number;
        return number > 0;
    default:
        return false;
    }
}

static bool
parse_options(int argc, char **argv, struct options *options)
{
    static const struct option names[] = {{"port", required_argument, NULL, 'p'},
                                          {"request", required_argument, NULL, 'q'},
                                          {"connections", required_argument, NULL, 'c'},
                                          {"time-ms", required_argument, NULL, 't'},
                                          {"warmup-ms", required_argument, NULL, 'w'},
                                          {"count", required_argument, NULL, 'n'},
                                          {"first", required_argument, NULL, 'f'},
                                          {"rate", required_argument, NULL, 'r'},
                                          {NULL, 0, NULL, 0}};
    int option = 0;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (!parse_option(option, optarg, options))
            return false;
    }
    return optind == argc && options->message_count > 0 && options->address.sin_port != 0;
}

int
main(int argc, char **argv)
{
    static struct options options = {.connections = 1, .time_ms = 1000};
    options.address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (!parse_options(argc, argv, &options)) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    struct load load;
    prepare(&load, &options);
    run(&load);
    report(&load);
    finish(&load);
    for (size_t i = 0; i < options.message_count; i++)
        message_free(&options.messages[i]);
    return EXIT_SUCCESS;
}
