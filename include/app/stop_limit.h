/*
 * The last resort of a stop: a PostgreSQL that is there but does not answer would keep `serve` long
 * after whoever stops it has lost patience and sends SIGKILL, which says nothing.
 */
#ifndef AMSYNC_APP_STOP_LIMIT_H
#define AMSYNC_APP_STOP_LIMIT_H

#include "base/error.h"

/*
 * Ends the process `ms` from now with exit status 1 and a line that says so, unless it has ended by
 * then. Nothing that was acknowledged is lost by it: what was under way is seen when its claims have
 * run out. Called once, by the main thread. RESULT_FAILED: no thread could be started.
 */
AMSYNC_MUST_USE enum result stop_limit_set(unsigned ms, struct error *err);

#endif
