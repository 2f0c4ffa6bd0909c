/*
 * GET with search criteria: one condition, all pages, chosen fields. The client's thread.
 */
#ifndef AMSYNC_MAGENTO_SEARCH_H
#define AMSYNC_MAGENTO_SEARCH_H

#include <jansson.h>

#include "magento/client.h"

/* A list of more pages than this (of 100 each) is not read. */
#define MAGENTO_SEARCH_MAX_PAGES 20

struct magento_search {
    enum magento_call call;
    const char *path;      /* "orders" */
    const char *field;     /* what is compared; Magento ignores case and blanks at the end */
    const char *condition; /* "eq", or "in" with a list by comma */
    const char *value;
    const char *item_fields; /* "entity_id,increment_id": what each item is to tell */
};

/*
 * On MAGENTO_DONE `ret_items` is an array, empty when nothing matches, that the caller owns.
 * Otherwise as magento_get; an answer without items is MAGENTO_AGAIN.
 */
enum magento_outcome magento_search(struct magento_client *client,
                                    const struct magento_search *search, json_t **ret_items,
                                    struct magento_answer *answer);

#endif
