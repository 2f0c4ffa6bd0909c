/* Memory runs out anywhere while settings are read and shown, and in what everything else uses. */
#include "failing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "base/settings.h"
#include "base/text.h"

#define MAX_ENTRIES 32

static const char *const bad_entries[] = {
    "AMSYNC_DATABASE_URL=postgresql://amsync:hush@db/amsync",
    "AMSYNC_COMPANIES=MyStore, Other",
    "AMSYNC_WEBHOOK_SECRET_FILE=/dev/stdin-of-nobody",
    NULL,
};
static const char *const good_entries[] = {
    "PATH=/bin",
    "AMSYNC_DATABASE_URL=postgresql://amsync:hush@db/amsync",
    "AMSYNC_COMPANIES=MyStore, Other",
    "AMSYNC_WEBHOOK_SECRET=s3cret",
    "AMSYNC_WEBHOOK_SECRET_PREVIOUS=s3cret-of-before",
    "AMSYNC_MAGENTO_URL=https://shop.example/",
    "AMSYNC_MAGENTO_AUTH=oauth1",
    "AMSYNC_MAGENTO_TOKEN=t0ken",
    "AMSYNC_MAGENTO_CONSUMER_KEY=k",
    "AMSYNC_MAGENTO_CONSUMER_SECRET=s",
    "AMSYNC_MAGENTO_TOKEN_SECRET=t",
    "AMSYNC_LISTEN=[::1]:8080",
    "AMSYNC_LOG_BODIES=all",
    "AMSYNC_UNHEARD_OF=1",
    NULL,
};

static void
ignore_warning(void *context, const char *message)
{
    (void)context;
    (void)message;
}

static enum result
load(const char *const *entries, struct settings *ret_settings, struct error *err)
{
    char lines[MAX_ENTRIES][64];
    char *environment[MAX_ENTRIES] = {NULL};

    for (size_t i = 0; entries[i] != NULL; i++) {
        (void)snprintf(lines[i], sizeof(lines[i]), "%s", entries[i]);
        environment[i] = lines[i];
    }
    return settings_load(environment, SETTINGS_ALL, ignore_warning, NULL, ret_settings, err);
}

static enum result
load_settings(void *context, struct error *err)
{
    const char *const *const *entries = context;
    struct settings settings = {.workers = 77};
    enum result result = load(*entries, &settings, err);

    if (result == RESULT_OK)
        settings_finish(&settings);
    else
        assert_true(settings.workers == 77 && settings.database_url == NULL);
    return result;
}

static enum result
show_settings(void *context, struct error *err)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer output = BUFFER_INITIAL((size_t)1 << 16);
    enum result result;

    settings_print(context, SETTINGS_ALL, &output);
    settings_print_markdown(&output);
    result = settings_print_json(context, SETTINGS_ALL, &output);
    if (result == RESULT_OK)
        result = buffer_result(&output);
    return result == RESULT_OK ? result : error_result(err, result, "out of memory");
}

static void
settings_are_read_and_shown(void **state)
{
    AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
    const char *const *good = good_entries;
    const char *const *bad = bad_entries;

    (void)state;
    assert_true(fail_each_allocation(load_settings, &good, RESULT_OK, false, "load") > 20);
    assert_true(fail_each_allocation(load_settings, &bad, RESULT_REJECTED, true, "refuse") > 1);
    assert_int_equal(load(good_entries, &settings, NULL), RESULT_OK);
    assert_true(fail_each_allocation(show_settings, &settings, RESULT_OK, false, "show") > 20);
}

static enum result
decode(void *context, struct error *err)
{
    json_t *value = NULL;
    enum result result = json_decode(context, strlen(context), 10, 0, &value, err);

    assert_true((result == RESULT_OK) == (value != NULL));
    json_decref(value);
    return result;
}

static enum result
encode(void *context, struct error *err)
{
    char *text = NULL;
    size_t length = 77;
    enum result result = json_encode(context, 1 << 20, &text, &length);

    assert_true((result == RESULT_OK) ? text != NULL : text == NULL && length == 77);
    free(text);
    return result == RESULT_OK ? result : error_result(err, result, "out of memory");
}

static void
json_is_read_and_written(void **state)
{
    static char good[] = "{\"text\": \"one that is longer than the first room for it, and then "
                         "some\", \"list\": [1, -2.5, true, null, 123456789012345678]}";
    static char bad[] = "{\"text\": \"one that is longer than the first room for it, and then "
                        "some\", \"list\": [1, 2}";
    AMSYNC_CLEANUP(cleanup_json) json_t *value = json_loads(good, 0, NULL);

    (void)state;
    assert_true(fail_each_allocation(decode, good, RESULT_OK, false, "decode") > 10);
    assert_true(fail_each_allocation(decode, bad, RESULT_REJECTED, false, "refuse") > 10);
    assert_true(fail_each_allocation(encode, value, RESULT_OK, false, "encode") > 1);
}

static enum result
handle_texts(void *context, struct error *err)
{
    AMSYNC_CLEANUP(text_list_free) struct text_list list = {0};
    AMSYNC_CLEANUP(cleanup_free) char *trimmed = text_trim_copy(context);
    AMSYNC_CLEANUP(cleanup_free) char *cut = text_cut_copy(context, 3);
    AMSYNC_CLEANUP(buffer_free) struct buffer encoded = BUFFER_INITIAL(1024);
    enum result result = trimmed == NULL ? made(trimmed, err) : made(cut, err);

    text_append_percent_encoded(&encoded, context, strlen(context));
    if (result == RESULT_OK)
        result = buffer_result(&encoded);
    if (result == RESULT_OK)
        result = text_split_list(context, &list);
    assert_true(result == RESULT_OK || (list.items == NULL && list.count == 0));
    return result == RESULT_OK ? result : error_result(err, result, "out of memory");
}

static void
texts_are_handled(void **state)
{
    static char text[] = " one, two , three/four, five";

    (void)state;
    assert_true(fail_each_allocation(handle_texts, text, RESULT_OK, false, "texts") > 6);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_read_and_shown),
        cmocka_unit_test(json_is_read_and_written),
        cmocka_unit_test(texts_are_handled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
