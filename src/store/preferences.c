#include "store/preferences.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"

#define PREFIX_CHARACTERS_MAX 16
#define LIST_CHARACTERS_MAX 1000
#define EMAIL_CHARACTERS_MAX 128

enum value_type {
    VALUE_SWITCH, /* bool: on, off */
    VALUE_CHOICE, /* an enum: its choices in order */
    VALUE_LIST,   /* char **: by comma */
    VALUE_DATE,   /* char[11] */
    VALUE_PREFIX, /* char *: letters, digits, - and _ */
    VALUE_EMAIL,  /* char * */
};

struct preference {
    struct preference_description description;
    enum value_type type;
    size_t offset;          /* in struct preferences */
    const char *choices[4]; /* VALUE_CHOICE, ended by NULL */
};

#define FIELD(name) offsetof(struct preferences, name)

static const struct preference table[] = {
    {{"order_types", "SO", "order types that are synced, by comma"},
     VALUE_LIST,
     FIELD(order_types),
     {NULL}},
    {{"orders_from", "", "only orders dated on or after this day, as 2026-01-31; empty: all"},
     VALUE_DATE,
     FIELD(orders_from),
     {NULL}},
    {{"excluded_customer_classes", "", "customer classes that are never synced, by comma"},
     VALUE_LIST,
     FIELD(excluded_customer_classes),
     {NULL}},
    {{"condition.match", "any", "any or all of the conditions that are on must hold"},
     VALUE_CHOICE,
     FIELD(condition_match),
     {"any", "all", NULL}},
    {{"condition.customer_enabled", "on", "the customer is enabled for sync"},
     VALUE_SWITCH,
     FIELD(condition_customer_enabled),
     {NULL}},
    {{"condition.shipment_confirmed", "on", "at least one shipment is confirmed"},
     VALUE_SWITCH,
     FIELD(condition_shipment_confirmed),
     {NULL}},
    {{"condition.unpaid_balance_zero", "on", "the unpaid balance is 0.00"},
     VALUE_SWITCH,
     FIELD(condition_unpaid_balance_zero),
     {NULL}},
    {{"shipment_trigger", "confirmation", "ship on confirmation, or on invoice_release"},
     VALUE_CHOICE,
     FIELD(shipment_trigger),
     {"confirmation", "invoice_release", NULL}},
    {{"numbering", "acumatica", "Magento order number: acumatica (prefix-type-number) or sequence"},
     VALUE_CHOICE,
     FIELD(numbering),
     {"acumatica", "sequence", NULL}},
    {{"increment_prefix", "ACU", "how Magento order numbers start"},
     VALUE_PREFIX,
     FIELD(increment_prefix),
     {NULL}},
    {{"invoice_capture", "off", "capture the payment online when invoicing"},
     VALUE_SWITCH,
     FIELD(invoice_capture),
     {NULL}},
    {{"notify_customer", "off", "Magento sends e-mail about shipments and invoices"},
     VALUE_SWITCH,
     FIELD(notify_customer),
     {NULL}},
    {{"fallback_email", "", "for orders without an e-mail address; empty: they wait"},
     VALUE_EMAIL,
     FIELD(fallback_email),
     {NULL}},
    {{"publishing", "on", "on, observe (decide and log only) or paused (accept and keep)"},
     VALUE_CHOICE,
     FIELD(publishing),
     {"on", "observe", "paused", NULL}},
    {{NULL, NULL, NULL}, VALUE_SWITCH, 0, {NULL}},
};

#define PREFERENCE_COUNT (sizeof(table) / sizeof(table[0]) - 1)

static const struct preference *
find(const char *key)
{
    for (size_t i = 0; i < PREFERENCE_COUNT; i++) {
        if (strcmp(table[i].description.key, key) == 0)
            return &table[i];
    }
    return NULL;
}

static void
free_list(char **list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        free(list[i]);
    free(list);
}

static enum result
assign_switch(const struct preference *preference, bool *field, const char *value,
              struct error *err)
{
    if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
        return error_result(err, RESULT_REJECTED, "%s=%s: write on or off",
                            preference->description.key, value);
    *field = strcmp(value, "on") == 0;
    return RESULT_OK;
}

static enum result
assign_choice(const struct preference *preference, void *field, const char *value,
              struct error *err)
{
    for (unsigned i = 0; preference->choices[i] != NULL; i++) {
        if (strcmp(preference->choices[i], value) == 0) {
            /* The enums of struct preferences number their values as the choices are listed. */
            memcpy(field, &i, sizeof(i));
            return RESULT_OK;
        }
    }
    return error_result(err, RESULT_REJECTED, "%s=%s: write %s, %s%s%s",
                        preference->description.key, value, preference->choices[0],
                        preference->choices[1], preference->choices[2] != NULL ? " or " : "",
                        preference->choices[2] != NULL ? preference->choices[2] : "");
}

/* NULL-terminated; an empty text is an empty list. */
static enum result
split(const char *value, char ***ret_list, struct error *err)
{
    AMSYNC_CLEANUP(text_list_free) struct text_list list = {0};
    enum result result = text_split_list(value, &list);
    char **items =
        result == RESULT_OK ? reallocarray(list.items, list.count + 1, sizeof(*items)) : NULL;

    if (items == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    items[list.count] = NULL;
    list = (struct text_list){0};
    *ret_list = items;
    return RESULT_OK;
}

static enum result
assign_list(const struct preference *preference, char ***field, const char *value,
            struct error *err)
{
    char **list = NULL;

    if (strlen(value) > LIST_CHARACTERS_MAX)
        return error_result(err, RESULT_REJECTED, "%s: at most %d characters",
                            preference->description.key, LIST_CHARACTERS_MAX);

    enum result result = split(value, &list, err);

    if (result != RESULT_OK)
        return result;
    free_list(*field);
    *field = list;
    return RESULT_OK;
}

static bool
is_date(const char *value)
{
    static const char pattern[] = "0000-00-00";
    char instant[32];
    int64_t unix_ms;

    if (strlen(value) != strlen(pattern))
        return false;
    for (size_t i = 0; pattern[i] != '\0'; i++) {
        bool digit = value[i] >= '0' && value[i] <= '9';

        if (pattern[i] == '0' ? !digit : value[i] != '-')
            return false;
    }
    (void)snprintf(instant, sizeof(instant), "%sT00:00:00Z", value);
    return timestamp_parse_rfc3339(instant, &unix_ms) == RESULT_OK;
}

static enum result
assign_date(const struct preference *preference, char *field, const char *value, struct error *err)
{
    if (value[0] != '\0' && !is_date(value))
        return error_result(err, RESULT_REJECTED, "%s=%s: write a day as 2026-01-31, or nothing",
                            preference->description.key, value);
    memcpy(field, value, strlen(value) + 1);
    return RESULT_OK;
}

static enum result
replace_text(char **field, const char *value, struct error *err)
{
    char *copy = strdup(value);

    if (copy == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    free(*field);
    *field = copy;
    return RESULT_OK;
}

static enum result
assign_prefix(const struct preference *preference, char **field, const char *value,
              struct error *err)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t length = strlen(value);

    if (length == 0 || length > PREFIX_CHARACTERS_MAX || strspn(value, allowed) != length)
        return error_result(err, RESULT_REJECTED, "%s=%s: write 1 to %d letters, digits, - or _",
                            preference->description.key, value, PREFIX_CHARACTERS_MAX);
    return replace_text(field, value, err);
}

static enum result
assign_email(const struct preference *preference, char **field, const char *value,
             struct error *err)
{
    const char *at = strchr(value, '@');

    if (value[0] != '\0' && (at == NULL || at == value || at[1] == '\0' ||
                             strlen(value) > EMAIL_CHARACTERS_MAX || strpbrk(value, " \t\r\n")))
        return error_result(err, RESULT_REJECTED, "%s=%s: write an e-mail address, or nothing",
                            preference->description.key, value);
    return replace_text(field, value, err);
}

static enum result
reject_key(const char *key, struct error *err)
{
    char keys[ERROR_TEXT_BYTES] = "";
    size_t length = 0;

    for (size_t i = 0; i < PREFERENCE_COUNT && length < sizeof(keys); i++)
        length += (size_t)snprintf(keys + length, sizeof(keys) - length, "%s%s", i > 0 ? ", " : "",
                                   table[i].description.key);
    return error_result(err, RESULT_REJECTED, "there is no preference %.60s; there are %s", key,
                        keys);
}

enum result
preferences_assign(struct preferences *preferences, const char *key, const char *value,
                   struct error *err)
{
    const struct preference *preference = find(key);

    if (preference == NULL)
        return reject_key(key, err);

    void *field = (char *)preferences + preference->offset;

    switch (preference->type) {
    case VALUE_SWITCH:
        return assign_switch(preference, field, value, err);
    case VALUE_CHOICE:
        return assign_choice(preference, field, value, err);
    case VALUE_LIST:
        return assign_list(preference, field, value, err);
    case VALUE_DATE:
        return assign_date(preference, field, value, err);
    case VALUE_PREFIX:
        return assign_prefix(preference, field, value, err);
    case VALUE_EMAIL:
        return assign_email(preference, field, value, err);
    }
    return error_result(err, RESULT_FAILED, "preference %s has no type", key);
}

enum result
preferences_init(struct preferences *preferences, struct error *err)
{
    for (size_t i = 0; i < PREFERENCE_COUNT; i++) {
        const struct preference_description *each = &table[i].description;
        enum result result = preferences_assign(preferences, each->key, each->fallback, err);

        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}

void
preferences_finish(struct preferences *preferences)
{
    free_list(preferences->order_types);
    free_list(preferences->excluded_customer_classes);
    free(preferences->increment_prefix);
    free(preferences->fallback_email);
    *preferences = (struct preferences){0};
}

enum result
preference_check(const char *key, const char *value, struct error *err)
{
    AMSYNC_CLEANUP(preferences_finish) struct preferences scratch = {0};

    return preferences_assign(&scratch, key, value, err);
}

const struct preference_description *
preference_description_at(size_t index)
{
    return index < PREFERENCE_COUNT ? &table[index].description : NULL;
}
