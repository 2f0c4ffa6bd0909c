/*
 * Everything about one order, as `amsync order` and `amsync sync` show it. The main thread.
 */
#ifndef AMSYNC_CLI_ORDER_REPORT_H
#define AMSYNC_CLI_ORDER_REPORT_H

#include <jansson.h>

#include "cli/session.h"

/* The object of `order --json`: known, company, order_type, order_nbr, state, reason, next, settled,
 * magento, conditions, shipments, invoices. The caller owns it. RESULT_NONE: the order is gone. Fails as
 * database_query. */
AMSYNC_MUST_USE enum result order_report_read(struct cli_session *session, int64_t sales_order_id,
                                              json_t **ret_report, struct error *err);

/* The object for an order that nothing is known of. NULL only without memory. */
AMSYNC_MUST_USE json_t *order_report_unknown(const char *number, const char *reason,
                                             const char *next);

/* The same for people. */
void order_report_print(const json_t *report, FILE *out);

#endif
