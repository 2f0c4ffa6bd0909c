#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "sync/model.h"
#include "sync/model_fields.h"

/* The document and what it needs beside the body to point to. */
struct stored_invoice {
    struct invoice_document document;
    struct model_date date;
};

static struct invoice_line
read_line(const struct model_row *row, struct model_unusable *unusable)
{
    const json_t *element = row->element;
    int32_t line_nbr = row->line_nbr;

    return (struct invoice_line){
        .line_nbr = line_nbr,
        .order_line_nbr = model_line_nbr(element, "OrderLineNbr", line_nbr, unusable),
        .shipment_nbr = model_text(element, "ShipmentNbr"),
        .inventory_id = model_text(element, "InventoryID"),
        .uom = model_text(element, "UOM"),
        .qty = model_amount(element, "Qty", line_nbr, unusable),
        .line_amount = model_amount(element, "LineAmount", line_nbr, unusable),
    };
}

static void
read_header(const json_t *header, struct stored_invoice *stored, struct model_unusable *unusable)
{
    struct invoice_document *invoice = &stored->document;

    invoice->type = model_text(header, "Type");
    invoice->reference_nbr = model_text(header, "ReferenceNbr");
    invoice->status = model_text(header, "Status");
    invoice->released = model_flag(header, "Released") == YES ||
                        text_equals_ignore_case(invoice->status, "Open") ||
                        text_equals_ignore_case(invoice->status, "Closed");
    invoice->currency = model_text(header, "Currency");
    invoice->amount = model_amount(header, "Amount", 0, unusable);
    invoice->balance = model_amount(header, "Balance", 0, unusable);
    stored->date = model_date(header, "Date");
    invoice->date = stored->date.text;
}

enum result
invoice_document_read(json_t *body, struct invoice_document **ret_invoice, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_free) struct model_row *rows = NULL;
    size_t count = 0;
    enum result result = model_live_rows(body, &rows, &count, err);

    if (result != RESULT_OK)
        return result;

    AMSYNC_CLEANUP(invoice_document_free) struct invoice_document *invoice = NULL;
    struct stored_invoice *stored = calloc(1, sizeof(*stored));

    if (stored == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    invoice = &stored->document;

    struct model_unusable unusable = {0};

    invoice->owner = json_incref(body);
    read_header(json_object_get(body, "header"), stored, &unusable);
    invoice->lines = calloc(count + 1, sizeof(*invoice->lines));
    for (size_t i = 0; i < count && invoice->lines != NULL; i++)
        invoice->lines[i] = read_line(&rows[i], &unusable);
    invoice->line_count = count;
    invoice->unusable = model_unusable_take(&unusable);
    if (invoice->lines == NULL || invoice->unusable == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    *ret_invoice = TAKE_PTR(invoice);
    return RESULT_OK;
}

void
invoice_document_free(struct invoice_document **invoice)
{
    struct invoice_document *self = *invoice;

    *invoice = NULL;
    if (self == NULL)
        return;
    free(self->lines);
    model_texts_free(self->unusable);
    json_decref(self->owner);
    free(self); /* the first member of its struct stored_invoice */
}
