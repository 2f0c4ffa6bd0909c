#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "sync/model.h"
#include "sync/model_fields.h"

/* The document and what it needs beside the body to point to. */
struct stored_order {
    struct order_document document;
    struct model_date order_date;
};

static struct address
read_address(const json_t *header, const char *const fields[static 10])
{
    return (struct address){
        .name = model_text(header, fields[0]),
        .attention = model_text(header, fields[1]),
        .address_line1 = model_text(header, fields[2]),
        .address_line2 = model_text(header, fields[3]),
        .city = model_text(header, fields[4]),
        .state = model_text(header, fields[5]),
        .postal_code = model_text(header, fields[6]),
        .country = model_text(header, fields[7]),
        .phone = model_text(header, fields[8]),
        .email = model_text(header, fields[9]),
    };
}

static void
read_texts(const json_t *header, struct order_document *order)
{
    static const char *const bill_to[10] = {
        "BillToName",  "BillToAttention", "BillToAddressLine1", "BillToAddressLine2",
        "BillToCity",  "BillToState",     "BillToPostalCode",   "BillToCountry",
        "BillToPhone", "BillToEmail",
    };
    static const char *const ship_to[10] = {
        "ShipToName",  "ShipToAttention", "ShipToAddressLine1", "ShipToAddressLine2",
        "ShipToCity",  "ShipToState",     "ShipToPostalCode",   "ShipToCountry",
        "ShipToPhone", "ShipToEmail",
    };

    order->order_type = model_text(header, "OrderType");
    order->order_nbr = model_text(header, "OrderNbr");
    order->status = model_text(header, "Status");
    order->hold = model_flag(header, "Hold");
    order->cancelled = model_flag(header, "Cancelled");
    order->customer_id = model_text(header, "CustomerID");
    order->customer_name = model_text(header, "CustomerName");
    order->customer_class = model_text(header, "CustomerClass");
    order->customer_enabled = model_flag(header, "CustomerEnabled");
    order->email = model_text(header, "Email");
    order->customer_order_nbr = model_text(header, "CustomerOrderNbr");
    order->external_reference = model_text(header, "ExternalReference");
    order->magento_order_nbr = model_text(header, "MagentoOrderNbr");
    order->currency = model_text(header, "Currency");
    order->ship_via = model_text(header, "ShipVia");
    order->payment_method = model_text(header, "PaymentMethod");
    order->terms = model_text(header, "Terms");
    order->bill_to = read_address(header, bill_to);
    order->ship_to = read_address(header, ship_to);
}

static void
read_amounts(const json_t *header, struct order_document *order, struct model_unusable *unusable)
{
    order->currency_rate = model_amount(header, "CurrencyRate", 0, unusable);
    order->order_total = model_amount(header, "OrderTotal", 0, unusable);
    order->line_total = model_amount(header, "LineTotal", 0, unusable);
    order->freight = model_amount(header, "Freight", 0, unusable);
    order->tax_total = model_amount(header, "TaxTotal", 0, unusable);
    order->discount_total = model_amount(header, "DiscountTotal", 0, unusable);
    order->unpaid_balance = model_amount(header, "UnpaidBalance", 0, unusable);
}

static struct order_line
read_line(const struct model_row *row, struct model_unusable *unusable)
{
    const json_t *element = row->element;
    int32_t line_nbr = row->line_nbr;

    return (struct order_line){
        .line_nbr = line_nbr,
        .inventory_id = model_text(element, "InventoryID"),
        .description = model_text(element, "LineDescription"),
        .uom = model_text(element, "UOM"),
        .warehouse_id = model_text(element, "WarehouseID"),
        .order_qty = model_amount(element, "OrderQty", line_nbr, unusable),
        .unit_price = model_amount(element, "UnitPrice", line_nbr, unusable),
        .ext_price = model_amount(element, "ExtPrice", line_nbr, unusable),
        .discount_amount = model_amount(element, "DiscountAmount", line_nbr, unusable),
        .tax_rate = model_amount(element, "TaxRate", line_nbr, unusable),
        .tax_amount = model_amount(element, "TaxAmount", line_nbr, unusable),
    };
}

enum result
order_document_read(json_t *body, struct order_document **ret_order, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_free) struct model_row *rows = NULL;
    size_t count = 0;
    enum result result = model_live_rows(body, &rows, &count, err);

    if (result != RESULT_OK)
        return result;

    AMSYNC_CLEANUP(order_document_free) struct order_document *order = NULL;
    struct stored_order *stored = calloc(1, sizeof(*stored));

    if (stored == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    order = &stored->document;

    const json_t *header = json_object_get(body, "header");
    struct model_unusable unusable = {0};

    order->owner = json_incref(body);
    order->timestamp = json_integer_value(json_object_get(header, "ts"));
    read_texts(header, order);
    read_amounts(header, order, &unusable);
    stored->order_date = model_date(header, "OrderDate");
    order->order_date = stored->order_date.text;
    order->lines = calloc(count + 1, sizeof(*order->lines));
    for (size_t i = 0; i < count && order->lines != NULL; i++)
        order->lines[i] = read_line(&rows[i], &unusable);
    order->line_count = count;
    order->unusable = model_unusable_take(&unusable);
    if (order->lines == NULL || order->unusable == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    *ret_order = TAKE_PTR(order);
    return RESULT_OK;
}

void
order_document_free(struct order_document **order)
{
    struct order_document *self = *order;

    *order = NULL;
    if (self == NULL)
        return;
    free(self->lines);
    model_texts_free(self->unusable);
    json_decref(self->owner);
    free(self); /* the first member of its struct stored_order */
}
