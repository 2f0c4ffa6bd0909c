/* The `fields` parameter: "items[entity_id,items[sku]],total_count". */
#ifndef AMSYNC_SIM_PROJECTION_H
#define AMSYNC_SIM_PROJECTION_H

#include <jansson.h>

/*
 * What of `document` the fields name, as a new reference; names that it does not have are left out.
 * A list asked for with sub-fields that holds nothing becomes null, as recorded. NULL when the text
 * is not well-formed.
 */
json_t *projection_apply(json_t *document, const char *fields);

#endif
