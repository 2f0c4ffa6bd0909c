#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli_run.h"

static const struct cli_command *const commands[] = {&cli_config, NULL};

static char database[] = "AMSYNC_DATABASE_URL=postgresql://amsync:hush@db/amsync";
static char companies[] = "AMSYNC_COMPANIES=MyStore";
static char secret[] = "AMSYNC_WEBHOOK_SECRET=s3cret";
static char url[] = "AMSYNC_MAGENTO_URL=https://shop.example";
static char token[] = "AMSYNC_MAGENTO_TOKEN=t0ken";
static char *const environment[] = {database, companies, secret, url, token, NULL};
static char *const nothing[] = {NULL};

static void
effective_values_are_lines(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cli_outcome_free)
    struct cli_outcome outcome = run_line(commands, "amsync config", environment);

    assert_int_equal(outcome.exit_code, CLI_EXIT_DONE);
    assert_string_equal(outcome.err, "");
    assert_non_null(strstr(outcome.out, "AMSYNC_WORKERS=8\n"));
    assert_non_null(strstr(outcome.out, "AMSYNC_MAGENTO_TOKEN=(set, not shown)\n"));
    assert_null(strstr(outcome.out, "hush"));
    assert_null(strstr(outcome.out, "s3cret"));
}

static void
json_is_one_object(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cli_outcome_free)
    struct cli_outcome outcome = run_line(commands, "amsync config --json", environment);
    AMSYNC_CLEANUP(cleanup_json) json_t *object = NULL;

    assert_int_equal(outcome.exit_code, CLI_EXIT_DONE);
    assert_int_equal(json_decode(outcome.out, strlen(outcome.out), 4, 0, &object, NULL), RESULT_OK);
    assert_string_equal(json_object_text(object, "AMSYNC_MAGENTO_URL"), "https://shop.example");
    assert_true(json_is_true(json_object_get(object, "AMSYNC_WEBHOOK_SECRET")));
}

static void
the_table_needs_no_settings(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cli_outcome_free)
    struct cli_outcome outcome = run_line(commands, "amsync config --markdown", nothing);

    assert_int_equal(outcome.exit_code, CLI_EXIT_DONE);
    assert_int_equal(strncmp(outcome.out, "| Variable | Default | Meaning |\n| --- |", 40), 0);
    assert_non_null(strstr(outcome.out, "\n| `AMSYNC_SETTLE_MS` | `250` | "));
}

static void
a_missing_setting_is_exit_2(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cli_outcome_free)
    struct cli_outcome outcome = run_line(commands, "amsync config --json", nothing);

    assert_int_equal(outcome.exit_code, CLI_EXIT_USAGE);
    assert_string_equal(outcome.out, "");
    assert_non_null(strstr(outcome.err, "amsync config: AMSYNC_DATABASE_URL is missing: "));
}

static void
what_makes_no_sense_is_exit_2(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cli_outcome_free)
    struct cli_outcome both = run_line(commands, "amsync config --json --markdown", environment);
    AMSYNC_CLEANUP(cli_outcome_free)
    struct cli_outcome extra = run_line(commands, "amsync config AMSYNC_WORKERS", environment);

    assert_int_equal(both.exit_code, CLI_EXIT_USAGE);
    assert_string_equal(both.err, "amsync config: --json and --markdown exclude each other; amsync "
                                  "config --help shows how\n");
    assert_int_equal(extra.exit_code, CLI_EXIT_USAGE);
    assert_string_equal(extra.out, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(effective_values_are_lines),
        cmocka_unit_test(json_is_one_object),
        cmocka_unit_test(the_table_needs_no_settings),
        cmocka_unit_test(a_missing_setting_is_exit_2),
        cmocka_unit_test(what_makes_no_sense_is_exit_2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
