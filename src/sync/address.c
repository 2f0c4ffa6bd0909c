#include "sync/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "sync/body.h"
#include "sync/verdict.h"
#include "sync/words.h"

/* Magento's columns for the parts of an address. */
#define PART_CHARACTERS 255
#define WORDS_MAX_BYTES 1024
/* Magento insists on a phone and a postal code; not everyone has them. */
#define NONE "-"

static bool
address_is_empty(const struct address *address)
{
    return text_is_blank(address->address_line1) && text_is_blank(address->address_line2) &&
           text_is_blank(address->city) && text_is_blank(address->country);
}

const struct address *
order_billing_address(const struct order_document *order)
{
    return address_is_empty(&order->bill_to) ? &order->ship_to : &order->bill_to;
}

const struct address *
order_shipping_address(const struct order_document *order)
{
    return address_is_empty(&order->ship_to) ? &order->bill_to : &order->ship_to;
}

/* The first name of which something is left for Magento; NULL without memory. */
static char *
name_of(const struct order_document *order, const struct address *address)
{
    const char *const candidates[] = {address->attention, address->name, order->customer_name,
                                      order->customer_id, NONE};
    char *name = NULL;

    for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
        name = body_text_copy(candidates[i], 2 * PART_CHARACTERS);
        if (name == NULL || name[0] != '\0')
            break;
        free(name);
        name = NULL;
    }
    return name;
}

enum result
person_of_address(const struct order_document *order, const struct address *address,
                  struct person *ret_person)
{
    AMSYNC_CLEANUP(cleanup_free) char *whole = name_of(order, address);

    if (whole == NULL)
        return RESULT_FAILED;

    const char *blank = strrchr(whole, ' ');
    AMSYNC_CLEANUP(cleanup_free) char *before = NULL;

    if (blank != NULL) {
        AMSYNC_CLEANUP(cleanup_free) char *part = strndup(whole, (size_t)(blank - whole));

        before = part != NULL ? text_trim_copy(part) : NULL;
    } else {
        before = strdup(whole);
    }
    if (before == NULL)
        return RESULT_FAILED;

    struct person person = {
        .firstname = text_cut_copy(before, PART_CHARACTERS),
        .lastname = text_cut_copy(blank != NULL ? blank + 1 : whole, PART_CHARACTERS),
    };

    if (person.firstname == NULL || person.lastname == NULL) {
        person_free(&person);
        return RESULT_FAILED;
    }
    *ret_person = person;
    return RESULT_OK;
}

void
person_free(struct person *person)
{
    free(person->firstname);
    free(person->lastname);
    *person = (struct person){.firstname = NULL, .lastname = NULL};
}

static void
miss(const char *what, const char *which, struct verdict *verdict)
{
    verdict_wait_for(verdict, "its %s address has no %s", which, what);
    verdict_advise_also(verdict,
                        "add it in Acumatica, and its column to the inquiry if it has none");
}

static void
check_address(const struct address *address, const char *which, struct verdict *verdict)
{
    if (text_is_blank(address->address_line1) && text_is_blank(address->address_line2))
        miss("street", which, verdict);
    if (text_is_blank(address->city))
        miss("city", which, verdict);
    if (text_is_blank(address->country)) {
        miss("country", which, verdict);
    } else if (strlen(address->country) != 2) {
        verdict_wait_for(verdict, "the country of its %s address is '%s', not a code of 2 letters",
                         which, words_value(address->country).text);
        verdict_advise_also(verdict, "let the inquiry show the code (countryID), not the name");
    }
}

bool
addresses_are_complete(const struct order_document *order, struct verdict *verdict)
{
    const struct address *billing = order_billing_address(order);
    const struct address *shipping = order_shipping_address(order);
    enum document_state before = verdict->state;

    if (address_is_empty(billing)) {
        verdict_wait_for(verdict, "it has no address");
        verdict_advise_also(verdict, "add it in Acumatica, or add the columns "
                                     "ShipToAddressLine1, ShipToCity, ShipToPostalCode and "
                                     "ShipToCountry to the inquiry");
        return false;
    }
    check_address(shipping, "shipping", verdict);
    if (billing != shipping)
        check_address(billing, "billing", verdict);
    return verdict->state == before;
}

/* The region of that code, else of that name; NULL: Magento has none. */
static const json_t *
find_region(json_t *regions, const char *state, const char **ret_code)
{
    const json_t *named = NULL;
    const char *code;
    json_t *region;

    json_object_foreach(regions, code, region)
    {
        const char *name = json_object_text(region, "name");

        if (text_equals_ignore_case(code, state)) {
            *ret_code = code;
            return region;
        }
        if (name != NULL && text_equals_ignore_case(name, state)) {
            *ret_code = code;
            named = region;
        }
    }
    return named;
}

static void
put_region(json_t *body, const struct address *address, json_t *countries, bool *failed)
{
    const char *code = NULL;
    const json_t *region =
        find_region(json_object_object(countries, address->country), address->state, &code);

    if (region == NULL) {
        if (!text_is_blank(address->state))
            body_put_text(body, "region", address->state, PART_CHARACTERS, failed);
        return;
    }
    body_put_text(body, "region", json_object_text(region, "name"), PART_CHARACTERS, failed);
    body_put_text(body, "region_code", code, PART_CHARACTERS, failed);
    body_put(body, "region_id", json_integer(json_integer_value(json_object_get(region, "id"))),
             failed);
}

static json_t *
street_of(const struct address *address, bool *failed)
{
    const char *const lines[] = {address->address_line1, address->address_line2};
    json_t *street = json_array();

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (!text_is_blank(lines[i]))
            body_append(street, body_text(lines[i], PART_CHARACTERS / 2), failed);
    return street;
}

static void
put_or_none(json_t *body, const char *key, const char *text, bool *failed)
{
    body_put_text(body, key, text_is_blank(text) ? NONE : text, PART_CHARACTERS, failed);
}

json_t *
address_body(const struct order_document *order, const struct address *address, const char *type,
             const char *email, json_t *countries)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *body = json_object();
    AMSYNC_CLEANUP(person_free) struct person person = {.firstname = NULL, .lastname = NULL};
    bool failed = false;

    if (person_of_address(order, address, &person) != RESULT_OK)
        return NULL;
    body_put(body, "address_type", json_string(type), &failed);
    body_put(body, "email", json_string(email), &failed);
    body_put(body, "firstname", json_string(person.firstname), &failed);
    body_put(body, "lastname", json_string(person.lastname), &failed);
    if (!text_is_blank(address->attention) && !text_is_blank(address->name))
        body_put_text(body, "company", address->name, PART_CHARACTERS, &failed);
    body_put(body, "street", street_of(address, &failed), &failed);
    body_put_text(body, "city", address->city, PART_CHARACTERS, &failed);
    put_region(body, address, countries, &failed);
    put_or_none(body, "postcode", address->postal_code, &failed);
    body_put(body, "country_id", json_string(address->country), &failed);
    put_or_none(body, "telephone", address->phone, &failed);
    return failed ? NULL : TAKE_PTR(body);
}

static void
append_words(struct buffer *words, const char *text)
{
    if (text == NULL || text_is_blank(text))
        return;
    if (words->length > 0)
        buffer_append_text(words, ", ");
    buffer_append(words, text, text_prefix_bytes(text, WORDS_MAX_BYTES / 40));
}

char *
address_words(const struct address *address)
{
    const char *const parts[] = {
        address->attention, address->name,  address->address_line1, address->address_line2,
        address->city,      address->state, address->postal_code,   address->country,
    };
    AMSYNC_CLEANUP(buffer_free) struct buffer words = BUFFER_INITIAL(WORDS_MAX_BYTES);
    char *text = NULL;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        append_words(&words, parts[i]);
    return buffer_take(&words, &text, NULL) == RESULT_OK ? text : NULL;
}

char *
address_words_of_magento(const json_t *address)
{
    static const char *const keys[] = {"city", "region_code", "postcode", "country_id"};
    AMSYNC_CLEANUP(buffer_free) struct buffer words = BUFFER_INITIAL(WORDS_MAX_BYTES);
    const char *first = json_object_text(address, "firstname");
    const char *last = json_object_text(address, "lastname");
    const json_t *street = json_object_get(address, "street");
    AMSYNC_CLEANUP(cleanup_free) char *name = NULL;
    char *text = NULL;

    if (asprintf(&name, "%s %s", first != NULL ? first : "", last != NULL ? last : "") < 0) {
        name = NULL;
        return NULL;
    }
    append_words(&words, name);
    append_words(&words, json_object_text(address, "company"));
    for (size_t i = 0; i < json_array_size(street); i++)
        append_words(&words, json_string_value(json_array_get(street, i)));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        append_words(&words, json_object_text(address, keys[i]));
    return buffer_take(&words, &text, NULL) == RESULT_OK ? text : NULL;
}
