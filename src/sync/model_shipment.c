#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "store/document_body.h"
#include "sync/model.h"
#include "sync/model_fields.h"

/* The document and what it needs beside the body to point to. */
struct stored_shipment {
    struct shipment_document document;
    struct model_date shipment_date;
};

/* Confirming is not undone by what follows it: invoicing, and releasing that invoice. */
static bool
status_implies_confirmed(const char *status)
{
    static const char *const statuses[] = {"Confirmed", "Partially Invoiced", "Invoiced",
                                           "Completed"};

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (text_equals_ignore_case(status, statuses[i]))
            return true;
    return false;
}

/* Among the rows of one line (one for each tracking number), the one that wrote the field last. */
static const json_t *
newest(const struct model_row *rows, size_t count, const char *field)
{
    const json_t *element = rows[0].element;
    int64_t written = document_body_field_timestamp(element, field);

    for (size_t i = 1; i < count; i++) {
        int64_t timestamp = document_body_field_timestamp(rows[i].element, field);

        if (timestamp > written) {
            element = rows[i].element;
            written = timestamp;
        }
    }
    return element;
}

static const char *
newest_text(const struct model_row *rows, size_t count, const char *field)
{
    return model_text(newest(rows, count, field), field);
}

static struct shipment_line
read_line(const struct model_row *rows, size_t count, struct model_unusable *unusable)
{
    int32_t line_nbr = rows[0].line_nbr;

    return (struct shipment_line){
        .line_nbr = line_nbr,
        .order_line_nbr =
            model_line_nbr(newest(rows, count, "OrderLineNbr"), "OrderLineNbr", line_nbr, unusable),
        .inventory_id = newest_text(rows, count, "InventoryID"),
        .uom = newest_text(rows, count, "UOM"),
        .warehouse_id = newest_text(rows, count, "WarehouseID"),
        .shipped_qty =
            model_amount(newest(rows, count, "ShippedQty"), "ShippedQty", line_nbr, unusable),
    };
}

static void
read_lines(const struct model_row *rows, size_t count, struct shipment_document *shipment,
           struct model_unusable *unusable)
{
    size_t first = 0;

    while (first < count) {
        size_t next = first + 1;

        while (next < count && rows[next].line_nbr == rows[first].line_nbr)
            next++;
        shipment->lines[shipment->line_count++] = read_line(&rows[first], next - first, unusable);
        first = next;
    }
}

/* RESULT_FAILED: out of memory. */
static enum result
read_tracking_nbrs(const struct model_row *rows, size_t count, struct shipment_document *shipment)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *seen = json_object();
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        const char *tracking_nbr = rows[i].tracking_nbr;

        if (tracking_nbr == NULL || json_object_get(seen, tracking_nbr) != NULL)
            continue;
        if (json_object_set_new(seen, tracking_nbr, json_true()) != 0)
            return RESULT_FAILED;
        shipment->tracking_nbrs[used++] = tracking_nbr;
    }
    return RESULT_OK;
}

static void
read_header(const json_t *header, struct stored_shipment *stored)
{
    struct shipment_document *shipment = &stored->document;

    shipment->timestamp = json_integer_value(json_object_get(header, "ts"));
    shipment->shipment_nbr = model_text(header, "ShipmentNbr");
    shipment->type = model_text(header, "Type");
    shipment->status = model_text(header, "Status");
    shipment->confirmed =
        model_flag(header, "Confirmed") == YES || status_implies_confirmed(shipment->status);
    shipment->ship_via = model_text(header, "ShipVia");
    stored->shipment_date = model_date(header, "ShipmentDate");
    shipment->shipment_date = stored->shipment_date.text;
}

enum result
shipment_document_read(json_t *body, struct shipment_document **ret_shipment, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_free) struct model_row *rows = NULL;
    size_t count = 0;
    enum result result = model_live_rows(body, &rows, &count, err);

    if (result != RESULT_OK)
        return result;

    AMSYNC_CLEANUP(shipment_document_free) struct shipment_document *shipment = NULL;
    struct stored_shipment *stored = calloc(1, sizeof(*stored));

    if (stored == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    shipment = &stored->document;

    struct model_unusable unusable = {0};

    shipment->owner = json_incref(body);
    read_header(json_object_get(body, "header"), stored);
    shipment->lines = calloc(count + 1, sizeof(*shipment->lines));
    shipment->tracking_nbrs = calloc(count + 1, sizeof(*shipment->tracking_nbrs));
    if (shipment->lines != NULL && shipment->tracking_nbrs != NULL) {
        read_lines(rows, count, shipment, &unusable);
        result = read_tracking_nbrs(rows, count, shipment);
    }
    shipment->unusable = model_unusable_take(&unusable);
    if (shipment->lines == NULL || shipment->tracking_nbrs == NULL || shipment->unusable == NULL ||
        result != RESULT_OK)
        return error_result(err, RESULT_FAILED, "out of memory");
    *ret_shipment = TAKE_PTR(shipment);
    return RESULT_OK;
}

void
shipment_document_free(struct shipment_document **shipment)
{
    struct shipment_document *self = *shipment;

    *shipment = NULL;
    if (self == NULL)
        return;
    free(self->lines);
    free(self->tracking_nbrs);
    model_texts_free(self->unusable);
    json_decref(self->owner);
    free(self); /* the first member of its struct stored_shipment */
}
