#include "base/settings.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/settings_table.h"

#define JSON_BYTES ((size_t)1 << 20)

static const void *
field_of(const struct settings *settings, const struct setting *setting)
{
    return (const char *)settings + setting->offset;
}

static bool
is_text(enum setting_kind kind)
{
    return kind == SETTING_TEXT || kind == SETTING_HEADER || kind == SETTING_STORE ||
           kind == SETTING_URL;
}

static void
print_list(const struct text_list *list, struct buffer *output)
{
    for (size_t i = 0; i < list->count; i++)
        buffer_append_format(output, "%s%s", i == 0 ? "" : ",", list->items[i]);
}

static void
print_address(const struct listen_address *address, struct buffer *output)
{
    bool ipv6 = strchr(address->host, ':') != NULL;

    buffer_append_format(output, ipv6 ? "[%s]:%u" : "%s:%u", address->host,
                         (unsigned)address->port);
}

/* The value as it may be set. */
static void
print_value(const struct settings *settings, const struct setting *setting, struct buffer *output)
{
    const void *field = field_of(settings, setting);

    if (is_text(setting->kind)) {
        const char *text = *(char *const *)field;

        buffer_append_text(output, text == NULL ? "" : setting->secret ? "(set, not shown)" : text);
    } else if (setting->kind == SETTING_LIST) {
        print_list(field, output);
    } else if (setting->kind == SETTING_INTEGER) {
        buffer_append_format(output, "%" PRId64, *(const int64_t *)field);
    } else if (setting->kind == SETTING_SWITCH) {
        buffer_append_text(output, *(const bool *)field ? "on" : "off");
    } else if (setting->kind == SETTING_CHOICE) {
        buffer_append_text(output, setting->choices[*(const unsigned *)field]);
    } else {
        print_address(field, output);
    }
}

void
settings_print(const struct settings *settings, unsigned parts, struct buffer *output)
{
    size_t count;
    const struct setting *table = settings_table(&count);

    for (size_t i = 0; i < count; i++) {
        if (!setting_is_in(&table[i], parts))
            continue;
        buffer_append_format(output, "%s=", table[i].name);
        print_value(settings, &table[i], output);
        buffer_append_byte(output, '\n');
    }
}

static json_t *
list_json(const struct text_list *list)
{
    json_t *array = json_array();

    for (size_t i = 0; i < list->count; i++) {
        if (json_array_append_new(array, json_string(list->items[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *
value_json(const struct settings *settings, const struct setting *setting)
{
    const void *field = field_of(settings, setting);

    if (is_text(setting->kind)) {
        const char *text = *(char *const *)field;

        return text == NULL ? json_null() : setting->secret ? json_true() : json_string(text);
    }
    if (setting->kind == SETTING_LIST)
        return list_json(field);
    if (setting->kind == SETTING_INTEGER)
        return json_integer(*(const int64_t *)field);
    if (setting->kind == SETTING_SWITCH)
        return json_boolean(*(const bool *)field);

    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL(256);

    print_value(settings, setting, &text);
    return buffer_result(&text) == RESULT_OK ? json_string(buffer_text(&text)) : NULL;
}

enum result
settings_print_json(const struct settings *settings, unsigned parts, struct buffer *output)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *object = json_object();
    AMSYNC_CLEANUP(cleanup_free) char *text = NULL;
    size_t count;
    const struct setting *table = settings_table(&count);

    for (size_t i = 0; i < count; i++) {
        if (!setting_is_in(&table[i], parts))
            continue;
        if (json_object_set_new(object, table[i].name, value_json(settings, &table[i])) != 0)
            return RESULT_FAILED;
    }

    enum result result = json_encode(object, JSON_BYTES, &text, NULL);

    if (result != RESULT_OK)
        return result;
    buffer_append_text(output, text);
    return buffer_result(output);
}

void
settings_print_markdown(struct buffer *output)
{
    size_t count;
    const struct setting *table = settings_table(&count);

    buffer_append_text(output, "| Variable | Default | Meaning |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < count; i++) {
        const struct setting *setting = &table[i];

        buffer_append_format(output, "| `%s`%s | ", setting->name,
                             setting->secret ? " (secret)" : "");
        if (setting->fallback != NULL)
            buffer_append_format(output, "`%s`", setting->fallback);
        else
            buffer_append_text(output, setting->required ? "required" : "");
        buffer_append_format(output, " | %s |\n", setting->help);
    }
}
