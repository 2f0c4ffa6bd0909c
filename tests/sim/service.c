#include "sim/service.h"

#include "sim/control.h"
#include "sim/input.h"
#include "sim/route.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SIM_PREFIX "/_sim/"

/* Magento renders JSON and XML; the simulator only JSON. */
static bool
accepts(const char *accept)
{
    return !*accept || strstr(accept, "json") || strstr(accept, "*/*") || strstr(accept, "xml");
}

/* False: answered, because the body is no JSON or not said to be. */
static bool
read_body(const struct server_request *request, json_t **ret_body, struct answer *answer)
{
    *ret_body = NULL;
    if (request->body_length > 0) {
        if (!*request->content_type) {
            answer_error(answer, 400, "Content-Type header is empty.", NULL);
            return false;
        }
        if (strncasecmp(request->content_type, "application/json", 16) != 0) {
            char message[256];
            (void)snprintf(message, sizeof(message),
                           "Server cannot understand Content-Type HTTP header media type %.100s",
                           request->content_type);
            answer_error(answer, 400, message, NULL);
            return false;
        }
        json_error_t at;
        *ret_body = json_loadb(request->body, request->body_length, JSON_DECODE_ANY, &at);
        if (!*ret_body) {
            answer_error(answer, 400, "Decoding error.", NULL);
            return false;
        }
    }
    if (!json_is_object(*ret_body)) {
        json_decref(*ret_body);
        *ret_body = json_object();
    }
    return true;
}

/* False: answered; with --strict also for what Magento itself would let pass. */
static bool
check_body(struct service *service, const struct route *route, json_t *body, struct answer *answer)
{
    if (!route->schema_path)
        return true;
    struct schema *schema = service->shop->schema;
    const struct schema_node *body_schema = schema_body(schema, route->method, route->schema_path);
    struct error err;
    if (service->strict && schema_check_node(schema, body_schema, body, &err) != RESULT_OK) {
        journal_note_violation(service->journal, route->pattern, err.text);
        answer_error(answer, 400, "The body does not fit the schema: %1",
                     json_pack("[s]", err.text));
        return false;
    }
    return input_body(schema, body_schema, body, answer);
}

/* False: answered, because a path's ":id" is not a number. */
static bool
read_id(const struct route *route, const char *argument, int64_t *ret_id, struct answer *answer)
{
    *ret_id = 0;
    if (!strstr(route->pattern, ":id"))
        return true;
    char *end = NULL;
    *ret_id = strtoll(argument, &end, 10);
    if (end != argument && !*end)
        return true;
    char message[256];
    (void)snprintf(message, sizeof(message),
                   "The \"%.100s\" value's type is invalid. The \"int\" type was expected. Verify "
                   "and try again.",
                   argument);
    answer_error(answer, 400, message, NULL);
    return false;
}

static void
call_route(struct service *service, const struct server_request *request,
           const struct target *target, const struct route *route, const char *argument,
           struct answer *answer)
{
    int64_t id = 0;
    if (!auth_check(service->auth, request, target, route->resource, answer) ||
        !read_id(route, argument, &id, answer))
        return;
    json_t *read = NULL;
    if (!read_body(request, &read, answer))
        return;
    json_auto_t *body = read;
    if (!check_body(service, route, body, answer))
        return;
    struct call call = {.shop = service->shop,
                        .target = target,
                        .argument = argument,
                        .id = id,
                        .body = body,
                        .answer = answer};
    route->handle(&call);
}

/* What Magento answers before it looks for the route. False: answered. */
static bool
is_open(const struct service *service, const struct server_request *request,
        const struct target *target, struct answer *answer)
{
    if (service->maintenance)
        answer_maintenance(answer);
    else if (!accepts(request->accept))
        answer_text(answer, 500, ANSWER_HTML, "<!doctype html>\n<html></html>");
    else if (!*target->call || !catalogue_has_store_code(service->catalogue, target->store))
        answer_error(answer, 400, "Specified request cannot be processed.", NULL);
    else
        return true;
    return false;
}

static void
call_magento(struct service *service, const struct server_request *request,
             const struct server_plan *plan, const struct target *target, struct answer *answer)
{
    const json_t *fault = plan->fault;
    const char *argument = "";
    const struct route *route = route_find(request->method, target, &argument);
    if ((!fault || faults_carry_out(fault)) && is_open(service, request, target, answer)) {
        if (route)
            call_route(service, request, target, route, argument, answer);
        else
            answer_no_route(answer);
    }
    if (fault)
        faults_answer(fault, request, route ? route->resource : "", answer);
    bool silent = plan->ending == SERVER_DROPS || plan->ending == SERVER_RESETS;
    journal_note(service->journal, request, route ? route->pattern : "other",
                 silent ? 0 : answer->status,
                 fault ? json_string_value(json_object_get(fault, "action")) : NULL,
                 plan->in_flight, plan->answered);
}

static bool
is_control(const struct server_request *request)
{
    return strncmp(request->target, SIM_PREFIX, strlen(SIM_PREFIX)) == 0;
}

static void
plan(void *context, const struct server_request *request, struct server_plan *ret_plan)
{
    struct service *service = context;
    *ret_plan = (struct server_plan){.ending = SERVER_ANSWERS};
    if (is_control(request))
        return;
    ret_plan->in_flight = ++service->in_flight;
    ret_plan->answered = journal_total(service->journal);
    ret_plan->wait_before_ms = service->delay_ms;
    const char *call = strstr(request->target, "/V1/");
    json_t *fault = faults_meet(service->faults, request, call ? call : request->target);
    if (fault)
        faults_plan(fault, ret_plan);
    ret_plan->fault = fault;
}

static void
perform(void *context, const struct server_request *request, const struct server_plan *plan,
        struct answer *ret_answer)
{
    struct service *service = context;
    struct target target;
    if (!target_parse(request->target, &target)) {
        answer_error(ret_answer, 400, "Specified request cannot be processed.", NULL);
        return;
    }
    if (is_control(request))
        control_handle(service, request, &target, ret_answer);
    else
        call_magento(service, request, plan, &target, ret_answer);
    target_clear(&target);
}

static void
release(void *context, struct server_plan *plan)
{
    struct service *service = context;
    if (plan->in_flight > 0)
        service->in_flight--;
    json_decref(plan->fault);
}

struct server_handler
service_handler(struct service *service)
{
    return (struct server_handler){
        .plan = plan, .perform = perform, .release = release, .context = service};
}
