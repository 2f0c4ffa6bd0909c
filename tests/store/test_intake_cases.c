/*
 * The cases below tests/cases/intake: what a folder's notifications.json brings must end as its
 * documents.json and be told as its log.json says. mappings.json, where there is one, holds the
 * merchant's own captions.
 */
#include "intake_support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static const char *cases_folder;

static json_t *
load(const char *name, const char *file)
{
    char path[1024];
    json_error_t reason;

    (void)snprintf(path, sizeof(path), "%s/%s/%s", cases_folder, name, file);

    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &reason);

    if (json == NULL && json_error_code(&reason) != json_error_cannot_open_file)
        fail_msg("%s:%d: %s", path, reason.line, reason.text);
    return json;
}

static void
add_mappings(struct database *database, const json_t *mappings)
{
    static const char SQL[] =
        "INSERT INTO amsync.field_mapping (kind, caption, field) VALUES ($1, $2, $3)";
    size_t index;
    const json_t *mapping;

    json_array_foreach(mappings, index, mapping)
    {
        AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
        struct error err;

        params_text(&params, json_object_text(mapping, "kind"));
        params_text(&params, json_object_text(mapping, "caption"));
        params_text(&params, json_object_text(mapping, "field"));
        assert_ok(database_query(database, SQL, &params, NULL, &err), err);
    }
}

static void
queue_all(const json_t *notifications)
{
    size_t index;
    const json_t *notification;

    json_array_foreach(notifications, index, notification)
    {
        const json_t *body = json_object_get(notification, "body");
        enum document_kind kind;
        AMSYNC_CLEANUP(cleanup_free)
        char *text = json_is_string(body) ? strdup(json_string_value(body)) : json_dumps(body, 0);

        assert_int_equal(document_kind_from_name(json_object_text(notification, "kind"), &kind),
                         RESULT_OK);
        test_queue(kind, "MyStore", text);
    }
}

static void
compare(const char *name, const char *file, const char *sql)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *expected = load(name, file);
    AMSYNC_CLEANUP(cleanup_free) char *text = test_text(sql);
    AMSYNC_CLEANUP(cleanup_json) json_t *found = json_loads(text, 0, NULL);

    assert_non_null(found);
    if (expected == NULL || !json_equal(expected, found)) {
        /* cmocka's own messages are cut at 1,024 bytes. */
        (void)json_dumpf(found, stderr, JSON_INDENT(2));
        fail_msg("%s/%s is not what came out, which is above", name, file);
    }
}

static void
check_case(const char *name)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *notifications = load(name, "notifications.json");
    AMSYNC_CLEANUP(cleanup_json) json_t *mappings = load(name, "mappings.json");
    struct database *database = NULL;

    assert_non_null(notifications);
    (void)test_empty(NULL);
    database = test_open();
    add_mappings(database, mappings);
    queue_all(notifications);
    assert_int_equal(test_take_in_all(database, 100), json_array_size(notifications));
    database_close(&database);
    compare(name, "documents.json",
            "SELECT coalesce(json_object_agg(concat_ws(' ', d.kind, nullif(d.type, ''), d.number,"
            " 'of', o.company, o.order_type, o.order_nbr), b.body), '{}')"
            " FROM amsync.document AS d JOIN amsync.sales_order AS o ON o.id = d.sales_order_id"
            " JOIN amsync.document_body AS b ON b.document_id = d.id");
    compare(name, "log.json",
            "SELECT coalesce(json_agg(json_strip_nulls(json_build_object('entity', entity,"
            " 'action', action, 'status', status, 'order_type', order_type, 'order_nbr', order_nbr,"
            " 'document_nbr', document_nbr, 'message', message)) ORDER BY id), '[]')"
            " FROM amsync.connector_log");
}

static void
every_case_comes_out_as_written(void **state)
{
    struct dirent **entries = NULL;
    int count = scandir(cases_folder, &entries, NULL, alphasort);

    (void)state;
    assert_true(count > 2);
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.')
            check_case(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_comes_out_as_written),
    };

    if (argc != 2)
        return 2;
    cases_folder = argv[1];
    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
