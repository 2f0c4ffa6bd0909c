/*
 * A case of the plan as JSON: how to read it, and how to show what came of it.
 *
 *   {"like": "paid", "but": {...}}   tests/cases/plan-bases/paid.json, changed by a merge patch
 *   {"order": {"company", "order_type", "order_nbr", ..., "lines": {"1": 11},
 *              "documents": {LABEL: {"kind", "type", "number", "state", ...,
 *                                    "header": {FIELD: VALUE}, "rows": {KEY: {FIELD: VALUE}}}}},
 *    "rules": as rules_from_json, "observed": {"looked": ["order", ...], "order": as Magento has
 *    it, ...}}
 */
#ifndef AMSYNC_TESTS_PLAN_INPUT_H
#define AMSYNC_TESTS_PLAN_INPUT_H

#include <jansson.h>

#include "base/error.h"
#include "store/rules.h"
#include "store/work.h"
#include "sync/plan.h"

struct plan_input {
    struct claimed_order order;
    struct rules *rules;
    struct observed observed;
    struct magento_product *products; /* what observed borrows */
};

/* The whole input, "like" and "but" resolved. The caller owns it. */
enum result plan_input_load(const char *path, const char *bases_folder, json_t **ret_json,
                            struct error *err);

/* The input borrows texts of `json`. */
enum result plan_input_read(json_t *json, struct plan_input *ret_input, struct error *err);
void plan_input_free(struct plan_input *input);

/* Everything in the plan, with the messages. The caller owns it. */
json_t *plan_show(const struct plan_input *input, const struct plan *plan);

/* Whether `actual` has everything that `expected` has: members of objects at least, elements of
 * arrays exactly, numbers by their value. The text says where not. */
enum result json_has(const json_t *actual, json_t *expected, const char *where, struct error *err);

#endif
