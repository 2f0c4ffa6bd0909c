#include "magento/rights.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"

#define ACTIONS "Sales > Operations > Orders > Actions > "
#define ORDER_SAVE_API ACTIONS "Order Save API"
#define CREATE ACTIONS "Create"

/* The greatest id that Magento's column can hold. */
#define NO_ORDER "4294967295"

static const struct magento_right RIGHTS[] = {
    {"find the store view", "Stores > Settings > All Stores", "store/storeConfigs",
     CALL_READ_STORE},
    {"read orders", ACTIONS "View", "orders", CALL_READ_ORDERS},
    {"read shipments, add tracking numbers", "Sales > Operations > Shipments", "shipments",
     CALL_READ_SHIPMENTS},
    {"read invoices", "Sales > Operations > Invoices", "invoices", CALL_READ_INVOICES},
    {"look products up", "Products > Inventory > Catalog", "products", CALL_READ_PRODUCTS},
    {"create orders", ORDER_SAVE_API " (before 2.4.4-p12, 2.4.5-p11, 2.4.6-p9, 2.4.7-p4: Create)",
     "orders", CALL_CREATE},
    {"ship", ACTIONS "Ship", "order/" NO_ORDER "/ship", CALL_SHIP},
    {"invoice", ACTIONS "Invoice", "order/" NO_ORDER "/invoice", CALL_INVOICE},
    {"comment", ACTIONS "Comment", "orders/" NO_ORDER "/comments", CALL_COMMENT},
    {"hold", ACTIONS "Hold", "orders/" NO_ORDER "/hold", CALL_HOLD},
    {"release from hold", ACTIONS "Unhold", "orders/" NO_ORDER "/unhold", CALL_UNHOLD},
    {"cancel", ACTIONS "Cancel", "orders/" NO_ORDER "/cancel", CALL_CANCEL},
};

const struct magento_right *
magento_right_at(size_t index)
{
    return index < sizeof(RIGHTS) / sizeof(RIGHTS[0]) ? &RIGHTS[index] : NULL;
}

static enum magento_outcome
ask_by_reading(struct magento_client *client, const struct magento_right *right,
               struct magento_answer *answer)
{
    static const struct magento_parameter one[] = {
        {"searchCriteria[pageSize]", "1"},
        {"fields", "total_count"},
    };
    bool is_search = strchr(right->path, '/') == NULL;

    return magento_get(client, right->call, right->path, one,
                       is_search ? sizeof(one) / sizeof(one[0]) : 0, answer);
}

/* Magento says 404 or 400 to such a call of who has the right. */
static enum magento_outcome
ask_by_writing(struct magento_client *client, const struct magento_right *right,
               struct magento_answer *answer)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *body = json_object();

    (void)magento_post(client, right->call, right->path, NULL, 0, body, answer);
    if (answer->outcome == MAGENTO_REFUSED &&
        (answer->http_status == 404 || answer->http_status == 400))
        answer->outcome = MAGENTO_DONE;
    return answer->outcome;
}

enum magento_outcome
magento_right_ask(struct magento_client *client, const struct magento_right *right,
                  struct magento_answer *answer)
{
    return right->call < CALL_CREATE ? ask_by_reading(client, right, answer)
                                     : ask_by_writing(client, right, answer);
}

const char *
magento_right_screen(const char *resource, const char *screen)
{
    if (strcmp(resource, "Magento_Sales::api_actions") == 0)
        return ORDER_SAVE_API;
    if (strcmp(resource, "Magento_Sales::create") == 0)
        return CREATE;
    return screen;
}
