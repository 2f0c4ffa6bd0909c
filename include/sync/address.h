/*
 * Addresses as Magento wants them. Pure; any thread.
 */
#ifndef AMSYNC_SYNC_ADDRESS_H
#define AMSYNC_SYNC_ADDRESS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "sync/model.h"
#include "sync/plan.h"

/* Magento knows persons only: the attention, else the name, its last word being the last name; a
 * single word stands twice. Owned texts. */
struct person {
    char *firstname;
    char *lastname;
};

/* RESULT_FAILED: out of memory. */
enum result person_of_address(const struct order_document *order, const struct address *address,
                              struct person *ret_person) AMSYNC_MUST_USE;
void person_free(struct person *person);

/* The addresses of an order: where one is empty the other stands for it. */
const struct address *order_billing_address(const struct order_document *order);
const struct address *order_shipping_address(const struct order_document *order);

/* What Magento would miss in the addresses, into the verdict; true if it has all. */
bool addresses_are_complete(const struct order_document *order, struct verdict *verdict);

/* `type` is "billing" or "shipping"; `countries` as in struct observed. NULL without memory. */
json_t *address_body(const struct order_document *order, const struct address *address,
                     const char *type, const char *email, json_t *countries);

/* On one line, for comparing and showing. NULL without memory; the caller owns it. */
char *address_words(const struct address *address) AMSYNC_MUST_USE;

/* The same of an address that Magento has. NULL without memory; the caller frees it. */
char *address_words_of_magento(const json_t *address) AMSYNC_MUST_USE;

#endif
