/*
 * Memory runs out anywhere while an order is planned and its log lines are written: the cases of
 * tests/cases/plan, and what they are read from.
 */
#include "failing.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "sync/identity.h"
#include "sync/messages.h"
#include "unit/sync/plan_input.h"

static const char *cases_folder;
static const char *bases_folder;

struct planned {
    const struct plan_input *input;
    const json_t *shown; /* the plan that comes of it */
};

/* A text that found no memory may have been replaced by another; then nothing is missing. */
static enum result
make_plan(void *context, struct error *err)
{
    const struct planned *planned = context;
    const struct plan_input *input = planned->input;
    struct plan *plan = NULL;
    enum result result = plan_make(&input->order, input->rules, &input->observed, &plan, err);

    assert_true((result == RESULT_OK) == (plan != NULL));
    if (result == RESULT_OK && an_allocation_failed()) {
        AMSYNC_CLEANUP(cleanup_json) json_t *shown = plan_show(input, plan);

        assert_true(json_equal(shown, planned->shown));
    }
    plan_free(&plan);
    return result;
}

static enum result
keep_text(char *text, struct error *err)
{
    enum result result = made(text, err);

    free(text);
    return result;
}

/* What a plan that is there is told as. */
struct told {
    const struct claimed_order *order;
    const struct plan *plan;
};

static enum result
tell_actions(void *context, struct error *err)
{
    const struct told *told = context;
    enum result result = RESULT_OK;

    for (size_t i = 0; result == RESULT_OK && i < told->plan->action_count; i++) {
        const struct action *action = &told->plan->actions[i];

        result = keep_text(message_done(told->order, action, "000000345", 345), err);
        if (result == RESULT_OK)
            result =
                keep_text(message_retrying(told->order, action, "Magento answered 503", 2000), err);
        if (result == RESULT_OK)
            result = keep_text(message_refused(told->order, action, "no"), err);
    }
    return result;
}

static enum result
tell_verdicts(void *context, struct error *err)
{
    const struct told *told = context;
    enum result result = RESULT_OK;

    for (size_t i = 0; result == RESULT_OK && i < told->plan->verdict_count; i++) {
        result = keep_text(message_verdict(told->order, i, &told->plan->verdicts[i]), err);
        if (result == RESULT_OK)
            result = keep_text(message_not_compared(told->order, i, "no answer came", 2000), err);
    }
    return result;
}

static enum result
identify(void *context, struct error *err)
{
    const struct plan_input *input = context;
    char *number = NULL;
    enum result result = plan_increment_id(&input->order, input->rules, &number, err);

    assert_true((result == RESULT_OK) == (number != NULL));
    free(number);
    if (result == RESULT_OK || result == RESULT_NONE)
        result = keep_text(plan_ext_order_id(&input->order), err);
    for (size_t i = 0; result == RESULT_OK && i < input->order.document_count; i++)
        result = keep_text(identity_marker(&input->order.documents[i]), err);
    return result;
}

static enum result
match_lines(void *context, struct error *err)
{
    const struct plan_input *input = context;
    struct claimed_line *lines = NULL;
    size_t count = 77;
    enum result result =
        plan_match_lines(&input->order, input->observed.order, &lines, &count, err);

    assert_true(result == RESULT_OK || (lines == NULL && count == 77));
    free(lines);
    return result;
}

static enum result
read_rules(void *context, struct error *err)
{
    struct rules *rules = NULL;
    enum result result = rules_from_json(context, &rules, err);

    assert_true((result == RESULT_OK) == (rules != NULL));
    rules_unref(&rules);
    return result;
}

static void
check_input(struct plan_input *input, json_t *json, const char *name)
{
    AMSYNC_CLEANUP(plan_free) struct plan *plan = NULL;
    enum result expected = plan_make(&input->order, input->rules, &input->observed, &plan, NULL);

    assert_int_equal(expected, RESULT_OK);

    AMSYNC_CLEANUP(cleanup_json) json_t *shown = plan_show(input, plan);
    struct planned planned = {.input = input, .shown = shown};

    (void)fail_each_allocation(make_plan, &planned, expected, true, name);

    struct told told = {.order = &input->order, .plan = plan};

    (void)fail_each_allocation(tell_actions, &told, RESULT_OK, false, name);
    (void)fail_each_allocation(tell_verdicts, &told, RESULT_OK, false, name);
    (void)fail_each_allocation(identify, input, RESULT_OK, false, name);
    if (input->observed.order != NULL)
        (void)fail_each_allocation(match_lines, input, RESULT_OK, false, name);
    (void)fail_each_allocation(read_rules, json_object_get(json, "rules"), RESULT_OK, false, name);
}

static void
check_case(const char *name)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *json = NULL;
    struct plan_input input;
    struct error err = {.text = ""};
    char path[1024];

    (void)snprintf(path, sizeof(path), "%s/%s/input.json", cases_folder, name);
    if (plan_input_load(path, bases_folder, &json, &err) != RESULT_OK ||
        plan_input_read(json, &input, &err) != RESULT_OK)
        fail_msg("%s", err.text);
    check_input(&input, json, name);
    plan_input_free(&input);
}

static void
every_case_survives_them(void **state)
{
    struct dirent **entries = NULL;
    int count = scandir(cases_folder, &entries, NULL, alphasort);

    (void)state;
    assert_true(count > 100);
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.')
            check_case(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_survives_them),
    };

    if (argc != 3)
        return 2;
    cases_folder = argv[1];
    bases_folder = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
