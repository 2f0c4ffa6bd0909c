#include "http/admin.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "http/answer.h"
#include "http/listener.h"
#include "http/metrics_page.h"
#include "http/metrics_text.h"
#include "http/probes.h"
#include "http/wakeup.h"

#include <poll.h>
#include <pthread.h>

struct admin {
    struct listener *listener;
    struct admin_options options;
    int stop; /* eventfd */
    bool running;
    pthread_t thread;
};

static enum exchange_step
answer_metrics(const struct admin *admin, const struct exchange *exchange)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer page = BUFFER_INITIAL(METRICS_PAGE_MAX_BYTES);
    const struct admin_options *options = &admin->options;
    struct metrics_view view = {
        .gauges = gauge_board_look(&options->metrics->gauges, clock_boottime_ms()),
        .process = process_facts_read(),
    };

    view.pool_runs = options->look_at_pool(options->context, &view.pool);
    metrics_page_write(&page, options->metrics, &view);
    if (buffer_result(&page) != RESULT_OK ||
        !answer_text(exchange->connection, MHD_HTTP_OK, METRICS_TEXT_CONTENT_TYPE,
                     buffer_text(&page), false))
        return EXCHANGE_ABORT;
    return EXCHANGE_ANSWERED;
}

static enum exchange_step
admin_begin(void *context, struct exchange *exchange)
{
    const struct admin *admin = context;
    const struct route *route = route_find(ROUTE_ON_ADMIN, exchange->path);

    if (route == NULL || !route_accepts(route, exchange->method))
        return answer_unrouted(exchange->connection, route) ? EXCHANGE_ANSWERED : EXCHANGE_ABORT;
    if (route->target == ROUTE_METRICS)
        return answer_metrics(admin, exchange);
    return probe_answer(exchange, route, admin->options.readiness, true);
}

static void *
admin_main(void *argument)
{
    struct admin *admin = argument;
    struct pollfd ready[] = {
        {.fd = listener_epoll_fd(admin->listener), .events = POLLIN},
        {.fd = admin->stop, .events = POLLIN},
    };

    while ((ready[1].revents & POLLIN) == 0) {
        (void)poll(ready, sizeof(ready) / sizeof(ready[0]),
                   listener_wait_ms(admin->listener, clock_boottime_ms()));
        listener_run(admin->listener, clock_boottime_ms());
    }
    return NULL;
}

enum result
admin_start(const struct admin_options *admin_options, struct admin **ret_admin, struct error *err)
{
    AMSYNC_CLEANUP(admin_stop) struct admin *admin = calloc(1, sizeof(*admin));

    if (admin == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    admin->options = *admin_options;
    admin->stop = -1;
    const struct listener_options options = {
        .address = admin_options->address,
        .max_connections = ADMIN_MAX_CONNECTIONS,
        .deadlines = listener_default_deadlines,
        .handler = {.context = admin, .begin = admin_begin},
    };
    enum result result = listener_start(&options, &admin->listener, err);
    if (result == RESULT_OK)
        result = wakeup_open(&admin->stop, err);
    if (result != RESULT_OK)
        return result;
    if (pthread_create(&admin->thread, NULL, admin_main, admin) != 0)
        return error_result(err, RESULT_FAILED, "no thread for the admin listener");
    admin->running = true;
    *ret_admin = TAKE_PTR(admin);
    return RESULT_OK;
}

const char *
admin_address(const struct admin *admin)
{
    return listener_address(admin->listener);
}

void
admin_stop(struct admin **admin)
{
    if (*admin == NULL)
        return;
    if ((*admin)->running) {
        wakeup_send((*admin)->stop);
        (void)pthread_join((*admin)->thread, NULL);
    }
    listener_stop(&(*admin)->listener);
    cleanup_close(&(*admin)->stop);
    free(*admin);
    *admin = NULL;
}
