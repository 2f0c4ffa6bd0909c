#include "failing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Up to here each allocation fails once, then every n/EACH-th, so that long operations end. */
#define EACH ((size_t)512)

/* What the linker calls instead (--wrap), and what stands behind it. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
void __real_free(void *pointer);
int __real_vasprintf(char **ret_text, const char *format, va_list arguments) AMSYNC_PRINTF(2, 0);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t size);
void *__wrap_reallocarray(void *pointer, size_t count, size_t size);
void __wrap_free(void *pointer);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
int __wrap_vasprintf(char **ret_text, const char *format, va_list arguments) AMSYNC_PRINTF(2, 0);
int __wrap_asprintf(char **ret_text, const char *format, ...) AMSYNC_PRINTF(2, 3);
int __wrap___vasprintf_chk(char **ret_text, int flag, const char *format, va_list arguments)
    AMSYNC_PRINTF(3, 0);
int __wrap___asprintf_chk(char **ret_text, int flag, const char *format, ...) AMSYNC_PRINTF(3, 4);

static size_t allocations; /* in this run */
static size_t failing_one; /* the number of the one that fails; 0: none */
static bool has_failed;
static long live; /* allocated and not freed */

static bool
is_to_fail(void)
{
    if (++allocations != failing_one)
        return false;
    has_failed = true;
    return true;
}

static void *
counted(void *pointer)
{
    if (pointer != NULL)
        live++;
    return pointer;
}

void *
__wrap_malloc(size_t size)
{
    return is_to_fail() ? NULL : counted(__real_malloc(size));
}

void *
__wrap_calloc(size_t count, size_t size)
{
    return is_to_fail() ? NULL : counted(__real_calloc(count, size));
}

void *
__wrap_realloc(void *pointer, size_t size)
{
    if (is_to_fail())
        return NULL;
    return pointer == NULL ? counted(__real_malloc(size)) : __real_realloc(pointer, size);
}

void *
__wrap_reallocarray(void *pointer, size_t count, size_t size)
{
    size_t bytes = 0;

    return __builtin_mul_overflow(count, size, &bytes) ? NULL : __wrap_realloc(pointer, bytes);
}

void
__wrap_free(void *pointer)
{
    if (pointer != NULL)
        live--;
    __real_free(pointer);
}

char *
__wrap_strndup(const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    char *copy = __wrap_malloc(length + 1);

    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *
__wrap_strdup(const char *text)
{
    return __wrap_strndup(text, strlen(text));
}

/* As glibc, which leaves anything in *ret_text when it fails. */
int
__wrap_vasprintf(char **ret_text, const char *format, va_list arguments)
{
    int length;

    if (is_to_fail()) {
        *ret_text = (char *)-1;
        return -1;
    }
    length = __real_vasprintf(ret_text, format, arguments);
    if (length >= 0)
        live++;
    return length;
}

int
__wrap_asprintf(char **ret_text, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = __wrap_vasprintf(ret_text, format, arguments);
    va_end(arguments);
    return length;
}

int
__wrap___vasprintf_chk(char **ret_text, int flag, const char *format, va_list arguments)
{
    (void)flag;
    return __wrap_vasprintf(ret_text, format, arguments);
}

int
__wrap___asprintf_chk(char **ret_text, int flag, const char *format, ...)
{
    va_list arguments;
    int length;

    (void)flag;
    va_start(arguments, format);
    length = __wrap_vasprintf(ret_text, format, arguments);
    va_end(arguments);
    return length;
}

bool
an_allocation_failed(void)
{
    return has_failed;
}

enum result
made(const void *value, struct error *err)
{
    return value != NULL ? RESULT_OK : error_result(err, RESULT_FAILED, "out of memory");
}

json_t *
copy_without_failing(const json_t *value)
{
    size_t failing_after = failing_one;
    size_t allocations_before = allocations;
    json_t *copy;

    failing_one = 0;
    copy = json_deep_copy(value);
    failing_one = failing_after;
    allocations = allocations_before;
    return copy;
}

/* Whether the n-th allocation was reached. */
static bool
run(operation_fn *operation, void *context, size_t n, enum result expected, bool may_go_on,
    const char *name)
{
    struct error err = {.text = ""};
    enum result result;
    long live_before = live;

    allocations = 0;
    has_failed = false;
    failing_one = n;
    result = operation(context, &err);
    failing_one = 0;
    if (live != live_before)
        fail_msg("%s: %ld left allocated after failure %zu", name, live - live_before, n);
    if (!has_failed || (may_go_on && result == expected)) {
        if (result != expected)
            fail_msg("%s: %s (%s), not %s", name, result_name(result), err.text,
                     result_name(expected));
    } else if (result != RESULT_FAILED || strstr(err.text, "out of memory") == NULL) {
        fail_msg("%s: failure %zu came out as %s (%s)", name, n, result_name(result), err.text);
    }
    return has_failed;
}

size_t
fail_each_allocation(operation_fn *operation, void *context, enum result expected, bool may_go_on,
                     const char *name)
{
    size_t runs = 1;

    for (size_t n = 1; run(operation, context, n, expected, may_go_on, name); n += 1 + n / EACH)
        runs++;
    return runs;
}
