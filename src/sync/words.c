#include "sync/words.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define VALUE_CHARACTERS 40
#define UNIT_CHARACTERS 10
#define NUMBER_CHARACTERS 20

static int
cut(const char *text, size_t max_characters)
{
    return (int)text_prefix_bytes(text, max_characters);
}

struct words
words_value(const char *value)
{
    struct words words;

    (void)snprintf(words.text, sizeof(words.text), "%.*s", cut(value, VALUE_CHARACTERS), value);
    return words;
}

struct words
words_amount(struct decimal amount, const char *currency)
{
    struct decimal_buffer buffer;
    struct words words;

    (void)snprintf(words.text, sizeof(words.text), "%s%s%.*s", decimal_text(amount, 2, &buffer),
                   currency[0] != '\0' ? " " : "", cut(currency, UNIT_CHARACTERS), currency);
    return words;
}

struct words
words_quantity(struct decimal quantity, const char *uom)
{
    struct decimal_buffer buffer;
    struct words words;

    (void)snprintf(words.text, sizeof(words.text), "%s%s%.*s", decimal_text(quantity, 0, &buffer),
                   uom[0] != '\0' ? " " : "", cut(uom, UNIT_CHARACTERS), uom);
    return words;
}

static bool
needs_no_quotes(const char *value)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._/:@+=,%";

    return value[0] != '\0' && strspn(value, plain) == strlen(value);
}

struct words
words_argument(const char *value)
{
    struct words words;
    size_t used = 0;

    if (needs_no_quotes(value)) {
        (void)snprintf(words.text, sizeof(words.text), "%.*s", cut(value, VALUE_CHARACTERS), value);
        return words;
    }
    words.text[used++] = '\'';
    for (const char *c = value; c < value + cut(value, VALUE_CHARACTERS); c++) {
        const char *piece = *c == '\'' ? "'\\''" : (char[]){*c, '\0'};
        size_t length = strlen(piece);

        if (used + length + 2 > sizeof(words.text))
            break;
        memcpy(words.text + used, piece, length);
        used += length;
    }
    words.text[used++] = '\'';
    words.text[used] = '\0';
    return words;
}

struct words
words_document(const struct claimed_order *order, size_t document)
{
    const char *order_nbr = order->order_nbr;
    struct words words;

    if (document >= order->document_count || order->documents[document].kind == DOCUMENT_ORDER) {
        (void)snprintf(words.text, sizeof(words.text), "%.*s", cut(order_nbr, NUMBER_CHARACTERS),
                       order_nbr);
        return words;
    }

    const struct claimed_document *claimed = &order->documents[document];
    const char *kind = claimed->kind == DOCUMENT_SHIPMENT ? "Shipment" : "Invoice";

    (void)snprintf(words.text, sizeof(words.text), "%s %.*s of %.*s", kind,
                   cut(claimed->number, NUMBER_CHARACTERS), claimed->number,
                   cut(order_nbr, NUMBER_CHARACTERS), order_nbr);
    return words;
}
