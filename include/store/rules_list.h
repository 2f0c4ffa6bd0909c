/*
 * Preferences, mappings and enabled customers as commands show them: JSON, owned by the caller. The
 * thread that owns `database`. They fail as database_query.
 */
#ifndef AMSYNC_STORE_RULES_LIST_H
#define AMSYNC_STORE_RULES_LIST_H

#include <jansson.h>

#include "base/error.h"
#include "store/rules_edit.h"

struct database;

/* Those that were set: [{"company": , "key": , "value": }], company "" for all, by key. */
enum result preferences_list(struct database *database, json_t **ret_list,
                             struct error *err) AMSYNC_MUST_USE;

/* [{"from": , "to": , "orders": }] by "from"; shipping has "title" and "carrier", too. Every value
 * that orders or shipments name and that has no row is there with a null "to". "orders" counts the
 * orders that name it. */
enum result mappings_list(struct database *database, enum mapping mapping, json_t **ret_list,
                          struct error *err) AMSYNC_MUST_USE;

/* Of so many orders, the newest, and of those that wait. */
#define MAPPINGS_MISSING_NEWEST 10000

/* [{"from": , "orders": }]: what these orders name and neither a row nor the default maps, with how
 * many of them name it, the most frequent first; not orders that are in Magento, left out or settled.
 * For shipping and payment. */
enum result mappings_missing(struct database *database, enum mapping mapping, json_t **ret_list,
                             struct error *err) AMSYNC_MUST_USE;

/* [{"company": , "customer_id": , "enabled": , "changed_at": }], of one company or of all (NULL). */
enum result customers_list(struct database *database, const char *company, json_t **ret_list,
                           struct error *err) AMSYNC_MUST_USE;

/* The tenants that amsync has seen orders or customers of: ["MyStore"]. */
enum result companies_list(struct database *database, json_t **ret_list,
                           struct error *err) AMSYNC_MUST_USE;

#endif
