#include "sync/model_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "store/document_body.h"

#define SHOWN_CHARACTERS 40

static const json_t *
field_of(const json_t *element, const char *field)
{
    return json_object_get(json_object_get(element, "f"), field);
}

const char *
model_text(const json_t *element, const char *field)
{
    const char *text = json_string_value(field_of(element, field));

    return text != NULL ? text : "";
}

static bool
is_one_of(const char *text, const char *const *choices, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_equals_ignore_case(text, choices[i]))
            return true;
    return false;
}

enum tristate
model_flag(const json_t *element, const char *field)
{
    static const char *const yes[] = {"true", "yes", "1"};
    static const char *const no[] = {"false", "no", "0"};
    const json_t *value = field_of(element, field);

    if (json_is_boolean(value))
        return json_is_true(value) ? YES : NO;
    if (!json_is_string(value))
        return UNKNOWN;
    if (is_one_of(json_string_value(value), yes, sizeof(yes) / sizeof(yes[0])))
        return YES;
    if (is_one_of(json_string_value(value), no, sizeof(no) / sizeof(no[0])))
        return NO;
    return UNKNOWN;
}

struct model_date
model_date(const json_t *element, const char *field)
{
    static const char pattern[] = "dddd-dd-dd";
    const char *text = model_text(element, field);
    struct model_date date = {.text = ""};

    for (size_t i = 0; i + 1 < sizeof(pattern); i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';

        /* The NUL matches neither, so nothing beyond it is read. */
        if (pattern[i] == 'd' ? !digit : text[i] != pattern[i])
            return date;
    }
    memcpy(date.text, text, sizeof(pattern) - 1);
    return date;
}

static void
unusable_add(struct model_unusable *unusable, const char *field, int32_t line_nbr,
             const char *value, const char *why)
{
    char line[32] = "";
    char *text = NULL;

    if (unusable->count == MODEL_UNUSABLE_MAX)
        return;
    if (unusable->texts == NULL)
        unusable->texts = calloc(MODEL_UNUSABLE_MAX + 1, sizeof(*unusable->texts));
    if (line_nbr != 0)
        (void)snprintf(line, sizeof(line), " of line %d", line_nbr);
    if (unusable->texts == NULL ||
        asprintf(&text, "%s%s: %.*s %s", field, line,
                 (int)text_prefix_bytes(value, SHOWN_CHARACTERS), value, why) < 0) {
        unusable->out_of_memory = true;
        return;
    }
    unusable->texts[unusable->count++] = text;
}

/* Intake writes numbers as texts; what a double could not have held exactly is out of range. */
static bool
amount_in_range(struct decimal value)
{
    struct decimal limit = decimal_from_integer(100000000000);

    return decimal_fits_json(value) && decimal_compare(decimal_abs(value), limit) < 0;
}

struct amount
model_amount(const json_t *element, const char *field, int32_t line_nbr,
             struct model_unusable *unusable)
{
    struct amount amount = {.known = false, .value = DECIMAL_ZERO};
    const json_t *json = field_of(element, field);
    const char *text = json_string_value(json);

    if (json == NULL || json_is_null(json) || (text != NULL && text_is_blank(text)))
        return amount;
    if (text == NULL) {
        unusable_add(unusable, field, line_nbr, json_is_true(json) ? "true" : "false",
                     "is not a number");
        return amount;
    }
    if (decimal_from_text(text, &amount.value) != RESULT_OK) {
        bool digits = strspn(text, "-+.0123456789eE") == strlen(text);

        amount.value = DECIMAL_ZERO;
        unusable_add(unusable, field, line_nbr, text,
                     digits ? "is out of range" : "is not a number");
    } else if (!amount_in_range(amount.value)) {
        amount.value = DECIMAL_ZERO;
        unusable_add(unusable, field, line_nbr, text, "is out of range");
    } else {
        amount.known = true;
    }
    return amount;
}

int32_t
model_line_nbr(const json_t *element, const char *field, int32_t line_nbr,
               struct model_unusable *unusable)
{
    struct amount amount = model_amount(element, field, line_nbr, unusable);
    int64_t number = 0;

    if (!amount.known)
        return 0;
    if (decimal_to_integer(amount.value, &number) != RESULT_OK || number < 0 ||
        number > INT32_MAX) {
        unusable_add(unusable, field, line_nbr, model_text(element, field), "is not a line number");
        return 0;
    }
    return (int32_t)number;
}

char **
model_unusable_take(struct model_unusable *unusable)
{
    char **texts = TAKE_PTR(unusable->texts);

    if (texts == NULL && !unusable->out_of_memory)
        texts = calloc(1, sizeof(*texts));
    if (unusable->out_of_memory) {
        model_texts_free(texts);
        texts = NULL;
    }
    return texts;
}

void
model_texts_free(char **texts)
{
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
        free(texts[i]);
    free(texts);
}

static int
compare_rows(const void *left_address, const void *right_address)
{
    const struct model_row *left = left_address;
    const struct model_row *right = right_address;

    if (left->line_nbr != right->line_nbr)
        return left->line_nbr < right->line_nbr ? -1 : 1;
    return strcmp(left->tracking_nbr != NULL ? left->tracking_nbr : "",
                  right->tracking_nbr != NULL ? right->tracking_nbr : "");
}

enum result
model_live_rows(const json_t *body, struct model_row **ret_rows, size_t *ret_count,
                struct error *err)
{
    json_t *rows = json_object_object(body, "rows");

    if (rows == NULL || json_object_object(body, "header") == NULL)
        return error_result(err, RESULT_REJECTED, "this is not the body of a document");

    AMSYNC_CLEANUP(cleanup_free)
    struct model_row *live = calloc(json_object_size(rows) + 1, sizeof(*live));
    size_t count = 0;
    const char *key;
    json_t *element;

    if (live == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    json_object_foreach(rows, key, element)
    {
        struct model_row *row = &live[count];

        if (document_body_row_key_parse(key, &row->line_nbr, &row->tracking_nbr) != RESULT_OK)
            return error_result(err, RESULT_REJECTED, "'%s' is not the key of a row", key);
        if (!document_body_row_is_live(element))
            continue;
        if (row->tracking_nbr != NULL && row->tracking_nbr[0] == '\0')
            row->tracking_nbr = NULL;
        row->element = element;
        count++;
    }
    qsort(live, count, sizeof(*live), compare_rows);
    *ret_rows = TAKE_PTR(live);
    *ret_count = count;
    return RESULT_OK;
}
