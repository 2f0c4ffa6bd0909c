/*
 * Changing preferences and mappings (customers: store/documents.h). A preference or a mapping raises
 * rules_version, so that running programs read the rules again; every change notes in rules_change
 * which orders it may affect.
 *
 * All functions need an open transaction, so that a command can see what a change would bring about
 * before it commits. The thread that owns `database`. They fail as database_query.
 */
#ifndef AMSYNC_STORE_RULES_EDIT_H
#define AMSYNC_STORE_RULES_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "store/rules.h"

struct database;

enum mapping { MAPPING_SHIPPING, MAPPING_PAYMENT, MAPPING_WAREHOUSE };

/* "shipping", "payment", "warehouse". */
const char *mapping_name(enum mapping mapping);
enum result mapping_from_name(const char *name, enum mapping *ret_mapping) AMSYNC_MUST_USE;

/* `company` "" is all. RESULT_REJECTED as preference_check. */
enum result preference_set(struct database *database, const char *company, const char *key,
                           const char *value, struct error *err) AMSYNC_MUST_USE;

/* `mapping->ship_via` may be "*", the default. */
enum result shipping_mapping_set(struct database *database, const struct shipping_mapping *mapping,
                                 struct error *err) AMSYNC_MUST_USE;

/* A payment method's code, or a warehouse's source. */
enum result code_mapping_set(struct database *database, enum mapping mapping, const char *from,
                             const char *to, struct error *err) AMSYNC_MUST_USE;

/* RESULT_NONE: there is no such row. */
enum result mapping_unset(struct database *database, enum mapping mapping, const char *from,
                          struct error *err) AMSYNC_MUST_USE;

#endif
