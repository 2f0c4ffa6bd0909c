#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/connection.h"

static const struct listener_deadlines deadlines = {
    .header_ms = 100,
    .idle_ms = 700,
    .body_ms = 300,
    .body_pause_ms = 50,
    .answer_ms = 40,
};

/* A connection with both its ends. */
struct pair {
    struct connection_set set;
    struct connection *connection;
    int ends[2];
};

static void
open_pair(struct pair *pair, bool excess)
{
    connection_set_init(&pair->set, &deadlines);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair->ends), 0);
    pair->connection = connection_open(&pair->set, pair->ends[0], excess, 1000);
    assert_non_null(pair->connection);
    assert_int_equal(pair->set.count, 1);
}

static void
close_pair(struct pair *pair)
{
    connection_close(&pair->set, pair->connection);
    assert_int_equal(pair->set.count, 0);
    assert_null(pair->set.first);
    (void)close(pair->ends[0]);
    (void)close(pair->ends[1]);
}

static bool
is_cut(const struct pair *pair)
{
    struct pollfd peer = {.fd = pair->ends[1], .events = POLLIN};

    return poll(&peer, 1, 0) == 1 && (peer.revents & POLLHUP) != 0;
}

/* The deadline is at this time and not before. */
static void
expect_deadline(struct pair *pair, int64_t at_ms)
{
    connection_set_expire(&pair->set, at_ms - 1);
    assert_false(is_cut(pair));
    assert_true(connection_set_next_ms(&pair->set) <= at_ms);
    connection_set_expire(&pair->set, at_ms);
    assert_true(is_cut(pair));
    assert_int_equal(connection_set_next_ms(&pair->set), INT64_MAX);
}

static void
test_header(void **state)
{
    struct pair pair;

    (void)state;
    open_pair(&pair, false);
    expect_deadline(&pair, 1100);
    close_pair(&pair);
}

static void
test_idle(void **state)
{
    struct pair pair;

    (void)state;
    open_pair(&pair, false);
    connection_idles(&pair.set, pair.connection, 1010);
    expect_deadline(&pair, 1710);
    close_pair(&pair);
}

static void
test_body_pause(void **state)
{
    struct pair pair;

    (void)state;
    open_pair(&pair, false);
    connection_reads_body(&pair.set, pair.connection, 1010);
    connection_reads_body(&pair.set, pair.connection, 1050);
    expect_deadline(&pair, 1100);
    close_pair(&pair);
}

/* Pieces that keep coming do not put off the end of the whole. */
static void
test_whole_body(void **state)
{
    struct pair pair;

    (void)state;
    open_pair(&pair, false);
    for (int64_t now_ms = 1000; now_ms < 1300; now_ms += 20) {
        connection_reads_body(&pair.set, pair.connection, now_ms);
        connection_set_expire(&pair.set, now_ms);
    }
    expect_deadline(&pair, 1300);
    close_pair(&pair);
}

/* The next request's body has its own time. */
static void
test_second_body(void **state)
{
    struct pair pair;

    (void)state;
    open_pair(&pair, false);
    connection_reads_body(&pair.set, pair.connection, 1000);
    connection_answers(&pair.set, pair.connection, 1010);
    connection_idles(&pair.set, pair.connection, 1020);
    connection_reads_body(&pair.set, pair.connection, 1600);
    expect_deadline(&pair, 1650);
    close_pair(&pair);
}

static void
test_waiting_has_no_deadline(void **state)
{
    struct pair pair;

    (void)state;
    open_pair(&pair, false);
    connection_reads_body(&pair.set, pair.connection, 1000);
    connection_waits(pair.connection);
    connection_set_expire(&pair.set, 1000000);
    assert_false(is_cut(&pair));
    connection_answers(&pair.set, pair.connection, 1000000);
    expect_deadline(&pair, 1000040);
    close_pair(&pair);
}

static void
test_excess(void **state)
{
    struct pair pair;

    (void)state;
    open_pair(&pair, true);
    assert_true(pair.connection->excess);
    expect_deadline(&pair, 3000);
    close_pair(&pair);
}

static void
test_quiesce(void **state)
{
    struct pair idle;
    struct pair busy;

    (void)state;
    open_pair(&idle, false);
    connection_set_quiesce(&idle.set);
    assert_true(is_cut(&idle));
    close_pair(&idle);
    open_pair(&busy, false);
    connection_reads_body(&busy.set, busy.connection, 1000);
    connection_set_quiesce(&busy.set);
    assert_false(is_cut(&busy));
    connection_answers(&busy.set, busy.connection, 1010);
    assert_false(is_cut(&busy));
    connection_idles(&busy.set, busy.connection, 1020);
    assert_true(is_cut(&busy));
    close_pair(&busy);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),      cmocka_unit_test(test_idle),
        cmocka_unit_test(test_body_pause),  cmocka_unit_test(test_whole_body),
        cmocka_unit_test(test_second_body), cmocka_unit_test(test_waiting_has_no_deadline),
        cmocka_unit_test(test_excess),      cmocka_unit_test(test_quiesce),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
