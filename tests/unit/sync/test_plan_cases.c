/*
 * The cases of the plan are data: each folder of tests/cases/plan has an input.json and an
 * expected.json (see plan_input.h). What is expected is what is there at least, but lists such as
 * actions and needs exactly. `test_sync_plan_cases CASES BASES SCHEMA CASE` prints what comes of one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "plan_input.h"
#include "sim/schema.h"

#define PATH_BYTES 1024

static const char *cases_folder;
static const char *bases_folder;
static struct schema *schema;

static const char *
path_in_magento(enum action_kind kind)
{
    switch (kind) {
    case ACTION_CREATE:
        return "/V1/orders";
    case ACTION_SHIP:
        return "/V1/order/{orderId}/ship";
    case ACTION_TRACK:
        return "/V1/shipment/track";
    case ACTION_INVOICE:
        return "/V1/order/{orderId}/invoice";
    case ACTION_COMMENT:
        return "/V1/orders/{id}/comments";
    case ACTION_LINK:
    case ACTION_UNHOLD:
    case ACTION_HOLD:
    case ACTION_CANCEL:
        break;
    }
    return NULL;
}

/* Every body is one that Magento's own schema knows. */
static enum result
check_bodies(const struct plan *plan, struct error *err)
{
    for (size_t i = 0; i < plan->action_count; i++) {
        const struct action *action = &plan->actions[i];
        const char *path = path_in_magento(action->kind);

        if ((path == NULL) != (action->body == NULL))
            return error_result(err, RESULT_REJECTED, "%s: a body too many or too few",
                                action_kind_name(action->kind));
        if (path == NULL)
            continue;
        if (schema_body(schema, "POST", path) == NULL)
            return error_result(err, RESULT_REJECTED, "the schema has no %s", path);
        if (schema_check_node(schema, schema_body(schema, "POST", path), action->body, err) !=
            RESULT_OK)
            return RESULT_REJECTED;
    }
    return RESULT_OK;
}

static enum result
make(const char *name, json_t **ret_shown, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *json = NULL;
    AMSYNC_CLEANUP(plan_free) struct plan *plan = NULL;
    struct plan_input input;
    char path[PATH_BYTES];

    (void)snprintf(path, sizeof(path), "%s/%s/input.json", cases_folder, name);

    enum result result = plan_input_load(path, bases_folder, &json, err);

    if (result == RESULT_OK)
        result = plan_input_read(json, &input, err);
    if (result != RESULT_OK)
        return result;
    result = plan_make(&input.order, input.rules, &input.observed, &plan, err);
    if (result == RESULT_OK)
        result = check_bodies(plan, err);
    if (result == RESULT_OK)
        *ret_shown = plan_show(&input, plan);
    plan_input_free(&input);
    return result;
}

static enum result
check(const char *name, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *shown = NULL;
    AMSYNC_CLEANUP(cleanup_json) json_t *expected = NULL;
    char path[PATH_BYTES];
    enum result result = make(name, &shown, err);

    if (result != RESULT_OK)
        return result;
    (void)snprintf(path, sizeof(path), "%s/%s/expected.json", cases_folder, name);
    result = plan_input_load(path, bases_folder, &expected, err);
    if (result != RESULT_OK)
        return result;
    if (json_object_get(expected, "actions") == NULL || json_object_get(expected, "needs") == NULL)
        return error_result(err, RESULT_REJECTED, "expected.json names no actions or no needs");
    return json_has(shown, expected, "plan", err);
}

static void
case_holds(void **state)
{
    struct error err = {.text = ""};

    if (check(*state, &err) != RESULT_OK)
        fail_msg("%s: %s", (const char *)*state, err.text);
}

static int
is_case(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int
run_all(void)
{
    struct dirent **entries = NULL;
    int count = scandir(cases_folder, &entries, is_case, alphasort);

    if (count <= 0) {
        (void)fprintf(stderr, "no cases in %s\n", cases_folder);
        return 1;
    }

    struct CMUnitTest *tests = calloc((size_t)count, sizeof(*tests));

    for (int i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){.name = entries[i]->d_name,
                                       .test_func = case_holds,
                                       .initial_state = entries[i]->d_name};

    int failures = _cmocka_run_group_tests("plan", tests, (size_t)count, NULL, NULL);

    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    free(tests);
    return failures;
}

static int
print_one(const char *name)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *shown = NULL;
    struct error err = {.text = ""};

    if (make(name, &shown, &err) != RESULT_OK) {
        (void)fprintf(stderr, "%s: %s\n", name, err.text);
        return 1;
    }
    (void)json_dumpf(shown, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    (void)putchar('\n');
    return 0;
}

int
main(int argc, char **argv)
{
    struct error err = {.text = ""};
    int status;

    if (argc < 4) {
        (void)fprintf(stderr, "usage: %s CASES BASES SCHEMA [CASE]\n", argv[0]);
        return 2;
    }
    cases_folder = argv[1];
    bases_folder = argv[2];
    if (schema_load(argv[3], &schema, &err) != RESULT_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    status = argc > 4 ? print_one(argv[4]) : run_all();
    schema_free(schema);
    return status;
}
