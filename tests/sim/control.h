/*
 * The control API, on the simulator's own port. Bodies and answers are JSON; a request that does
 * not fit is answered with 400 {"message": ...}.
 *
 * GET  /_sim/ledger               {"orders": [...]}: each as GET /V1/orders/{id} shows it, plus
 *      "shipments" and "invoices" (as their reads show them, with items, tracks, comments) and
 *      "steps", what was done to it, oldest first (sim/ledger.h). ?order_id=, ?increment_id= or
 *      ?ext_order_id= (exactly) leave only those.
 * GET  /_sim/requests             {"total", "counts": {"POST /V1/orders 200": 3, ...},
 *      "schema_violations", "violations": [texts], "last": [{"method", "target", "body", "status",
 *      "at", "fault", "in_flight", "answered"}]} (sim/journal.h), oldest first; ?last=N for how many of the newest (50, at most 1024).
 *      Status 0: closed without an answer. The control API itself is not counted.
 * POST /_sim/reset                forgets orders, requests, nonces and faults; settings stay.
 * POST /_sim/faults              adds the rules of a list (sim/faults.h); GET shows them with
 *      "matched" and "hits", DELETE takes all of them away.
 * POST /_sim/settings             any of "bearer", "integrations", "without" (sim/auth.h),
 *      "known_products", "unknown_products", "stock", "sources" (sim/catalogue.h), "maintenance",
 *      "strict", "ignores_fields" (booleans), "delay_ms" (a number).
 * POST /_sim/orders/{id}/by-hand  {"action": ...}, what a person does in the admin: "hold",
 *      "unhold", "cancel", "ship" and "invoice" (with the body of the call as "body", or
 *      everything), "comment" (with "text"), "delete", "edit" (with "columns" of the order to set;
 *      null unsets one). 409 when the order's state does not allow it.
 */
#ifndef AMSYNC_SIM_CONTROL_H
#define AMSYNC_SIM_CONTROL_H

#include "sim/service.h"

/* Answers a request whose path begins with "/_sim/". */
void control_handle(struct service *service, const struct server_request *request,
                    const struct target *target, struct answer *answer);

#endif
