/*
 * Notifications for the tests of intake: put into the queue as if they had just been accepted.
 */
#ifndef AMSYNC_TESTS_STORE_INTAKE_SUPPORT_H
#define AMSYNC_TESTS_STORE_INTAKE_SUPPORT_H

#include "support.h"

#include "intake/run.h"
#include "store/document_kind.h"

/* Stores and queues a notification; fails the test on an error. */
void test_queue(enum document_kind kind, const char *company, const char *body);

/* Takes batches of at most `max` until the queue is empty; how many notifications left it. */
size_t test_take_in_all(struct database *database, size_t max);

#endif
