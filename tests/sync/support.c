#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../store/support.h"
#include "base/clock.h"
#include "store/document_body.h"
#include "store/documents.h"

struct settings
settings_of(const struct simulation *simulation, enum magento_auth auth)
{
    struct settings settings = {0};
    char database_url[512];
    char magento_url[128];
    char oauth1[] = "AMSYNC_MAGENTO_AUTH=oauth1";
    char *environment[] = {
        database_url,
        magento_url,
        (char[]){"AMSYNC_MAGENTO_TOKEN=token"},
        (char[]){"AMSYNC_MAGENTO_TIMEOUT_MS=1000"},
        (char[]){"AMSYNC_MAGENTO_QUIET_MS=2000"},
        (char[]){"AMSYNC_WORKERS=4"},
        auth == MAGENTO_AUTH_OAUTH1 ? oauth1 : NULL, /* without, what follows is not read */
        (char[]){"AMSYNC_MAGENTO_CONSUMER_KEY=key"},
        (char[]){"AMSYNC_MAGENTO_CONSUMER_SECRET=a secret&more"},
        (char[]){"AMSYNC_MAGENTO_TOKEN_SECRET=another+secret"},
        NULL,
    };
    struct error err = {0};

    (void)snprintf(database_url, sizeof(database_url), "AMSYNC_DATABASE_URL=%s",
                   test_database_url());
    (void)snprintf(magento_url, sizeof(magento_url), "AMSYNC_MAGENTO_URL=%s", simulation->url);
    assert_ok(settings_load(environment, SETTINGS_DATABASE | SETTINGS_MAGENTO | SETTINGS_SYNC, NULL,
                            NULL, &settings, &err),
              err);
    return settings;
}

static json_t *
body_of(const char *header, const char *rows)
{
    json_t *body = document_body_new();
    json_t *fields = json_loads(header, 0, NULL);
    json_t *lines = json_loads(rows, 0, NULL);
    const char *key;
    json_t *row;

    assert_true(body != NULL && fields != NULL && lines != NULL);
    /* Later deliveries overwrite earlier ones. */
    int64_t timestamp = clock_unix_ms();

    assert_int_equal(
        json_object_set_new(body, "header",
                            json_pack("{s:I, s:o}", "ts", (json_int_t)timestamp, "f", fields)),
        0);
    json_object_foreach(lines, key, row) assert_int_equal(
        json_object_set_new(json_object_get(body, "rows"), key,
                            json_pack("{s:I, s:O}", "ts", (json_int_t)timestamp, "f", row)),
        0);
    json_decref(lines);
    return body;
}

int64_t
deliver(enum document_kind kind, const char *order_nbr, const char *number, const char *header,
        const char *rows)
{
    struct document_key key = {
        .company = "Company",
        .order_type = "SO",
        .order_nbr = order_nbr,
        .kind = kind,
        .type = kind == DOCUMENT_ORDER     ? "SO"
                : kind == DOCUMENT_INVOICE ? "Invoice"
                                           : "",
        .number = number,
    };
    struct database *database = test_open();
    struct open_documents *open = NULL;
    struct make_due due = {0};
    struct error err;

    assert_ok(database_begin(database, &err), err);
    assert_ok(documents_open(database, &key, 1, &open, &err), err);

    struct open_document *document = open_documents_at(open, 0);

    json_decref(document->body);
    document->body = body_of(header, rows);
    document->changed = true;
    due.sales_order_id = document->sales_order_id;
    assert_ok(documents_save(database, open, &err), err);
    assert_ok(work_make_due(database, &due, 1, &err), err);
    assert_ok(database_commit(database, &err), err);
    open_documents_free(&open);
    database_close(&database);
    return due.sales_order_id;
}

int64_t
deliver_paid_order(const char *order_nbr)
{
    return deliver_paid_order_with_freight(order_nbr, "5", "45");
}

int64_t
deliver_paid_order_with_freight(const char *order_nbr, const char *freight, const char *total)
{
    char header[2048];

    (void)snprintf(
        header, sizeof(header),
        "{\"OrderType\":\"SO\",\"OrderNbr\":\"%s\",\"Status\":\"Open\",\"Hold\":false,"
        "\"CustomerID\":\"C000003\",\"CustomerName\":\"Ada "
        "Lovelace\",\"Email\":\"ada@example.com\","
        "\"Currency\":\"USD\",\"CurrencyRate\":\"1\",\"OrderDate\":\"2030-01-02\","
        "\"OrderTotal\":\"%s\",\"LineTotal\":\"40\",\"Freight\":\"%s\",\"TaxTotal\":\"0\","
        "\"DiscountTotal\":\"0\",\"UnpaidBalance\":\"0\",\"ShipVia\":\"GROUND\","
        "\"PaymentMethod\":\"CHECK\",\"BillToName\":\"Ada Lovelace\","
        "\"BillToAddressLine1\":\"1 Main St\",\"BillToCity\":\"Austin\",\"BillToState\":\"TX\","
        "\"BillToPostalCode\":\"73301\",\"BillToCountry\":\"US\",\"BillToPhone\":\"512-555-0100\","
        "\"ShipToName\":\"Ada Lovelace\",\"ShipToAddressLine1\":\"1 Main St\","
        "\"ShipToCity\":\"Austin\",\"ShipToState\":\"TX\",\"ShipToPostalCode\":\"73301\","
        "\"ShipToCountry\":\"US\",\"ShipToPhone\":\"512-555-0100\"}",
        order_nbr, total, freight);
    return deliver(DOCUMENT_ORDER, order_nbr, order_nbr, header,
                   "{\"1\":{\"InventoryID\":\"WIDGET-1\",\"LineDescription\":\"Widget\","
                   "\"OrderQty\":\"2\",\"UOM\":\"EA\",\"UnitPrice\":\"10\",\"ExtPrice\":\"20\"},"
                   "\"2\":{\"InventoryID\":\"WIDGET-2\",\"LineDescription\":\"Other widget\","
                   "\"OrderQty\":\"1\",\"UOM\":\"EA\",\"UnitPrice\":\"20\",\"ExtPrice\":\"20\"}}");
}

int64_t
deliver_shipment(const char *order_nbr, const char *shipment_nbr)
{
    char header[512];

    (void)snprintf(header, sizeof(header),
                   "{\"ShipmentNbr\":\"%s\",\"Type\":\"Shipment\",\"Status\":\"Confirmed\","
                   "\"Confirmed\":true,\"ShipVia\":\"GROUND\"}",
                   shipment_nbr);
    return deliver(DOCUMENT_SHIPMENT, order_nbr, shipment_nbr, header,
                   "{\"1|1Z999\":{\"OrderLineNbr\":\"1\",\"InventoryID\":\"WIDGET-1\","
                   "\"UOM\":\"EA\",\"ShippedQty\":\"2\",\"TrackingNbr\":\"1Z999\"}}");
}

int64_t
deliver_invoice(const char *order_nbr, const char *reference_nbr)
{
    char header[512];

    (void)snprintf(header, sizeof(header),
                   "{\"Type\":\"Invoice\",\"ReferenceNbr\":\"%s\",\"Status\":\"Open\","
                   "\"Released\":true,\"Currency\":\"USD\",\"Amount\":\"45\",\"Balance\":\"0\"}",
                   reference_nbr);
    return deliver(DOCUMENT_INVOICE, order_nbr, reference_nbr, header,
                   "{\"1\":{\"OrderLineNbr\":\"1\",\"InventoryID\":\"WIDGET-1\",\"UOM\":\"EA\","
                   "\"Qty\":\"2\",\"LineAmount\":\"20\"},"
                   "\"2\":{\"OrderLineNbr\":\"2\",\"InventoryID\":\"WIDGET-2\",\"UOM\":\"EA\","
                   "\"Qty\":\"1\",\"LineAmount\":\"20\"}}");
}

void
await_pause(void)
{
    const struct timespec pause = {.tv_nsec = 50000000};

    (void)nanosleep(&pause, NULL);
}

void
await_text(const char *sql, const char *expected)
{
    await_text_for(sql, expected, AWAIT_MAX_MS);
}

void
await_text_for(const char *sql, const char *expected, int64_t ms)
{
    int64_t until_ms = clock_boottime_ms() + ms;

    for (;;) {
        char *text = test_text(sql);
        bool equal = strcmp(text, expected) == 0;

        if (!equal && clock_boottime_ms() > until_ms)
            fail_msg("%s is still '%s' instead of '%s'", sql, text, expected);
        free(text);
        if (equal)
            return;
        await_pause();
    }
}

void
await_requests(const struct simulation *simulation, const char *method_and_path, int64_t count)
{
    int64_t until_ms = clock_boottime_ms() + AWAIT_MAX_MS;

    while (simulation_requests(simulation, method_and_path) < count) {
        if (clock_boottime_ms() > until_ms)
            fail_msg("%s did not come", method_and_path);
        await_pause();
    }
}
