#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "sync/address.h"
#include "sync/body.h"
#include "sync/identity.h"
#include "sync/translate.h"
#include "sync/verdict.h"
#include "sync/words.h"

/* Magento's columns, in characters. */
#define NAME_CHARACTERS 255
#define CUSTOMER_ID_CHARACTERS 32
#define PO_NUMBER_CHARACTERS 32
#define METHOD_CHARACTERS 120
#define DESCRIPTION_CHARACTERS 255
#define CURRENCY_LETTERS 3
#define LINE_NBR_BYTES 16

/* Magento compares SKUs without regard to case. */
static int
compare_products(const void *left_address, const void *right_address)
{
    const struct magento_product *left = *(const struct magento_product *const *)left_address;
    const struct magento_product *right = *(const struct magento_product *const *)right_address;

    return strcasecmp(left->sku, right->sku);
}

/* Those that were looked up, sorted by SKU, so that an order of thousands of lines finds its own
 * soon; an array for the caller to free, NULL without memory. */
static const struct magento_product **
sort_products(const struct observed *observed)
{
    const struct magento_product **sorted =
        calloc(observed->product_count + 1, sizeof(struct magento_product *));

    for (size_t i = 0; sorted != NULL && i < observed->product_count; i++)
        sorted[i] = &observed->products[i];
    if (sorted != NULL)
        qsort(sorted, observed->product_count, sizeof(struct magento_product *), compare_products);
    return sorted;
}

static int
compare_sku_to_product(const void *sku, const void *product)
{
    return strcasecmp(sku, (*(const struct magento_product *const *)product)->sku);
}

static const struct magento_product *
find_product(const struct magento_product **sorted, size_t count, const char *sku)
{
    const struct magento_product **found =
        bsearch(sku, sorted, count, sizeof(struct magento_product *), compare_sku_to_product);

    return found != NULL ? *found : NULL;
}

/* The products of the lines, NULL for a line that orders nothing; what is unknown goes into the
 * verdict. */
static const struct magento_product **
find_products(struct planner *planner, const struct order_amounts *amounts)
{
    const struct order_document *order = planner->document;
    AMSYNC_CLEANUP(cleanup_free)
    const struct magento_product **products =
        calloc(order->line_count + 1, sizeof(struct magento_product *));
    size_t unknown = 0;
    const struct order_line *first = NULL;

    AMSYNC_CLEANUP(cleanup_free)
    const struct magento_product **sorted = sort_products(planner->observed);

    if (products == NULL || sorted == NULL) {
        planner->out_of_memory = true;
        return NULL;
    }
    for (size_t i = 0; i < order->line_count; i++) {
        if (!amounts->lines[i].included)
            continue;
        products[i] =
            find_product(sorted, planner->observed->product_count, order->lines[i].inventory_id);
        if (products[i] == NULL && unknown++ == 0)
            first = &order->lines[i];
    }
    if (first == NULL)
        return TAKE_PTR(products);

    struct words sku = words_value(first->inventory_id);

    if (unknown == 1)
        verdict_wait_for(planner->verdict, "item %s (line %d) is not a product in Magento",
                         sku.text, first->line_nbr);
    else
        verdict_wait_for(planner->verdict,
                         "%zu items are not products in Magento, the first is %s (line %d)",
                         unknown, sku.text, first->line_nbr);
    verdict_advise(planner->verdict,
                   "create a product with the SKU %s in Magento; "
                   "amsync goes on looking for it",
                   sku.text);
    planner->verdict->recheck_hourly = true;
    return NULL;
}

/* How many of the order's currency one of the store's is; false: not known. */
static bool
find_rate(struct planner *planner, struct decimal *ret_rate)
{
    const struct order_document *order = planner->document;
    const char *base = planner->observed->base_currency_code;
    struct words currency = words_value(order->currency);

    if (order->currency[0] != '\0' && strlen(order->currency) != CURRENCY_LETTERS) {
        verdict_wait_for(planner->verdict, "its currency '%s' is not a code of 3 letters",
                         currency.text);
        verdict_advise(planner->verdict, "let the inquiry show the currency's ID");
        return false;
    }
    if (order->currency[0] == '\0' || text_equals_ignore_case(order->currency, base)) {
        *ret_rate = decimal_from_integer(1);
        return true;
    }
    if (order->currency_rate.known && decimal_sign(order->currency_rate.value) > 0) {
        *ret_rate = order->currency_rate.value;
        return true;
    }
    verdict_wait_for(planner->verdict,
                     "its currency %s is not the shop's, %s, and its currency rate is not known",
                     currency.text, base);
    verdict_advise(planner->verdict, "add the column CurrencyRate to the inquiry");
    return false;
}

static void
put_currencies(json_t *entity, const struct planner *planner, const struct order_amounts *amounts,
               bool *failed)
{
    const char *base = planner->observed->base_currency_code;
    const char *currency = planner->document->currency;

    body_put(entity, "base_currency_code", json_string(base), failed);
    body_put(entity, "global_currency_code", json_string(base), failed);
    body_put(entity, "store_currency_code", json_string(base), failed);
    body_put(entity, "order_currency_code", json_string(currency[0] != '\0' ? currency : base),
             failed);
    body_put(entity, "base_to_global_rate", json_integer(1), failed);
    body_put_decimal(entity, "base_to_order_rate", amounts->rate, failed);
    body_put(entity, "store_to_base_rate", json_integer(0), failed);
    body_put(entity, "store_to_order_rate", json_integer(0), failed);
}

static void
put_both(json_t *object, const char *key, struct both amount, bool *failed)
{
    body_put_amounts(object, key, amount.order, amount.base, failed);
}

static struct both
both_sum(struct both left, struct both right)
{
    return (struct both){.order = decimal_add(left.order, right.order),
                         .base = decimal_add(left.base, right.base)};
}

static void
put_totals(json_t *entity, const struct order_amounts *amounts, bool *failed)
{
    static const struct both zero = {.order = {0}, .base = {0}};
    /* An order's discount is below zero in Magento, an item's is not. */
    struct both discount = {.order = decimal_negate(amounts->discount.order),
                            .base = decimal_negate(amounts->discount.base)};

    put_both(entity, "subtotal", amounts->subtotal, failed);
    put_both(entity, "subtotal_incl_tax", both_sum(amounts->subtotal, amounts->tax), failed);
    put_both(entity, "tax_amount", amounts->tax, failed);
    put_both(entity, "discount_amount", discount, failed);
    put_both(entity, "shipping_amount", amounts->freight, failed);
    put_both(entity, "shipping_incl_tax", amounts->freight, failed);
    put_both(entity, "shipping_tax_amount", zero, failed);
    put_both(entity, "grand_total", amounts->grand_total, failed);
    put_both(entity, "total_due", amounts->grand_total, failed);
    body_put_decimal(entity, "total_qty_ordered", amounts->qty_total, failed);
}

/* Of one piece, with tax. */
static struct both
price_incl_tax(const struct line_amounts *line)
{
    struct both sum = both_sum(line->row_total, line->tax);

    return (struct both){.order = decimal_round(decimal_div(sum.order, line->qty), 4),
                         .base = decimal_round(decimal_div(sum.base, line->qty), 4)};
}

static bool
product_is_virtual(const struct magento_product *product)
{
    return strcmp(product->type_id, "virtual") == 0 ||
           strcmp(product->type_id, "downloadable") == 0;
}

static json_t *
item_body(const struct planner *planner, const struct order_line *line,
          const struct line_amounts *amounts, const struct magento_product *product, bool *failed)
{
    json_t *item = json_object();
    char line_nbr[LINE_NBR_BYTES];
    AMSYNC_CLEANUP(cleanup_free) char *name = body_text_copy(line->description, NAME_CHARACTERS);
    const char *shown = name != NULL && name[0] != '\0' ? name : line->inventory_id;

    *failed = *failed || name == NULL;
    (void)snprintf(line_nbr, sizeof(line_nbr), "%d", line->line_nbr);
    body_put(item, "sku", json_string(product->sku), failed);
    body_put_text(item, "name", shown, NAME_CHARACTERS, failed);
    body_put(item, "product_id", json_integer(product->id), failed);
    body_put(item, "product_type", json_string(product->type_id), failed);
    body_put(item, "store_id", json_integer(planner->order->magento_store_id), failed);
    body_put(item, "ext_order_item_id", json_string(line_nbr), failed);
    body_put_decimal(item, "qty_ordered", amounts->qty, failed);
    body_put(item, "is_qty_decimal", json_integer(decimal_is_integer(amounts->qty) ? 0 : 1),
             failed);
    body_put(item, "is_virtual", json_integer(product_is_virtual(product) ? 1 : 0), failed);
    put_both(item, "price", amounts->price, failed);
    put_both(item, "original_price", amounts->price, failed);
    put_both(item, "price_incl_tax", price_incl_tax(amounts), failed);
    put_both(item, "row_total", amounts->row_total, failed);
    put_both(item, "row_total_incl_tax", both_sum(amounts->row_total, amounts->tax), failed);
    if (line->tax_rate.known)
        body_put_decimal(item, "tax_percent", line->tax_rate.value, failed);
    put_both(item, "tax_amount", amounts->tax, failed);
    put_both(item, "discount_amount", amounts->discount, failed);
    return item;
}

static void
put_items(json_t *entity, const struct planner *planner, const struct order_amounts *amounts,
          const struct magento_product **products, bool *failed)
{
    json_t *items = json_array();
    json_int_t count = 0;
    bool is_virtual = true;

    for (size_t i = 0; i < amounts->line_count; i++) {
        if (products[i] == NULL)
            continue;
        body_append(items,
                    item_body(planner, &planner->document->lines[i], &amounts->lines[i],
                              products[i], failed),
                    failed);
        is_virtual = is_virtual && product_is_virtual(products[i]);
        count++;
    }
    body_put(entity, "is_virtual", json_integer(is_virtual ? 1 : 0), failed);
    body_put(entity, "total_item_count", json_integer(count), failed);
    body_put(entity, "items", items, failed);
}

static json_t *
payment_body(const struct planner *planner, const struct order_amounts *amounts, bool *failed)
{
    const struct order_document *order = planner->document;
    json_t *payment = json_object();

    body_put(payment, "method",
             json_string(rules_payment_code(planner->rules, order->payment_method)), failed);
    if (!text_is_blank(order->customer_order_nbr))
        body_put_text(payment, "po_number", order->customer_order_nbr, PO_NUMBER_CHARACTERS,
                      failed);
    put_both(payment, "amount_ordered", amounts->grand_total, failed);
    put_both(payment, "shipping_amount", amounts->freight, failed);
    return payment;
}

static json_t *
histories_body(const struct planner *planner, bool *failed)
{
    AMSYNC_CLEANUP(cleanup_free) char *marker = NULL;
    json_t *histories = json_array();
    json_t *history = json_object();

    if (asprintf(&marker, IDENTITY_ORDER_MARKER "%s %s", planner->order->order_type,
                 planner->order->order_nbr) < 0) {
        marker = NULL;
        *failed = true;
    }
    body_put(history, "comment", json_string(marker), failed);
    body_put(history, "status", json_string("pending"), failed);
    body_put(history, "is_customer_notified", json_integer(0), failed);
    body_put(history, "is_visible_on_front", json_integer(0), failed);
    body_append(histories, history, failed);
    return histories;
}

static json_t *
extension_body(const struct planner *planner, const struct shipping_mapping *mapping, bool *failed)
{
    const struct order_document *order = planner->document;
    json_t *shipping = json_object();
    json_t *assignment = json_object();
    json_t *assignments = json_array();
    json_t *extension = json_object();

    body_put(shipping, "address",
             address_body(order, order_shipping_address(order), "shipping", planner->email,
                          planner->observed->countries),
             failed);
    body_put_text(shipping, "method", mapping->method, METHOD_CHARACTERS, failed);
    body_put(assignment, "shipping", shipping, failed);
    body_append(assignments, assignment, failed);
    body_put(extension, "shipping_assignments", assignments, failed);
    return extension;
}

static void
put_identity(json_t *entity, const struct planner *planner, bool *failed)
{
    const struct claimed_order *order = planner->order;
    const char *customer_id = planner->document->customer_id;
    AMSYNC_CLEANUP(cleanup_free) char *ext_order_id = plan_ext_order_id(order);

    body_put(entity, "store_id", json_integer(order->magento_store_id), failed);
    /* Without one the body is only looked at, not sent. */
    if (order->magento_increment_id != NULL)
        body_put(entity, "increment_id", json_string(order->magento_increment_id), failed);
    body_put(entity, "ext_order_id", json_string(ext_order_id), failed);
    if (customer_id[0] != '\0' &&
        text_prefix_bytes(customer_id, CUSTOMER_ID_CHARACTERS) == strlen(customer_id))
        body_put_text(entity, "ext_customer_id", customer_id, CUSTOMER_ID_CHARACTERS, failed);
    body_put(entity, "state", json_string("new"), failed);
    body_put(entity, "status", json_string("pending"), failed);
}

/* The e-mail has to stand before the addresses: Magento applies the keys in their order. */
static void
put_customer(json_t *entity, const struct planner *planner, bool *failed)
{
    const struct order_document *order = planner->document;
    AMSYNC_CLEANUP(person_free) struct person person = {.firstname = NULL, .lastname = NULL};

    if (person_of_address(order, order_billing_address(order), &person) != RESULT_OK)
        *failed = true;
    body_put(entity, "customer_email", json_string(planner->email), failed);
    body_put(entity, "customer_firstname", json_string(person.firstname), failed);
    body_put(entity, "customer_lastname", json_string(person.lastname), failed);
    body_put(entity, "customer_is_guest", json_integer(1), failed);
    body_put(entity, "customer_group_id", json_integer(0), failed);
}

static json_t *
order_body(const struct planner *planner, const struct order_amounts *amounts,
           const struct magento_product **products)
{
    const struct order_document *order = planner->document;
    const struct shipping_mapping *mapping = rules_shipping(planner->rules, order->ship_via);
    const char *title = mapping->title != NULL ? mapping->title : order->ship_via;
    AMSYNC_CLEANUP(cleanup_json) json_t *body = json_object();
    json_t *entity = json_object();
    bool failed = false;

    put_identity(entity, planner, &failed);
    put_customer(entity, planner, &failed);
    put_currencies(entity, planner, amounts, &failed);
    put_totals(entity, amounts, &failed);
    body_put_text(entity, "shipping_description", text_is_blank(title) ? mapping->method : title,
                  DESCRIPTION_CHARACTERS, &failed);
    put_items(entity, planner, amounts, products, &failed);
    body_put(entity, "billing_address",
             address_body(order, order_billing_address(order), "billing", planner->email,
                          planner->observed->countries),
             &failed);
    body_put(entity, "payment", payment_body(planner, amounts, &failed), &failed);
    body_put(entity, "status_histories", histories_body(planner, &failed), &failed);
    body_put(entity, "extension_attributes", extension_body(planner, mapping, &failed), &failed);
    body_put(body, "entity", entity, &failed);
    return failed ? NULL : TAKE_PTR(body);
}

json_t *
translate_order(struct planner *planner, struct order_amounts *amounts)
{
    struct decimal rate;

    if (!find_rate(planner, &rate))
        return NULL;

    AMSYNC_CLEANUP(cleanup_free)
    const struct magento_product **products = find_products(planner, amounts);

    if (products == NULL)
        return NULL;

    enum result result = order_amounts_convert(amounts, rate, planner->verdict);
    json_t *body = result == RESULT_OK ? order_body(planner, amounts, products) : NULL;

    if (result == RESULT_FAILED || (result == RESULT_OK && body == NULL))
        planner->out_of_memory = true;
    return body;
}
