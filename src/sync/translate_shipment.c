#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "sync/body.h"
#include "sync/identity.h"
#include "sync/translate.h"

/* Magento's columns, in characters. */
#define TITLE_CHARACTERS 255
#define CARRIER_CHARACTERS 32
#define TRACK_NUMBER_CHARACTERS 4096
#define STATUS_CHARACTERS 32
#define COMMENT_CHARACTERS 4000

void
item_quantities_free(struct item_quantities *quantities)
{
    free(quantities->quantities);
    *quantities = (struct item_quantities){.quantities = NULL};
}

/* [{"order_item_id": , "qty": }], only what is above zero. NULL without memory. */
static json_t *
translate_items(const struct planner *planner, const struct item_quantities *quantities)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *items = json_array();
    bool failed = false;

    for (size_t i = 0; i < quantities->count; i++) {
        json_t *item;

        if (decimal_sign(quantities->quantities[i]) <= 0)
            continue;
        item = json_object();
        body_put(item, "order_item_id", json_integer(planner->items[i].item->item_id), &failed);
        body_put_decimal(item, "qty", quantities->quantities[i], &failed);
        body_append(items, item, &failed);
    }
    return failed ? NULL : TAKE_PTR(items);
}

/* What the shop shows of the way the shipment went, and the carrier of its tracking numbers. */
static void
put_carrier(json_t *track, const struct planner *planner, size_t document, bool *failed)
{
    const char *ship_via = planner->documents[document].shipment->ship_via;

    if (text_is_blank(ship_via) && planner->document != NULL)
        ship_via = planner->document->ship_via;

    const struct shipping_mapping *mapping = rules_shipping(planner->rules, ship_via);
    const char *title = mapping != NULL && mapping->title != NULL ? mapping->title : ship_via;
    const char *carrier = mapping != NULL ? mapping->carrier : NULL;

    body_put_text(track, "title", text_is_blank(title) ? "Custom" : title, TITLE_CHARACTERS,
                  failed);
    body_put_text(track, "carrier_code", carrier != NULL ? carrier : "custom", CARRIER_CHARACTERS,
                  failed);
}

static json_t *
tracks_body(const struct planner *planner, size_t document, bool *failed)
{
    const char **tracking_nbrs = planner->documents[document].shipment->tracking_nbrs;
    json_t *tracks = json_array();

    for (size_t i = 0; tracking_nbrs[i] != NULL; i++) {
        json_t *track = json_object();

        body_put_text(track, "track_number", tracking_nbrs[i], TRACK_NUMBER_CHARACTERS, failed);
        put_carrier(track, planner, document, failed);
        body_append(tracks, track, failed);
    }
    return tracks;
}

/* The parts that calls for shipments and invoices share. */
static void
put_common(json_t *body, const struct planner *planner, size_t document,
           const struct item_quantities *quantities, bool *failed)
{
    AMSYNC_CLEANUP(cleanup_free)
    char *marker = identity_marker(planner->documents[document].claimed);

    body_put(body, "items", translate_items(planner, quantities), failed);
    body_put(body, "notify", json_boolean(planner->preferences->notify_customer), failed);
    body_put(body, "appendComment", json_false(), failed);
    body_put(body, "comment", body_comment(marker, failed), failed);
}

json_t *
translate_shipment(const struct planner *planner, size_t document,
                   const struct item_quantities *quantities, const char *source)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *body = json_object();
    bool failed = false;

    put_common(body, planner, document, quantities, &failed);
    if (planner->documents[document].shipment->tracking_nbrs[0] != NULL)
        body_put(body, "tracks", tracks_body(planner, document, &failed), &failed);
    if (source != NULL) {
        json_t *extension = json_object();
        json_t *arguments = json_object();

        body_put(extension, "source_code", json_string(source), &failed);
        body_put(arguments, "extension_attributes", extension, &failed);
        body_put(body, "arguments", arguments, &failed);
    }
    return failed ? NULL : TAKE_PTR(body);
}

json_t *
translate_track(const struct planner *planner, size_t document, int64_t shipment_id,
                const char *tracking_nbr)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *body = json_object();
    json_t *entity = json_object();
    bool failed = false;

    body_put(entity, "order_id", json_integer(planner->order->magento_entity_id), &failed);
    body_put(entity, "parent_id", json_integer(shipment_id), &failed);
    body_put_text(entity, "track_number", tracking_nbr, TRACK_NUMBER_CHARACTERS, &failed);
    put_carrier(entity, planner, document, &failed);
    body_put(body, "entity", entity, &failed);
    return failed ? NULL : TAKE_PTR(body);
}

json_t *
translate_invoice(const struct planner *planner, size_t document,
                  const struct item_quantities *quantities)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *body = json_object();
    bool failed = false;

    body_put(body, "capture", json_boolean(planner->preferences->invoice_capture), &failed);
    put_common(body, planner, document, quantities, &failed);
    return failed ? NULL : TAKE_PTR(body);
}

json_t *
translate_comment(const char *status, const char *text)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *body = json_object();
    json_t *history = json_object();
    bool failed = false;

    body_put_text(history, "comment", text, COMMENT_CHARACTERS, &failed);
    body_put_text(history, "status", status, STATUS_CHARACTERS, &failed);
    body_put(history, "is_customer_notified", json_integer(0), &failed);
    body_put(history, "is_visible_on_front", json_integer(0), &failed);
    body_put(body, "statusHistory", history, &failed);
    return failed ? NULL : TAKE_PTR(body);
}
