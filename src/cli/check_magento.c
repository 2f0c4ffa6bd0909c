#include "base/clock.h"
#include "cli/findings.h"
#include "magento/rights.h"
#include "magento/shop.h"

/* PHP and proxies are hardly ever set to give a call less time. */
#define QUIET_MIN_MS 60000

#define BEARER_SETTING                                                                             \
    "Stores > Configuration > Services > OAuth > Consumer Settings > Allow OAuth Access Tokens "   \
    "to be used as standalone Bearer tokens"

/* What came of asking for each right. */
struct asking {
    struct magento_client *client;
    int64_t slowest_ms;
    size_t accepted;              /* the rights that it has */
    size_t unauthorized;          /* ... and has not */
    struct magento_answer answer; /* the last */
};

static bool
is_reachable(const struct magento_answer *answer)
{
    return answer->http_status != 0;
}

/* Says whether the store view is there. False: Magento has refused its code, and with it every call,
 * so that nothing is known of login and rights. */
static bool
store_view_is_known(struct findings *findings, struct asking *asking,
                    const struct settings *settings)
{
    struct magento_answer *answer = &asking->answer;
    struct magento_shop *shop = NULL;
    struct magento_store store = {0};
    bool is_known = true;

    if (magento_shop_new(settings->magento_store, &shop) != RESULT_OK) {
        findings->out_of_memory = true;
        return true;
    }
    switch (magento_shop_store(shop, asking->client, clock_boottime_ms(), &store, answer)) {
    case MAGENTO_DONE:
        findings_ok(findings, "store view", "%s is there (id %d, base currency %s)",
                    settings->magento_store, store.id, store.base_currency_code);
        break;
    case MAGENTO_REFUSED:
        is_known = answer->http_status < 400;
        findings_wrong(findings, "store view",
                       "set AMSYNC_MAGENTO_STORE to a store view's code, as in Stores > Settings > "
                       "All Stores",
                       "%s", answer->message);
        break;
    case MAGENTO_UNAUTHORIZED: /* said with the rights */
        break;
    case MAGENTO_AGAIN:
    case MAGENTO_UNKNOWN:
    case MAGENTO_DEADLINE:
    case MAGENTO_ABORTED:
        findings_wrong(findings, "store view", "amsync check again in a while", "%s",
                       answer->message);
        break;
    }
    magento_shop_free(&shop);
    return is_known;
}

static void
note_right(struct findings *findings, struct asking *asking, const struct magento_right *right)
{
    struct magento_answer *answer = &asking->answer;
    AMSYNC_CLEANUP(cleanup_free) char *next = NULL;
    const char *screen = magento_right_screen(answer->resource, right->screen);

    switch (answer->outcome) {
    case MAGENTO_DONE:
        findings_ok(findings, "right", "%s: %s", right->screen, right->what);
        break;
    case MAGENTO_UNAUTHORIZED:
        if (asprintf(
                &next,
                "in Magento, System > Extensions > Integrations > Edit > API, tick %s and save",
                screen) < 0)
            next = NULL;
        findings_wrong(findings, "right", next != NULL ? next : screen,
                       "%s is missing%s%s: amsync cannot %s", screen,
                       answer->resource[0] != '\0' ? ", Magento's " : "", answer->resource,
                       right->what);
        break;
    case MAGENTO_AGAIN:
    case MAGENTO_UNKNOWN:
    case MAGENTO_REFUSED:
    case MAGENTO_DEADLINE:
    case MAGENTO_ABORTED:
        findings_wrong(findings, "right", "amsync check again in a while",
                       "%s could not be found out: %s", right->screen, answer->message);
        break;
    }
}

/* Maintenance, a redirection, a proxy that does not reach Magento: neither login nor rights show. */
static void
nothing_found_out(struct findings *findings, const struct magento_answer *answer)
{
    bool redirected = answer->http_status >= 300 && answer->http_status < 400;

    findings_wrong(findings, "Magento",
                   redirected ? "set AMSYNC_MAGENTO_URL to that URL, without what begins with /rest"
                              : "amsync check again in a while",
                   "%s", answer->message);
}

static void
login_is_refused(struct findings *findings, const struct asking *asking,
                 const struct settings *settings)
{
    /* Magento names a right, the last one that was asked for, to a token that it does not know, too. */
    bool named = asking->answer.resource[0] != '\0';

    findings_wrong(findings, "login",
                   settings->magento_auth == MAGENTO_AUTH_BEARER
                       ? "check AMSYNC_MAGENTO_TOKEN; and switch on " BEARER_SETTING
                         ", or use AMSYNC_MAGENTO_AUTH=oauth1"
                       : "check the four values of AMSYNC_MAGENTO_AUTH=oauth1, and this machine's "
                         "clock",
                   "Magento does not accept amsync's login at all, or has given it no right%s%s",
                   named ? "" : ": ", named ? "" : asking->answer.message);
}

/* Asks for all rights; false: Magento cannot be reached, or accepts nothing, which is said. */
static bool
ask_rights(struct findings *findings, struct asking *asking, const struct settings *settings,
           struct findings *rights)
{
    const struct magento_right *right;

    for (size_t i = 0; (right = magento_right_at(i)) != NULL; i++) {
        enum magento_outcome outcome = magento_right_ask(asking->client, right, &asking->answer);

        if (!is_reachable(&asking->answer)) {
            findings_unreachable(findings, "Magento",
                                 "see that AMSYNC_MAGENTO_URL is right and Magento runs", "%s: %s",
                                 settings->magento_url, asking->answer.message);
            return false;
        }
        asking->accepted += outcome == MAGENTO_DONE ? 1 : 0;
        asking->unauthorized += outcome == MAGENTO_UNAUTHORIZED ? 1 : 0;
        if (asking->answer.duration_ms > asking->slowest_ms)
            asking->slowest_ms = asking->answer.duration_ms;
        note_right(rights, asking, right);
    }
    if (asking->accepted > 0)
        return true;
    if (asking->unauthorized == 0)
        nothing_found_out(findings, &asking->answer);
    else
        login_is_refused(findings, asking, settings);
    return false;
}

static void
check_limits(struct findings *findings, const struct asking *asking,
             const struct settings *settings)
{
    long long timeout_ms = settings->magento_timeout_ms;
    long long quiet_ms = settings->magento_quiet_ms;

    if (asking->slowest_ms > timeout_ms / 2)
        findings_wrong(findings, "limits", "raise AMSYNC_MAGENTO_TIMEOUT_MS",
                       "Magento took %lld ms for a small call, and is waited for only %lld ms",
                       (long long)asking->slowest_ms, timeout_ms);
    else
        findings_ok(findings, "limits", "Magento took %lld ms at most, and is waited for %lld ms",
                    (long long)asking->slowest_ms, timeout_ms);
    if (quiet_ms < QUIET_MIN_MS)
        findings_wrong(
            findings, "limits",
            "raise AMSYNC_MAGENTO_QUIET_MS to the greatest of PHP's max_execution_time, "
            "php-fpm's request_terminate_timeout and the proxy's read time-out",
            "a call counts as over after %lld ms; PHP and proxies commonly let one go on "
            "for a minute or more, and what takes effect later can be doubled",
            quiet_ms);
    else
        findings_ok(findings, "limits",
                    "a call counts as over after %lld ms: see that PHP and the proxy allow no more",
                    quiet_ms);
}

static void
append(struct findings *findings, struct findings *more)
{
    if (more->list != NULL &&
        (findings->list == NULL || json_array_extend(findings->list, more->list) != 0))
        findings->out_of_memory = true;
    findings->wrong = findings->wrong || more->wrong;
    findings->out_of_memory = findings->out_of_memory || more->out_of_memory;
}

void
check_magento(struct findings *findings, const struct settings *settings)
{
    struct magento_endpoint endpoint = magento_endpoint_of(settings, NULL);
    AMSYNC_CLEANUP(findings_finish) struct findings rights = {0};
    struct asking asking = {0};
    struct error err;

    if (magento_global_init(&err) != RESULT_OK ||
        magento_client_new(&endpoint, &asking.client) != RESULT_OK) {
        findings->out_of_memory = true;
        return;
    }
    if (ask_rights(findings, &asking, settings, &rights) &&
        store_view_is_known(findings, &asking, settings)) {
        findings_ok(findings, "login", "%s accepts amsync", settings->magento_url);
        append(findings, &rights);
        check_limits(findings, &asking, settings);
    }
    magento_answer_finish(&asking.answer);
    magento_client_free(&asking.client);
}
