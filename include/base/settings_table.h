/*
 * The one table of settings: settings_load, the printers and the README's table are made from it.
 */
#ifndef AMSYNC_BASE_SETTINGS_TABLE_H
#define AMSYNC_BASE_SETTINGS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/settings.h"

/* Decides how a value is read, and the type of its field in struct settings. */
enum setting_kind {
    SETTING_TEXT,    /* char *: one line */
    SETTING_HEADER,  /* char *: the name of an HTTP header */
    SETTING_STORE,   /* char *: a Magento store view code */
    SETTING_URL,     /* char *: an http or https base URL, stored without a slash at its end */
    SETTING_LIST,    /* struct text_list: at least one item */
    SETTING_INTEGER, /* int64_t: from min to max */
    SETTING_SWITCH,  /* bool: on or off */
    SETTING_CHOICE,  /* an enum: the index of the value in choices */
    SETTING_LISTEN,  /* struct listen_address */
};

struct setting {
    const char *name;
    enum setting_kind kind;
    enum settings_part part;
    size_t offset;              /* of its field in struct settings */
    const char *fallback;       /* the default, or NULL */
    bool required;              /* always; what depends on others is in settings.c */
    bool secret;                /* never shown; also as NAME_FILE */
    int64_t min;                /* of SETTING_INTEGER */
    int64_t max;                /* of SETTING_INTEGER */
    const char *const *choices; /* of SETTING_CHOICE, ended by NULL */
    const char *write;          /* ends "write ..." */
    const char *help;
};

/* All settings, in the order in which they are documented. */
const struct setting *settings_table(size_t *ret_count);

/* The setting of that name, or NULL. */
const struct setting *settings_table_find(const char *name);

/* Whether a command that uses `parts` reads it. */
bool setting_is_in(const struct setting *setting, unsigned parts);

/*
 * Reads `value` into the setting's field, which must be zero before.
 * RESULT_REJECTED: not such a value; `err` names the variable, the value unless it is secret, and
 * what to write. RESULT_FAILED: out of memory.
 */
AMSYNC_MUST_USE enum result setting_parse(const struct setting *setting, const char *value,
                                          struct settings *settings, struct error *err);

/*
 * The value of a secret from the file at `path`, without the line ends that close it; the caller
 * frees it, after overwriting it.
 * RESULT_REJECTED: unreadable, empty, too large or with a NUL, said in `err`, which names `name`.
 */
AMSYNC_MUST_USE enum result setting_read_file(const char *name, const char *path, char **ret_value,
                                              struct error *err);

/* No host name is longer. */
#define SETTINGS_HOST_BYTES 256

/* "https://shop.example/magento" -> "shop.example". False when it is no http or https URL, or its
 * host has no room. */
bool settings_url_host(const char *url, char ret_host[SETTINGS_HOST_BYTES]);

#endif
