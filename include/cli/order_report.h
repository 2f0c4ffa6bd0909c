/*
 * Everything about one order, as `amsync order` and `amsync sync` show it. The main thread.
 */
#ifndef AMSYNC_CLI_ORDER_REPORT_H
#define AMSYNC_CLI_ORDER_REPORT_H

#include <jansson.h>

#include "cli/session.h"

/* The object of `order --json`: known, company, order_type, order_nbr, state, for_good (skipped, and
 * nothing changes that), reason, acumatica_status (or null), updated_at, next, settled, magento,
 * forced, in_scope, conditions (which matter in scope only), shipments, invoices. The caller owns
 * it. RESULT_NONE: the order is gone. Fails as database_query. */
AMSYNC_MUST_USE enum result order_report_read(struct cli_session *session, int64_t sales_order_id,
                                              json_t **ret_report, struct error *err);

/* That, or the object of cli/order_unknown.h, for people. */
void order_report_print(const json_t *report, FILE *out);

#endif
