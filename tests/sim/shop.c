#include "sim/shop.h"

#include "sim/row.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES 320

/* The text as the indexes compare it: lower case, no spaces at the end. */
static void
index_key(const char *text, char key[static KEY_BYTES])
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    if (length >= KEY_BYTES)
        length = KEY_BYTES - 1;
    for (size_t i = 0; i < length; i++)
        key[i] = (char)((unsigned char)text[i] < 0x80U ? tolower((unsigned char)text[i]) : text[i]);
    key[length] = '\0';
}

static void
unique_key(const char *increment_id, int64_t store_id, char key[static KEY_BYTES + 32])
{
    char lower[KEY_BYTES];
    index_key(increment_id, lower);
    (void)snprintf(key, KEY_BYTES + 32, "%" PRId64 " %s", store_id, lower);
}

static void
order_free(struct order *order)
{
    if (!order)
        return;
    json_decref(order->row);
    json_decref(order->items);
    json_decref(order->billing);
    json_decref(order->shipping);
    json_decref(order->shipping_method);
    json_decref(order->payment);
    json_decref(order->histories);
    json_decref(order->shipments);
    json_decref(order->invoices);
    json_decref(order->steps);
    json_decref(order->document);
    free(order);
}

struct shop *
shop_new(struct schema *schema, struct catalogue *catalogue)
{
    struct shop *shop = calloc(1, sizeof(*shop));
    if (!shop)
        return NULL;
    shop->schema = schema;
    shop->catalogue = catalogue;
    shop_reset(shop);
    return shop;
}

static void
forget_all(struct shop *shop)
{
    for (size_t i = 0; i < shop->order_count; i++)
        order_free(shop->orders[i]);
    free(shop->orders);
    free(shop->shipments);
    free(shop->invoices);
    json_decref(shop->by_increment_id);
    json_decref(shop->by_ext_order_id);
    json_decref(shop->unique);
    json_decref(shop->order_sequences);
}

void
shop_free(struct shop *shop)
{
    if (!shop)
        return;
    forget_all(shop);
    free(shop);
}

void
shop_reset(struct shop *shop)
{
    forget_all(shop);
    *shop = (struct shop){
        .schema = shop->schema,
        .catalogue = shop->catalogue,
        .ignores_fields = shop->ignores_fields,
        .by_increment_id = json_object(),
        .by_ext_order_id = json_object(),
        .unique = json_object(),
        .order_sequences = json_object(),
        .ledger = shop->ledger,
        .step_count = shop->step_count,
    };
}

struct order *
shop_order(const struct shop *shop, int64_t id)
{
    if (id < 1 || (size_t)id > shop->order_count)
        return NULL;
    return shop->orders[id - 1];
}

const struct document_entry *
shop_shipment(const struct shop *shop, int64_t id)
{
    if (id < 1 || (size_t)id > shop->shipment_count || !shop->shipments[id - 1].document)
        return NULL;
    return &shop->shipments[id - 1];
}

static json_t *
lookup(json_t *index, const char *text)
{
    char key[KEY_BYTES];
    index_key(text, key);
    return json_object_get(index, key);
}

json_t *
shop_ids_by_increment(const struct shop *shop, const char *increment_id)
{
    return lookup(shop->by_increment_id, increment_id);
}

json_t *
shop_ids_by_ext(const struct shop *shop, const char *ext_order_id)
{
    return lookup(shop->by_ext_order_id, ext_order_id);
}

/* Makes room for one more element; gives up the process without memory, as a test tool may. */
static void *
grow(void *elements, size_t count, size_t *slots, size_t size)
{
    if (count < *slots)
        return elements;
    size_t wanted = *slots == 0 ? 1024 : *slots * 2;
    void *grown = reallocarray(elements, wanted, size);
    if (!grown)
        abort();
    memset((char *)grown + *slots * size, 0, (wanted - *slots) * size);
    *slots = wanted;
    return grown;
}

int64_t
shop_take_order_id(struct shop *shop)
{
    shop->orders =
        grow(shop->orders, shop->order_count, &shop->order_slots, sizeof(struct order *));
    return (int64_t)++shop->order_count;
}

int64_t
shop_take_shipment_id(struct shop *shop)
{
    shop->shipments = grow(shop->shipments, shop->shipment_count, &shop->shipment_slots,
                           sizeof(struct document_entry));
    return (int64_t)++shop->shipment_count;
}

int64_t
shop_take_invoice_id(struct shop *shop)
{
    shop->invoices = grow(shop->invoices, shop->invoice_count, &shop->invoice_slots,
                          sizeof(struct document_entry));
    return (int64_t)++shop->invoice_count;
}

json_t *
shop_next_increment_id(struct shop *shop, int64_t store_id)
{
    char key[32];
    (void)snprintf(key, sizeof(key), "%" PRId64, store_id);
    int64_t next = row_integer(shop->order_sequences, key) + 1;
    row_set_integer(shop->order_sequences, key, next);
    if (store_id > 1)
        return json_sprintf("%" PRId64 "%09" PRId64, store_id, next);
    return json_sprintf("%09" PRId64, next);
}

bool
shop_is_unique(const struct shop *shop, const char *increment_id, int64_t store_id)
{
    char key[KEY_BYTES + 32];
    unique_key(increment_id, store_id, key);
    return json_object_get(shop->unique, key) == NULL;
}

static void
index_add(json_t *index, const char *text, int64_t id)
{
    char key[KEY_BYTES];
    index_key(text, key);
    json_t *ids = json_object_get(index, key);
    if (!ids) {
        ids = json_array();
        json_object_set_new(index, key, ids);
    }
    json_array_append_new(ids, json_integer(id));
}

static void
index_remove(json_t *index, const char *text, int64_t id)
{
    char key[KEY_BYTES];
    index_key(text, key);
    json_t *ids = json_object_get(index, key);
    for (size_t i = json_array_size(ids); i > 0; i--) {
        if (json_integer_value(json_array_get(ids, i - 1)) == id)
            json_array_remove(ids, i - 1);
    }
    if (json_array_size(ids) == 0)
        json_object_del(index, key);
}

void
shop_index_order(struct shop *shop, struct order *order)
{
    if (row_has(order->row, "increment_id"))
        index_add(shop->by_increment_id, row_text(order->row, "increment_id"), order->id);
    if (row_has(order->row, "ext_order_id"))
        index_add(shop->by_ext_order_id, row_text(order->row, "ext_order_id"), order->id);
    if (row_has(order->row, "store_id")) {
        char key[KEY_BYTES + 32];
        unique_key(row_text(order->row, "increment_id"), row_integer(order->row, "store_id"), key);
        json_object_set_new(shop->unique, key, json_true());
    }
}

void
shop_unindex_order(struct shop *shop, struct order *order)
{
    index_remove(shop->by_increment_id, row_text(order->row, "increment_id"), order->id);
    index_remove(shop->by_ext_order_id, row_text(order->row, "ext_order_id"), order->id);
    if (row_has(order->row, "store_id")) {
        char key[KEY_BYTES + 32];
        unique_key(row_text(order->row, "increment_id"), row_integer(order->row, "store_id"), key);
        json_object_del(shop->unique, key);
    }
}

void
shop_add_order(struct shop *shop, struct order *order)
{
    shop->orders[order->id - 1] = order;
    shop_index_order(shop, order);
}

static void
delete_documents(struct document_entry *entries, size_t count, const struct order *order)
{
    for (size_t i = 0; i < count; i++) {
        if (entries[i].order == order)
            entries[i] = (struct document_entry){0};
    }
}

void
shop_delete_order(struct shop *shop, struct order *order)
{
    shop_unindex_order(shop, order);
    delete_documents(shop->shipments, shop->shipment_count, order);
    delete_documents(shop->invoices, shop->invoice_count, order);
    shop->orders[order->id - 1] = NULL;
    order_free(order);
}

void
shop_add_shipment(struct shop *shop, int64_t id, struct order *order, json_t *document)
{
    json_array_append_new(order->shipments, document);
    shop->shipments[id - 1] = (struct document_entry){order, document};
}

void
shop_add_invoice(struct shop *shop, int64_t id, struct order *order, json_t *document)
{
    json_array_append_new(order->invoices, document);
    shop->invoices[id - 1] = (struct document_entry){order, document};
}
