/* Workers: each takes claimed orders one after the other and brings them to Magento. */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/failure_point.h"
#include "base/log.h"
#include "sync/crew.h"
#include "sync/reconcile.h"

/* Whether an order has waited for this worker so long that it would hardly come to a call that changes
 * something: half of the time is gone in which one may leave. */
static bool
is_out_of_date(const struct settings *settings, const struct claimed_order *order)
{
    int64_t to_leave_ms = settings->magento_timeout_ms + CREW_LEASE_MARGIN_MS;
    int64_t last_leaving_ms =
        order->deadline_boottime_ms - settings->magento_timeout_ms - settings->magento_quiet_ms;

    return clock_boottime_ms() > last_leaving_ms - to_leave_ms / 2;
}

/* The order is due as before, and in its place in the queue. */
static void
give_back(struct crew *crew, struct job *job)
{
    struct outcome *outcome = outcome_new(job->order);

    if (outcome == NULL) {
        crew_forget(crew, 1);
        return;
    }
    job->order = NULL;
    crew_add_outcome(crew, outcome, false);
}

static void
work_on(struct crew *crew, struct session *session, struct job *job)
{
    struct reconcile_settings settings = {
        .max_attempts = crew->settings->max_attempts,
        .quiet_ms = (unsigned)crew->settings->magento_quiet_ms,
        .late_save_ms = (unsigned)crew->settings->late_save_ms,
        .log_bodies = crew->settings->log_bodies,
    };
    struct outcome *outcome = NULL;
    struct error err = {0};

    failure_point_reach(FAILURE_POINT_WORK_BEGUN, job->order->order_nbr);
    if (reconcile(session, &settings, job->rules, TAKE_PTR(job->order), &outcome, &err) ==
        RESULT_OK) {
        failure_point_reach(FAILURE_POINT_OUTCOME_BEFORE_HANDOVER, outcome->order->order_nbr);
        crew_add_outcome(crew, outcome, magento_client_has_asked(session->client));
        return;
    }
    /* Its claim runs out, and only then is it looked at again. */
    log_error("sync.order_failed", "An order could not be worked on: %s", err.text);
    crew_forget(crew, 1);
}

void *
worker_main(void *context)
{
    struct crew *crew = context;
    struct session session;

    if (crew_session(crew, &session) == RESULT_OK) {
        struct job *job;

        while ((job = crew_take_job(crew)) != NULL) {
            if (is_out_of_date(crew->settings, job->order))
                give_back(crew, job);
            else
                work_on(crew, &session, job);
            job_free(&job);
        }
        magento_client_free(&session.client);
    } else {
        log_error("sync.worker_failed", "A worker could not start: out of memory");
    }
    crew_thread_ended(crew);
    return NULL;
}
