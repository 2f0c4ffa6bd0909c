#include "cli/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "store/heartbeat.h"

int
cli_session_start(struct cli_call *call, struct cli_session *ret_session)
{
    return cli_session_start_with(call, SETTINGS_DATABASE, ret_session);
}

int
cli_session_start_with(struct cli_call *call, unsigned parts, struct cli_session *ret_session)
{
    int exit_code = cli_load_settings(call, parts, &ret_session->settings);

    if (exit_code != CLI_EXIT_DONE)
        return exit_code;

    struct error err;
    enum result result = database_open(ret_session->settings.database_url, "amsync cli",
                                       DATABASE_TIMEOUT_MS, &ret_session->database, &err);

    if (result == RESULT_OK)
        return CLI_EXIT_DONE;
    exit_code = cli_fail(call, result, &err);
    return result == RESULT_REJECTED ? CLI_EXIT_USAGE : exit_code;
}

void
cli_session_finish(struct cli_session *session)
{
    database_close(&session->database);
    settings_finish(&session->settings);
}

int
cli_order_arguments(struct cli_call *call, const char **ret_type, const char **ret_number)
{
    switch (call->argument_count) {
    case 1:
        *ret_type = NULL;
        *ret_number = call->arguments[0];
        return CLI_EXIT_DONE;
    case 2:
        *ret_type = call->arguments[0];
        *ret_number = call->arguments[1];
        return CLI_EXIT_DONE;
    default:
        return cli_usage_error(call, "give a number, or an order type and a number");
    }
}

static void
keep_first(struct found_order *orders, size_t count, struct found_order **ret_order)
{
    for (size_t i = 1; i < count; i++) {
        free(orders[i].company);
        free(orders[i].order_type);
        free(orders[i].order_nbr);
    }
    *ret_order = orders;
}

static void
print_choices(struct cli_call *call, const char *number, const struct found_order *orders,
              size_t count)
{
    (void)fprintf(call->err, "amsync %s: %s is ambiguous; say which:\n", call->command->name,
                  number);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(call->err, "  amsync %s %s %s --company %s\n", call->command->name,
                      orders[i].order_type, orders[i].order_nbr, orders[i].company);
}

/* As Acumatica writes numbers and types. */
static char *
upper_case(const char *text)
{
    char *copy = strdup(text);

    for (char *c = copy; c != NULL && *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    return copy;
}

enum result
cli_orders_find(struct cli_session *session, const char *company, const char *order_type,
                const char *number, struct found_order **ret_orders, size_t *ret_count,
                struct error *err)
{
    AMSYNC_CLEANUP(cleanup_free) char *upper_number = upper_case(number);
    AMSYNC_CLEANUP(cleanup_free)
    char *upper_type = order_type != NULL ? upper_case(order_type) : NULL;
    enum result result =
        orders_find(session->database, company, order_type, number, ret_orders, ret_count, err);

    if (result != RESULT_NONE)
        return result;
    if (upper_number == NULL || (order_type != NULL && upper_type == NULL))
        return error_result(err, RESULT_FAILED, "out of memory");
    if (strcmp(number, upper_number) == 0 &&
        (order_type == NULL || strcmp(order_type, upper_type) == 0))
        return RESULT_NONE;
    return orders_find(session->database, company, upper_type, upper_number, ret_orders, ret_count,
                       err);
}

bool
cli_nobody_serves(struct cli_session *session)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *programs = NULL;

    return programs_running(session->database, &programs, NULL) == RESULT_OK &&
           json_array_size(programs) == 0;
}

int
cli_find_order(struct cli_call *call, struct cli_session *session, const char *company,
               const char *order_type, const char *number, struct found_order **ret_order,
               bool *ret_unknown)
{
    struct found_order *orders = NULL;
    size_t count = 0;
    struct error err;
    enum result result =
        cli_orders_find(session, company, order_type, number, &orders, &count, &err);

    *ret_unknown = result == RESULT_NONE;
    if (result == RESULT_NONE)
        return CLI_EXIT_NO;
    if (result != RESULT_OK)
        return cli_fail(call, result, &err);
    if (count > 1) {
        print_choices(call, number, orders, count);
        found_orders_free(&orders, count);
        return CLI_EXIT_USAGE;
    }
    keep_first(orders, count, ret_order);
    return CLI_EXIT_DONE;
}
