/*
 * Why nothing is known of an order: what has arrived, what was refused, when nothing was accepted.
 * The main thread.
 */
#ifndef AMSYNC_CLI_ORDER_UNKNOWN_H
#define AMSYNC_CLI_ORDER_UNKNOWN_H

#include <jansson.h>

#include "cli/session.h"

/* A number that no order, shipment or invoice has; NULL: any company, any kind of number. */
struct unknown_number {
    const char *company;
    const char *order_type;
    const char *number;
};

/* The object of `order --json` for it: known (false), order_nbr, reason and next, which are the
 * texts of lines [] (the answer, then what is likely the cause) and steps [] (the first to take
 * first), each in one, last_notifications {order, shipment, invoice: {at, number} or null}, refused
 * {since, counts [{http_status, requests, last_at, last_message}]}, not_accepting [{from, to}],
 * notification {id, at, query, taken_in, remarks} or null. The caller owns it. Fails as
 * database_query. */
AMSYNC_MUST_USE enum result order_unknown_report(struct cli_session *session,
                                                 const struct unknown_number *unknown,
                                                 json_t **ret_report, struct error *err);

#endif
