#include "magento/search.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"

/* Some shops refuse larger pages, and a page without a size holds everything. */
#define PAGE_SIZE 100
#define FIELDS_BYTES 1024
/* Indexes of one digit, since Magento sorts what is signed "naturally". */
#define FILTER "searchCriteria[filter_groups][0][filters][0]"

static enum magento_outcome
get_page(struct magento_client *client, const struct magento_search *search, unsigned page,
         struct magento_answer *answer)
{
    char page_text[16];
    char page_size[16];
    char fields[FIELDS_BYTES];
    const struct magento_parameter query[] = {
        {FILTER "[field]", search->field},
        {FILTER "[value]", search->value},
        {FILTER "[condition_type]", search->condition},
        {"searchCriteria[pageSize]", page_size},
        {"searchCriteria[currentPage]", page_text},
        {"fields", fields},
    };

    (void)snprintf(page_text, sizeof(page_text), "%u", page);
    (void)snprintf(page_size, sizeof(page_size), "%d", PAGE_SIZE);
    (void)snprintf(fields, sizeof(fields), "items[%s],total_count", search->item_fields);
    return magento_get(client, search->call, search->path, query, sizeof(query) / sizeof(query[0]),
                       answer);
}

enum magento_outcome
magento_search(struct magento_client *client, const struct magento_search *search,
               json_t **ret_items, struct magento_answer *answer)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *items = json_array();

    bool whole = false;

    for (unsigned page = 1; page <= MAGENTO_SEARCH_MAX_PAGES && !whole; page++) {
        int64_t total = 0;
        enum magento_outcome outcome = get_page(client, search, page, answer);

        if (outcome != MAGENTO_DONE)
            return outcome;

        json_t *found = json_object_get(answer->json, "items");

        if (json_object_int64(answer->json, "total_count", &total) != RESULT_OK ||
            !(json_is_array(found) || json_is_null(found)))
            return magento_answer_lacks(answer, false, "a list");
        if (json_is_array(found) && json_array_extend(items, found) != 0)
            return magento_answer_lacks(answer, false, "room for it");
        whole = json_array_size(found) == 0 || (int64_t)json_array_size(items) >= total;
    }
    if (!whole)
        return magento_answer_lacks(answer, false, "an end");
    *ret_items = TAKE_PTR(items);
    return MAGENTO_DONE;
}
