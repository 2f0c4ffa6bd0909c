#include "sync/observe.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "magento/fulfilment.h"
#include "magento/orders.h"
#include "sync/model.h"

void
observation_forget(struct observation *observation, unsigned needs)
{
    struct observed *seen = &observation->seen;

    if ((needs & NEED_ORDER) != 0)
        magento_order_free(&seen->order);
    if ((needs & NEED_ORDER_BY_NUMBER) != 0)
        magento_order_free(&seen->order_by_number);
    if ((needs & NEED_ORDER_BY_EXT_ID) != 0)
        magento_order_free(&seen->order_by_ext_id);
    if ((needs & NEED_SHIPMENTS) != 0) {
        magento_documents_free(&seen->shipments, seen->shipment_count);
        seen->shipment_count = 0;
    }
    if ((needs & NEED_INVOICES) != 0) {
        magento_documents_free(&seen->invoices, seen->invoice_count);
        seen->invoice_count = 0;
    }
    if ((needs & NEED_PRODUCTS) != 0) {
        magento_products_free(&observation->products, observation->product_count);
        observation->product_count = 0;
        seen->products = NULL;
        seen->product_count = 0;
    }
    if ((needs & NEED_REGIONS) != 0) {
        magento_countries_unref(&observation->countries);
        seen->countries = NULL;
    }
    seen->looked &= ~needs;
}

void
observation_finish(struct observation *observation)
{
    observation_forget(observation, ~0U);
    *observation = (struct observation){0};
}

/* The order document as typed fields; NULL when it cannot be read, which the plan says by itself. */
static struct order_document *
read_order_document(const struct claimed_order *order)
{
    struct order_document *document = NULL;

    if (order->document_count == 0 || order->documents[0].kind != DOCUMENT_ORDER ||
        order_document_read(order->documents[0].body, &document, NULL) != RESULT_OK)
        return NULL;
    return document;
}

static enum magento_outcome
without_memory(struct magento_answer *answer)
{
    answer->outcome = MAGENTO_AGAIN;
    magento_answer_say(answer, "out of memory");
    return MAGENTO_AGAIN;
}

static enum magento_outcome
look_at_order(struct session *session, const struct claimed_order *order,
              struct observation *observation, struct magento_answer *answer)
{
    return magento_order_read(session->client, order->magento_entity_id, &observation->seen.order,
                              answer);
}

static enum magento_outcome
look_at_order_by_number(struct session *session, const struct claimed_order *order,
                        struct observation *observation, struct magento_answer *answer)
{
    AMSYNC_CLEANUP(order_document_free)
    struct order_document *document = read_order_document(order);

    if (document == NULL)
        return without_memory(answer);
    return magento_order_find_by_number(session->client, document->magento_order_nbr,
                                        order->magento_store_id, &observation->seen.order_by_number,
                                        answer);
}

static enum magento_outcome
look_at_order_by_ext_id(struct session *session, const struct claimed_order *order,
                        struct observation *observation, struct magento_answer *answer)
{
    AMSYNC_CLEANUP(cleanup_free) char *ext_order_id = plan_ext_order_id(order);

    if (ext_order_id == NULL)
        return without_memory(answer);
    return magento_order_find_by_ext_order_id(session->client, ext_order_id,
                                              &observation->seen.order_by_ext_id,
                                              &observation->seen.several_by_ext_id, answer);
}

static enum magento_outcome
look_at_shipments(struct session *session, const struct claimed_order *order,
                  struct observation *observation, struct magento_answer *answer)
{
    return magento_shipments_of(session->client, order->magento_entity_id,
                                &observation->seen.shipments, &observation->seen.shipment_count,
                                answer);
}

static enum magento_outcome
look_at_invoices(struct session *session, const struct claimed_order *order,
                 struct observation *observation, struct magento_answer *answer)
{
    return magento_invoices_of(session->client, order->magento_entity_id,
                               &observation->seen.invoices, &observation->seen.invoice_count,
                               answer);
}

static enum magento_outcome
look_at_products(struct session *session, const struct claimed_order *order,
                 struct observation *observation, struct magento_answer *answer)
{
    AMSYNC_CLEANUP(order_document_free)
    struct order_document *document = read_order_document(order);
    AMSYNC_CLEANUP(cleanup_free) const char **skus = NULL;
    size_t count = 0;

    if (document == NULL || (skus = calloc(document->line_count + 1, sizeof(*skus))) == NULL)
        return without_memory(answer);
    for (size_t i = 0; i < document->line_count; i++) {
        if (document->lines[i].inventory_id[0] != '\0')
            skus[count++] = document->lines[i].inventory_id;
    }

    enum magento_outcome outcome =
        product_cache_look_up(session->products, session->client, skus, count, clock_boottime_ms(),
                              &observation->products, &observation->product_count, answer);

    if (outcome == MAGENTO_DONE) {
        observation->seen.products = observation->products;
        observation->seen.product_count = observation->product_count;
    }
    return outcome;
}

static enum magento_outcome
look_at_regions(struct session *session, const struct claimed_order *order,
                struct observation *observation, struct magento_answer *answer)
{
    enum magento_outcome outcome = magento_shop_countries(
        session->shop, session->client, clock_boottime_ms(), &observation->countries, answer);

    (void)order;
    if (outcome == MAGENTO_DONE)
        observation->seen.countries = observation->countries->json;
    return outcome;
}

static enum magento_outcome
look_at_store(struct session *session, const struct claimed_order *order,
              struct observation *observation, struct magento_answer *answer)
{
    enum magento_outcome outcome = magento_shop_store(
        session->shop, session->client, clock_boottime_ms(), &observation->store, answer);

    (void)order;
    if (outcome == MAGENTO_DONE)
        observation->seen.base_currency_code = observation->store.base_currency_code;
    return outcome;
}

struct look {
    enum plan_need need;
    enum magento_call call;
    enum magento_outcome (*at)(struct session *session, const struct claimed_order *order,
                               struct observation *observation, struct magento_answer *answer);
};

static const struct look looks[] = {
    {NEED_ORDER, CALL_READ_ORDERS, look_at_order},
    {NEED_ORDER_BY_NUMBER, CALL_READ_ORDERS, look_at_order_by_number},
    {NEED_ORDER_BY_EXT_ID, CALL_READ_ORDERS, look_at_order_by_ext_id},
    {NEED_SHIPMENTS, CALL_READ_SHIPMENTS, look_at_shipments},
    {NEED_INVOICES, CALL_READ_INVOICES, look_at_invoices},
    {NEED_PRODUCTS, CALL_READ_PRODUCTS, look_at_products},
    {NEED_REGIONS, CALL_READ_COUNTRIES, look_at_regions},
    {NEED_STORE, CALL_READ_STORE, look_at_store},
};

enum magento_outcome
observe(struct session *session, const struct claimed_order *order, unsigned needs,
        struct observation *observation, struct magento_answer *answer)
{
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        const struct look *look = &looks[i];

        if ((needs & look->need) == 0)
            continue;
        observation_forget(observation, look->need);
        if (!session_may(session, look->call, answer))
            return answer->outcome;

        enum magento_outcome outcome = look->at(session, order, observation, answer);

        /* What the caches knew without asking has left no answer. */
        answer->outcome = outcome;
        if (session_done(session, look->call, answer) != MAGENTO_DONE)
            return answer->outcome;
        observation->seen.looked |= look->need;
    }
    return MAGENTO_DONE;
}
