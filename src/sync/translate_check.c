#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sync/address.h"
#include "sync/translate.h"
#include "sync/verdict.h"
#include "sync/words.h"

static void
check_ship_via(struct planner *planner)
{
    const char *ship_via = planner->document->ship_via;

    if (rules_shipping(planner->rules, ship_via) != NULL)
        return;
    if (text_is_blank(ship_via)) {
        verdict_wait_for(planner->verdict, "it has no ship via");
        verdict_advise_also(planner->verdict, "choose one in Acumatica, or "
                                              "amsync map shipping set '*' METHOD");
        return;
    }
    verdict_wait_for(planner->verdict, "ship via %s has no shipping mapping",
                     words_value(ship_via).text);
    verdict_advise_also(planner->verdict, "amsync map shipping set %s METHOD",
                        words_argument(ship_via).text);
}

static void
check_payment_method(struct planner *planner)
{
    const char *payment_method = planner->document->payment_method;

    if (rules_payment_code(planner->rules, payment_method) != NULL)
        return;
    if (text_is_blank(payment_method)) {
        verdict_wait_for(planner->verdict, "it has no payment method");
        verdict_advise_also(planner->verdict, "choose one in Acumatica, or "
                                              "amsync map payment set '*' CODE");
        return;
    }
    verdict_wait_for(planner->verdict, "payment method %s has no payment mapping",
                     words_value(payment_method).text);
    verdict_advise_also(planner->verdict, "amsync map payment set %s CODE",
                        words_argument(payment_method).text);
}

/* "" if there is none. */
static const char *
find_email(const struct planner *planner)
{
    const struct order_document *order = planner->document;
    const char *const candidates[] = {order->email, order->bill_to.email, order->ship_to.email,
                                      planner->preferences->fallback_email};

    for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++)
        if (candidates[i] != NULL && !text_is_blank(candidates[i]))
            return candidates[i];
    return "";
}

/* Acumatica's field may hold several addresses; a Magento order has one: the first. */
static void
take_first_email(struct planner *planner, const char *email)
{
    const char *start = email + strspn(email, " ;,");

    (void)snprintf(planner->email, sizeof(planner->email), "%.*s", (int)strcspn(start, " ;,"),
                   start);
}

/* Magento checks more; this is what a person can be told before. */
static bool
email_is_plausible(const char *email)
{
    const char *at = strchr(email, '@');

    if (at == NULL || at == email || at[1] == '\0' || strchr(at + 1, '@') != NULL)
        return false;
    for (const char *c = email; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c > '~')
            return false;
    return true;
}

static void
check_email(struct planner *planner)
{
    const char *email = find_email(planner);
    bool too_long = strlen(email) >= sizeof(planner->email);

    take_first_email(planner, email);
    if (email[0] == '\0') {
        verdict_wait_for(planner->verdict, "it has no e-mail address");
        verdict_advise_also(planner->verdict, "add one in Acumatica (and the column Email to the "
                                              "inquiry, if it has none), or amsync prefs set "
                                              "fallback_email=ADDRESS");
    } else if (too_long || !email_is_plausible(planner->email)) {
        verdict_wait_for(planner->verdict, "'%s' is not an e-mail address",
                         words_value(email).text);
        verdict_advise_also(planner->verdict, "correct it in Acumatica");
    }
}

static bool
check_lines(struct planner *planner)
{
    const struct order_document *order = planner->document;

    for (size_t i = 0; i < order->line_count; i++) {
        if (text_is_blank(order->lines[i].inventory_id)) {
            verdict_wait_for(planner->verdict, "line %d has no inventory ID",
                             order->lines[i].line_nbr);
            verdict_advise_also(planner->verdict,
                                "add the column InventoryID to the inquiry, or correct the order");
            return false;
        }
    }
    return true;
}

bool
translate_order_check(struct planner *planner, struct order_amounts **ret_amounts)
{
    AMSYNC_CLEANUP(order_amounts_free) struct order_amounts *amounts = NULL;

    check_ship_via(planner);
    check_payment_method(planner);
    check_email(planner);
    (void)addresses_are_complete(planner->document, planner->verdict);
    if (planner->verdict->state == STATE_WAITING || !check_lines(planner))
        return false;

    enum result result = order_amounts_compute(planner->document, planner->verdict, &amounts);

    if (result == RESULT_FAILED)
        planner->out_of_memory = true;
    if (result != RESULT_OK)
        return false;
    if (decimal_is_zero(amounts->qty_total)) {
        verdict_wait_for(planner->verdict, "nothing is ordered on its lines");
        verdict_advise_also(planner->verdict, "check the quantities in Acumatica");
        return false;
    }
    *ret_amounts = TAKE_PTR(amounts);
    return true;
}
