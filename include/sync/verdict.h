/*
 * Writing verdicts (sync/plan.h). A text that finds no memory leaves NULL, which plan_make looks for
 * once, at its end. Pure; any thread.
 */
#ifndef AMSYNC_SYNC_VERDICT_H
#define AMSYNC_SYNC_VERDICT_H

#include "base/buffer.h"
#include "base/error.h"
#include "sync/plan.h"

/* Replaces state and reason, and takes back the advice. */
void verdict_set(struct verdict *verdict, enum document_state state, const char *format, ...)
    AMSYNC_PRINTF(3, 4);

/* Skipped, and nothing that comes later changes that. */
void verdict_leave_out(struct verdict *verdict, const char *format, ...) AMSYNC_PRINTF(2, 3);

/* The advice. */
void verdict_advise(struct verdict *verdict, const char *format, ...) AMSYNC_PRINTF(2, 3);

/* Likewise what was put together in a buffer, which may have been cut. */
void verdict_advise_buffer(struct verdict *verdict, const struct buffer *advice);

/* One thing that it waits for: added to the others after a semicolon; likewise their advice. */
void verdict_wait_for(struct verdict *verdict, const char *format, ...) AMSYNC_PRINTF(2, 3);
void verdict_advise_also(struct verdict *verdict, const char *format, ...) AMSYNC_PRINTF(2, 3);

void verdict_clear(struct verdict *verdict);

#endif
