#include "sync/links.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "sync/model.h"

static enum result
take(struct database *database, struct claimed_order *order, struct error *err)
{
    AMSYNC_CLEANUP(order_document_free) struct order_document *document = NULL;

    if (order->magento_entity_id != 0 || order->document_count == 0 ||
        order->documents[0].kind != DOCUMENT_ORDER ||
        order_document_read(order->documents[0].body, &document, NULL) != RESULT_OK ||
        text_is_blank(document->magento_order_nbr))
        return RESULT_OK;
    return work_take_link(database, order, document->magento_order_nbr, err);
}

enum result
links_take(struct database *database, struct claimed_order *const *orders, size_t count,
           struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        enum result result = take(database, orders[i], err);

        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}
