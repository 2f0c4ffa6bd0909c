/*
 * The answers to /livez, /readyz and /healthz.
 */
#ifndef AMSYNC_HTTP_PROBES_H
#define AMSYNC_HTTP_PROBES_H

#include <stdbool.h>

#include "http/listener.h"
#include "http/readiness.h"
#include "http/routes.h"

/* Answers a request for the route of a probe: 200, or 503 when not ready. `details`: says also what
 * is not in order. The thread that runs the exchange's listener. */
enum exchange_step probe_answer(const struct exchange *exchange, const struct route *route,
                                struct readiness *readiness, bool details);

#endif
