/*
 * Allocation failures: an operation is run again and again, with its first allocation failing, then
 * its second, and so on, until it comes through without a failure.
 *
 * The linker puts the functions of failing.c in the place of malloc and the like (--wrap, see
 * meson.build), for jansson, too, which allocates by way of base/json.c; those of other libraries and
 * of libc itself do not fail. One thread.
 */
#ifndef AMSYNC_TESTS_ALLOCATION_FAILURES_FAILING_H
#define AMSYNC_TESTS_ALLOCATION_FAILURES_FAILING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/error.h"

/*
 * What is run. It frees all that it made, and asserts that outputs are as they were where it fails.
 * `context` is not changed by it. It must do the same each time.
 */
typedef enum result operation_fn(void *context, struct error *err);

/*
 * Runs the operation with each of its allocations failing, but of an operation of very many only
 * some of the later ones. Every failure must come out as RESULT_FAILED with a text that says
 * "out of memory", or, where `may_go_on`, as `expected`; and nothing may be left allocated. Without
 * a failure it must come out as `expected`. Returns how often it was run.
 */
size_t fail_each_allocation(operation_fn *operation, void *context, enum result expected,
                            bool may_go_on, const char *name);

/* RESULT_OK if `value` is there, else as an operation fails that has no text of its own. */
enum result made(const void *value, struct error *err);

/* For an operation that changes its input. jansson's copies are cut short where memory runs out, and
 * do not tell. */
json_t *copy_without_failing(const json_t *value);

/* Whether an allocation has failed in this run. */
bool an_allocation_failed(void);

#endif
