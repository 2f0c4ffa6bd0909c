/* The parts of the load generator whose mistakes would show as wrong figures, not as failures. */
#include "answer.h"
#include "latencies.h"
#include "message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void
feed(struct answer *answer, const char *bytes, enum answer_progress expected)
{
    assert_int_equal(answer_feed(answer, bytes, strlen(bytes)), expected);
}

static void
an_answer_is_complete_at_its_last_byte_however_it_is_cut(void **state)
{
    (void)state;
    static const char whole[] = "HTTP/1.1 202 Accepted\r\ncontent-length: 5\r\n\r\nhello";
    for (size_t cut = 1; cut < sizeof(whole) - 1; cut++) {
        struct answer answer = {0};
        assert_int_equal(answer_feed(&answer, whole, cut), ANSWER_PARTIAL);
        assert_int_equal(answer_feed(&answer, whole + cut, sizeof(whole) - 1 - cut),
                         ANSWER_COMPLETE);
        assert_int_equal(answer.status, 202);
        assert_false(answer.closes);
    }
}

static void
a_reset_answer_takes_the_next_one(void **state)
{
    (void)state;
    struct answer answer = {0};
    feed(&answer, "HTTP/1.1 503 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
         ANSWER_COMPLETE);
    assert_int_equal(answer.status, 503);
    assert_true(answer.closes);
    answer_reset(&answer);
    feed(&answer, "HTTP/1.1 204 None\r\n\r\n", ANSWER_COMPLETE);
    assert_int_equal(answer.status, 204);
    assert_false(answer.closes);
}

static void
what_is_no_answer_is_broken(void **state)
{
    (void)state;
    struct answer no_http = {0};
    feed(&no_http, "SSH-2.0-OpenSSH\r\n\r\n", ANSWER_BROKEN);
    struct answer no_length = {0};
    feed(&no_length, "HTTP/1.1 200 OK\r\n\r\n", ANSWER_BROKEN);
    struct answer too_long = {0};
    feed(&too_long, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", ANSWER_BROKEN);
    static char header[ANSWER_HEADER_MAX + 1];
    memset(header, 'x', sizeof(header));
    struct answer endless = {0};
    assert_int_equal(answer_feed(&endless, header, sizeof(header)), ANSWER_BROKEN);
}

static void
each_slot_gets_the_number(void **state)
{
    (void)state;
    char path[] = "/tmp/amsync-test-load-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    static const char text[] = "a@b.c @@@@@@@@ @@@@@@@@@@";
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    (void)close(fd);
    struct message message;
    struct message copy;
    assert_true(message_read(path, &message));
    (void)unlink(path);
    assert_int_equal(message.slot_count, 2);
    assert_true(message_copy(&message, &copy));
    message_number(&copy, 1234567890123U);
    assert_memory_equal(copy.bytes, "a@b.c 67890123 4567890123", copy.length);
    message_number(&copy, 7);
    assert_memory_equal(copy.bytes, "a@b.c 00000007 0000000007", copy.length);
    assert_memory_equal(message.bytes, text, message.length);
    message_copy_free(&copy);
    message_free(&message);
    assert_false(message_read(path, &message));
}

static void
quantiles_are_values_that_were_measured(void **state)
{
    (void)state;
    struct latencies latencies = {0};
    assert_int_equal(latencies_quantile(&latencies, 0.99), 0);
    for (uint64_t value = 200000; value > 0; value--)
        assert_true(latencies_add(&latencies, value));
    latencies_sort(&latencies);
    assert_int_equal(latencies_quantile(&latencies, 0.5), 100000);
    assert_int_equal(latencies_quantile(&latencies, 0.999), 199800);
    assert_int_equal(latencies_quantile(&latencies, 1), 200000);
    assert_int_equal(latencies_quantile(&latencies, 0), 1);
    free(latencies.values_us);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_complete_at_its_last_byte_however_it_is_cut),
        cmocka_unit_test(a_reset_answer_takes_the_next_one),
        cmocka_unit_test(what_is_no_answer_is_broken),
        cmocka_unit_test(each_slot_gets_the_number),
        cmocka_unit_test(quantiles_are_values_that_were_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
