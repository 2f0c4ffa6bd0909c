/*
 * What a merchant has set: the A-M order sync preferences and the mappings, as one immutable value.
 * The pure decisions (sync/plan) take it; the claimer loads it and hands references to the workers.
 */
#ifndef AMSYNC_STORE_RULES_H
#define AMSYNC_STORE_RULES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct database;

enum condition_match { MATCH_ANY, MATCH_ALL };
enum shipment_trigger { TRIGGER_CONFIRMATION, TRIGGER_INVOICE_RELEASE };
enum numbering { NUMBERING_ACUMATICA, NUMBERING_SEQUENCE };
enum publishing { PUBLISHING_ON, PUBLISHING_OBSERVE, PUBLISHING_PAUSED };

struct preferences {
    char **order_types;   /* NULL-terminated */
    char orders_from[11]; /* YYYY-MM-DD; orders dated before are out of scope; "" for none */
    char **excluded_customer_classes; /* NULL-terminated */
    enum condition_match condition_match;
    bool condition_customer_enabled;
    bool condition_shipment_confirmed;
    bool condition_unpaid_balance_zero;
    enum shipment_trigger shipment_trigger;
    enum numbering numbering;
    char *increment_prefix;
    bool numbering_was_set; /* increment_prefix or numbering, be it to what it is by default: an
                             * earlier create may have used another number */
    bool invoice_capture;
    bool notify_customer;
    char *fallback_email; /* "" for none */
    enum publishing publishing;
};

struct shipping_mapping {
    char *ship_via;
    char *method;
    char *title;   /* NULL: the ship via itself */
    char *carrier; /* NULL: custom */
};

/* A payment method or a warehouse, and what Magento calls it. */
struct code_mapping {
    char *from;
    char *to;
};

struct rules;

/* Preferences that hold for a company (its own where it has some, else those for all). Borrowed;
 * lives as long as the rules. Any thread. */
const struct preferences *rules_preferences(const struct rules *rules, const char *company);

/* The mapping of a value, else that of "*", else NULL. Compared without regard to case. Borrowed. */
const struct shipping_mapping *rules_shipping(const struct rules *rules, const char *ship_via);
const char *rules_payment_code(const struct rules *rules, const char *payment_method);
const char *rules_source_code(const struct rules *rules, const char *warehouse);

/* rules_version.version that these were read at. */
int64_t rules_version(const struct rules *rules);

/* References are counted, atomically: any thread. rules_unref(&NULL) is fine. */
struct rules *rules_ref(struct rules *rules);
void rules_unref(struct rules **reference);

/* Reads everything in one snapshot. RESULT_RETRY or RESULT_FAILED as database_query. */
enum result rules_load(struct database *database, struct rules **ret_rules,
                       struct error *err) AMSYNC_MUST_USE;

/* Replaces `*rules` (may be NULL) if they are not those of the database any more. What is judged by
 * rules that were refreshed after a claim is judged by all changes that made the claimed orders due.
 * Fails as database_query; then `*rules` stay as they were. */
enum result rules_refresh(struct database *database, struct rules **rules,
                          struct error *err) AMSYNC_MUST_USE;

/* The same from JSON, as the cases of the tests have it:
 * {"preferences": {"KEY": "VALUE", ...}, "company_preferences": {"COMPANY": {...}},
 *  "shipping": {"SHIP VIA": {"method": , "title": , "carrier": }}, "payment": {"METHOD": "CODE"},
 *  "warehouse": {"WAREHOUSE": "SOURCE"}}, every part optional. orders_from defaults to "".
 * RESULT_REJECTED names the key and what it takes. */
enum result rules_from_json(const json_t *json, struct rules **ret_rules,
                            struct error *err) AMSYNC_MUST_USE;

/* Whether `value` is right for the preference `key`; RESULT_REJECTED says what the key takes, or
 * which keys there are. */
enum result preference_check(const char *key, const char *value, struct error *err) AMSYNC_MUST_USE;

/* A preference's name, its default, and what it takes, for a person. */
struct preference_description {
    const char *key;
    const char *fallback;
    const char *help;
};

/* One after the other, from 0; NULL after the last. */
const struct preference_description *preference_description_at(size_t index);

#endif
