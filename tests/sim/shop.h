/*
 * The tables of the simulated shop, in memory, and the call that works on them.
 *
 * One thread owns a shop and everything in it. Rows are JSON objects with a key per column that is
 * not NULL (sim/row.h).
 */
#ifndef AMSYNC_SIM_SHOP_H
#define AMSYNC_SIM_SHOP_H

#include "sim/answer.h"
#include "sim/catalogue.h"
#include "sim/schema.h"
#include "sim/target.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct order {
    int64_t id;
    json_t *row;             /* of sales_order */
    json_t *items;           /* rows of sales_order_item */
    json_t *billing;         /* address row, NULL if it has none */
    json_t *shipping;        /* address row, NULL if it has none */
    json_t *shipping_method; /* a string, NULL if it has none */
    json_t *payment;
    json_t *histories; /* status history rows, oldest first */
    json_t *shipments; /* as GET /V1/shipments shows them */
    json_t *invoices;  /* as GET /V1/invoices shows them */
    json_t *steps;     /* what was done to it, oldest first; see sim/ledger.h */
    json_t *document;  /* what GET shows, NULL when it has to be made anew */
};

/* A document of an order by its id. */
struct document_entry {
    struct order *order;
    json_t *document;
};

#define SHOP_VIEWS 1024

struct shop {
    struct schema *schema;
    struct catalogue *catalogue;
    bool ignores_fields; /* answers are whole, whatever the parameter `fields` names */

    struct order **orders; /* by id - 1; NULL where an id was used up or an order deleted */
    size_t order_slots;
    size_t order_count;               /* slots in use */
    struct document_entry *shipments; /* by id - 1, like orders */
    size_t shipment_slots;
    size_t shipment_count;
    struct document_entry *invoices;
    size_t invoice_slots;
    size_t invoice_count;
    json_t *by_increment_id; /* lower-case key -> [order id] */
    json_t *by_ext_order_id;
    json_t *unique; /* "store_id increment_id" -> true: the UNIQUE key of sales_order */

    json_t *order_sequences; /* per store id: last number given */
    int64_t last_item;
    int64_t last_address;
    int64_t last_payment;
    int64_t last_history;
    int64_t last_shipment_item;
    int64_t last_shipment_comment;
    int64_t last_track;
    int64_t last_invoice_item;
    int64_t last_invoice_comment;
    int64_t shipment_sequence;
    int64_t invoice_sequence;

    int64_t viewed[SHOP_VIEWS]; /* ids of the orders whose view is kept */
    size_t view_count;          /* so far */

    FILE *ledger; /* NULL for none; closed by whoever opened it */
    uint64_t step_count;
};

/* One call of the REST API while it is answered. */
struct call {
    struct shop *shop;
    const struct target *target;
    const char *argument; /* the path's {parameter}, "" if it has none */
    int64_t id;           /* the same as a number */
    json_t *body;         /* an object; empty when there was none */
    struct answer *answer;
};

/* `schema` and `catalogue` stay the caller's and must outlive the shop. NULL: out of memory. */
struct shop *shop_new(struct schema *schema, struct catalogue *catalogue);
void shop_free(struct shop *shop);

/* Forgets every order, numbers start anew. */
void shop_reset(struct shop *shop);

/* NULL if there is none of that id. */
struct order *shop_order(const struct shop *shop, int64_t id);
const struct document_entry *shop_shipment(const struct shop *shop, int64_t id);

/* The order ids (an array, borrowed, or NULL) with that increment_id or ext_order_id. */
json_t *shop_ids_by_increment(const struct shop *shop, const char *increment_id);
json_t *shop_ids_by_ext(const struct shop *shop, const char *ext_order_id);

/* Takes the next order id, also for an order that is then not kept. */
int64_t shop_take_order_id(struct shop *shop);
int64_t shop_take_shipment_id(struct shop *shop);
int64_t shop_take_invoice_id(struct shop *shop);

/* The next number of the store's order sequence, "000000012" or "2000000012". A new reference. */
json_t *shop_next_increment_id(struct shop *shop, int64_t store_id);

/* False when an order of that store has that number already. */
bool shop_is_unique(const struct shop *shop, const char *increment_id, int64_t store_id);

/* Puts the order (taken over) at its id and into the indexes; or out of them. */
void shop_add_order(struct shop *shop, struct order *order);
void shop_index_order(struct shop *shop, struct order *order);
void shop_unindex_order(struct shop *shop, struct order *order);
void shop_delete_order(struct shop *shop, struct order *order);

void shop_add_shipment(struct shop *shop, int64_t id, struct order *order, json_t *document);
void shop_add_invoice(struct shop *shop, int64_t id, struct order *order, json_t *document);

#endif
