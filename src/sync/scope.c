#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "sync/planner.h"
#include "sync/verdict.h"
#include "sync/words.h"

#define ADVICE_MAX_BYTES 1024

static bool
is_listed(char *const *list, const char *text)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        if (text_equals_ignore_case(list[i], text))
            return true;
    return false;
}

static bool
is_return_type(const char *order_type)
{
    static const char *const types[] = {"RC", "CR", "RM", "RR"};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (text_equals_ignore_case(order_type, types[i]))
            return true;
    return false;
}

/* "amsync prefs set KEY='A,B'": the list without `less` (NULL: with all of it) and with `more` (NULL:
 * nothing more). */
static void
advise_list(struct verdict *verdict, const char *key, char *const *list, const char *less,
            const char *more)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL(ADVICE_MAX_BYTES);
    const char *between = "";

    buffer_append_format(&text, "amsync prefs set %s='", key);
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        if (less != NULL && text_equals_ignore_case(list[i], less))
            continue;
        buffer_append_format(&text, "%s%s", between, list[i]);
        between = ",";
    }
    if (more != NULL)
        buffer_append_format(&text, "%s%s", between, more);
    buffer_append_byte(&text, '\'');
    verdict_advise_buffer(verdict, &text);
}

/* A person who forces an order passes class and date by, but not what kind of order it is. */
bool
scope_excludes(struct planner *planner)
{
    const struct preferences *preferences = planner->preferences;
    const struct order_document *order = planner->document;
    struct words type = words_value(planner->order->order_type);

    if (is_return_type(planner->order->order_type)) {
        verdict_leave_out(planner->verdict,
                          "orders of type %s are returns, and returns take place in Magento",
                          type.text);
        return true;
    }
    if (!is_listed(preferences->order_types, planner->order->order_type)) {
        verdict_set(planner->verdict, STATE_SKIPPED,
                    "order type %s is not among the order types to sync", type.text);
        advise_list(planner->verdict, "order_types", preferences->order_types, NULL,
                    planner->order->order_type);
        return true;
    }
    if (order == NULL || planner->order->forced)
        return false;
    if (order->customer_class[0] != '\0' &&
        is_listed(preferences->excluded_customer_classes, order->customer_class)) {
        verdict_set(planner->verdict, STATE_SKIPPED, "customer class %s is excluded",
                    words_value(order->customer_class).text);
        advise_list(planner->verdict, "excluded_customer_classes",
                    preferences->excluded_customer_classes, order->customer_class, NULL);
        return true;
    }
    /* Dates of this form compare as texts. */
    if (order->order_date[0] != '\0' && preferences->orders_from[0] != '\0' &&
        strcmp(order->order_date, preferences->orders_from) < 0) {
        verdict_set(planner->verdict, STATE_SKIPPED,
                    "it is dated %s, and orders are synced from %s on", order->order_date,
                    preferences->orders_from);
        verdict_advise(planner->verdict, "amsync prefs set orders_from=%s", order->order_date);
        return true;
    }
    return false;
}
