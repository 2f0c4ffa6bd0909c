/*
 * Orders, shipments and invoices as Acumatica has them: typed views of the merged documents
 * (store/document_body.h). Pure; any thread.
 *
 * A value that cannot be used (an amount out of range, a quantity that is no number) does not make
 * reading fail: it is listed in `unusable`, and the plan says so.
 */
#ifndef AMSYNC_SYNC_MODEL_H
#define AMSYNC_SYNC_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/decimal.h"
#include "base/error.h"

/* A column may be missing in the inquiry, so each flag and amount can be unknown. */
enum tristate { UNKNOWN = -1, NO = 0, YES = 1 };

struct amount {
    bool known;
    struct decimal value; /* zero if not known */
};

struct address {
    const char *name;
    const char *attention;
    const char *address_line1;
    const char *address_line2;
    const char *city;
    const char *state;
    const char *postal_code;
    const char *country;
    const char *phone;
    const char *email;
};

struct order_line {
    int32_t line_nbr;
    const char *inventory_id;
    const char *description;
    const char *uom;
    const char *warehouse_id;
    struct amount order_qty;
    struct amount unit_price;
    struct amount ext_price;
    struct amount discount_amount;
    struct amount tax_rate;
    struct amount tax_amount;
};

/* Texts are "" when unknown or empty. Everything is owned by the order document. */
struct order_document {
    const char *order_type;
    const char *order_nbr;
    const char *status;
    enum tristate hold;
    enum tristate cancelled;
    const char *customer_id;
    const char *customer_name;
    const char *customer_class;
    enum tristate customer_enabled;
    const char *email;
    const char *customer_order_nbr;
    const char *external_reference;
    const char *magento_order_nbr;
    const char *currency;
    struct amount currency_rate;
    const char *order_date; /* YYYY-MM-DD, "" if unknown */
    struct amount order_total;
    struct amount line_total;
    struct amount freight;
    struct amount tax_total;
    struct amount discount_total;
    struct amount unpaid_balance;
    const char *ship_via;
    const char *payment_method;
    const char *terms;
    int64_t timestamp; /* Acumatica's, of the newest save */
    struct address bill_to;
    struct address ship_to;
    struct order_line *lines; /* by line number */
    size_t line_count;
    char **unusable; /* "OrderTotal 1e300 is out of range"; NULL-terminated */
    json_t *owner;
};

struct shipment_line {
    int32_t line_nbr;
    int32_t order_line_nbr; /* 0: unknown */
    const char *inventory_id;
    const char *uom;
    const char *warehouse_id;
    struct amount shipped_qty;
};

struct shipment_document {
    const char *shipment_nbr;
    const char *type;
    const char *status;
    bool confirmed; /* Confirmed, or a status that implies it */
    const char *shipment_date;
    const char *ship_via;
    struct shipment_line *lines;
    size_t line_count;
    int64_t timestamp;          /* Acumatica's, of the newest save */
    const char **tracking_nbrs; /* distinct, in order of line and number; NULL-terminated */
    char **unusable;
    json_t *owner;
};

struct invoice_line {
    int32_t line_nbr;
    int32_t order_line_nbr; /* 0: unknown */
    const char *shipment_nbr;
    const char *inventory_id;
    const char *uom;
    struct amount qty;
    struct amount line_amount;
};

struct invoice_document {
    const char *type;
    const char *reference_nbr;
    const char *status;
    bool released; /* Released, or a status that implies it */
    const char *date;
    const char *currency;
    struct amount amount;
    struct amount balance;
    struct invoice_line *lines;
    size_t line_count;
    char **unusable;
    json_t *owner;
};

/* Reads a body; keeps a reference to it. RESULT_FAILED: out of memory. RESULT_REJECTED: not a
 * document's body. */
enum result order_document_read(json_t *body, struct order_document **ret_order,
                                struct error *err) AMSYNC_MUST_USE;
void order_document_free(struct order_document **order);
enum result shipment_document_read(json_t *body, struct shipment_document **ret_shipment,
                                   struct error *err) AMSYNC_MUST_USE;
void shipment_document_free(struct shipment_document **shipment);
enum result invoice_document_read(json_t *body, struct invoice_document **ret_invoice,
                                  struct error *err) AMSYNC_MUST_USE;
void invoice_document_free(struct invoice_document **invoice);

#endif
