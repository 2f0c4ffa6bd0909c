/*
 * Rules by which calls go wrong. They concern the REST API, not the control API.
 *
 * A rule is an object. Which calls it meets:
 *   "method"       "POST"; any if left out
 *   "path"         how the call begins from /V1 on ("/V1/orders"); any if left out
 *   "regex"        a POSIX extended regular expression found in the target as sent, with the query
 *   "reused"       true: only on a connection that has carried a request before
 *   "nth"          only the n-th of the calls that all of the above fits, counted from 1
 *   "count"        at most so many calls
 *   "probability"  of those that are left, so many; drawn by "seed" (1), the same every time
 * What then happens, "action":
 *   "delay"           nothing but that it takes "delay_ms"
 *   "drop"            the connection is closed without an answer
 *   "reset"           the connection is reset
 *   "truncate"        half of the announced body, then the connection is closed
 *   "endless"         a chunked body that does not end
 *   "too_many"        429, with "retry_after" (seconds) if given
 *   "internal_error"  500 JSON with a Report ID
 *   "text_error"      500 text/plain
 *   "bad_gateway"     502 HTML
 *   "maintenance"     503 HTML, Magento's own page
 *   "unauthorized"    401 naming the right that the call needs, or "resource"
 *   "without_id"      200 {}
 *   "redirect"        302 to "location" (the same path below /elsewhere if left out)
 *   "status"          the given "status" with {"message": "message"}; with "body" instead, if given:
 *                     as JSON, or, a text, as a page of HTML
 *   "committed"    true: the call is carried out first, false (if left out): it is not; for
 *                  "delay" it always is, and this says whether before or after the delay
 *   "delay_ms"     with any action: how long it takes, counted after the carrying out if
 *                  "committed", else before it, whether the client is still there or not
 * The first rule that meets a call is the one that counts.
 */
#ifndef AMSYNC_SIM_FAULTS_H
#define AMSYNC_SIM_FAULTS_H

#include "base/error.h"
#include "sim/answer.h"
#include "sim/server.h"

#include <jansson.h>
#include <stdbool.h>

struct faults;

/* NULL: out of memory. */
struct faults *faults_new(void);
void faults_free(struct faults *faults);

/* Adds the rules of a list behind those there are; RESULT_REJECTED: one is not as above, none is
 * added. */
enum result faults_add(struct faults *faults, const json_t *rules,
                       struct error *err) AMSYNC_MUST_USE;
void faults_clear(struct faults *faults);

/* The rules with "matched" (calls that its conditions but probability met) and "hits". New. */
json_t *faults_json(const struct faults *faults);

/* The rule that meets this request, as a new reference, or NULL. `call` is its path from /V1 on. */
json_t *faults_meet(struct faults *faults, const struct server_request *request, const char *call);

/* How the server has to treat a request that met the rule. */
void faults_plan(const json_t *rule, struct server_plan *ret_plan);

/* True when the call is to be carried out. */
bool faults_carry_out(const json_t *rule);

/* Replaces the answer as the rule says. `resource` is the right that the call needs. */
void faults_answer(const json_t *rule, const struct server_request *request, const char *resource,
                   struct answer *answer);

#endif
