#include "store/settle.h"

#include <stdbool.h>
#include <string.h>

#include "store/connector_log.h"
#include "store/database.h"
#include "store/documents.h"

static const char LOCK_SQL[] =
    "SELECT company, order_type, order_nbr, magento_increment_id FROM amsync.sales_order"
    " WHERE id = $1 FOR NO KEY UPDATE";

/* Invoices of different types may have the same number: they are settled together. */
static const char READ_SQL[] = "SELECT state FROM amsync.document"
                               " WHERE sales_order_id = $1 AND kind = $2 AND number = $3"
                               " ORDER BY id";

/* A shipment or an invoice also before its turn: its order may have been settled first. */
#define CAN_BE_SETTLED                                                                             \
    "(settled IS NOT NULL OR state IN ('waiting', 'retrying', 'failed')"                           \
    " OR (kind <> 'order' AND state <> 'published'))"

static const char SETTLE_SQL[] = "UPDATE amsync.document SET settled = $4, settled_note = $5"
                                 " WHERE sales_order_id = $1 AND kind = $2 AND number = $3"
                                 " AND " CAN_BE_SETTLED " RETURNING id";

/* A new version, so that an outcome on its way does not settle it again. */
static const char OPEN_SQL[] =
    "UPDATE amsync.document SET settled = NULL, settled_note = NULL, version = version + 1,"
    " state = 'pending', reason = '', attempts = 0"
    " WHERE sales_order_id = $1 AND kind = $2 AND number = $3 AND settled IS NOT NULL"
    " RETURNING id";

/* As `amsync resolve --as` and the log have them; by enum settlement. */
static const struct {
    const char *name;
    const char *words;
    enum document_state state; /* that follows from it */
} SETTLEMENTS[] = {
    [SETTLEMENT_DONE] = {"done", "settled by a person as done", STATE_PUBLISHED},
    [SETTLEMENT_IGNORED] = {"ignored", "settled by a person as to be ignored", STATE_SKIPPED},
    [SETTLEMENT_NONE] = {"open", "opened again by a person", STATE_PENDING},
};

enum result
settlement_from_name(const char *name, enum settlement *ret_settlement)
{
    for (size_t i = 0; i < sizeof(SETTLEMENTS) / sizeof(SETTLEMENTS[0]); i++) {
        if (strcmp(SETTLEMENTS[i].name, name) == 0) {
            *ret_settlement = (enum settlement)i;
            return RESULT_OK;
        }
    }
    return RESULT_REJECTED;
}

static void
add_key(struct query_params *params, const struct settling *settling)
{
    params_int64(params, settling->sales_order_id);
    params_text(params, document_kind_name(settling->kind));
    params_text(params, settling->number);
}

/* Why nothing could be settled. */
static enum result
explain(struct database *database, const struct settling *settling, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    enum document_state state = STATE_PENDING;
    const char *kind = document_kind_name(settling->kind);

    add_key(&params, settling);
    enum result result = database_query(database, READ_SQL, &params, &rows, err);
    if (result != RESULT_OK)
        return result;
    if (PQntuples(rows) == 0)
        return error_result(err, RESULT_NONE, "no notification of %s %s has arrived", kind,
                            settling->number);
    if (document_state_from_name(row_text(rows, 0, 0), &state) != RESULT_OK)
        return error_result(err, RESULT_FAILED, "%s %s is in an unknown state", kind,
                            settling->number);
    if (settling->settlement == SETTLEMENT_NONE)
        return error_result(err, RESULT_NONE, "%s %s was not settled: it is %s", kind,
                            settling->number, document_state_words(state));
    return error_result(err, RESULT_NONE, "%s %s is %s: there is nothing to settle", kind,
                        settling->number, document_state_words(state));
}

static enum result
write_log(struct database *database, const struct settling *settling, const PGresult *order,
          struct error *err)
{
    bool is_order = settling->kind == DOCUMENT_ORDER;
    const char *order_nbr = row_text(order, 0, 2);
    AMSYNC_CLEANUP(cleanup_free) char *message = NULL;
    struct log_line line = {
        .sales_order_id = settling->sales_order_id,
        .company = row_text(order, 0, 0),
        .entity = document_kind_name(settling->kind),
        .action = "decide",
        .status = document_state_name(SETTLEMENTS[settling->settlement].state),
        .order_type = row_text(order, 0, 1),
        .order_nbr = order_nbr,
        .document_nbr = is_order ? NULL : settling->number,
        .magento_nbr = row_text(order, 0, 3),
    };
    const char *words = SETTLEMENTS[settling->settlement].words;
    int length = is_order
                     ? asprintf(&message, "%s %s: %s", order_nbr, words, settling->note)
                     : asprintf(&message, "%s %s of %s %s: %s", document_kind_name(settling->kind),
                                settling->number, order_nbr, words, settling->note);

    if (length < 0) {
        message = NULL;
        return error_result(err, RESULT_FAILED, "out of memory");
    }
    line.message = message;
    return connector_log_append(database, &line, 1, err);
}

static enum result
settle(struct database *database, const struct settling *settling, bool *ret_settled,
       struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    bool opens = settling->settlement == SETTLEMENT_NONE;

    add_key(&params, settling);
    if (!opens) {
        params_text(&params, SETTLEMENTS[settling->settlement].name);
        params_text(&params, settling->note);
    }
    enum result result =
        database_query(database, opens ? OPEN_SQL : SETTLE_SQL, &params, &rows, err);
    if (result == RESULT_OK)
        *ret_settled = PQntuples(rows) > 0;
    return result;
}

static enum result
settle_body(struct database *database, void *argument, struct error *err)
{
    const struct settling *settling = argument;
    const struct make_due due = {.sales_order_id = settling->sales_order_id};
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *order = NULL;
    bool settled = false;

    params_int64(&params, settling->sales_order_id);
    enum result result = database_query(database, LOCK_SQL, &params, &order, err);
    if (result == RESULT_OK && PQntuples(order) == 0)
        return error_result(err, RESULT_NONE, "the order is gone");
    if (result == RESULT_OK)
        result = settle(database, settling, &settled, err);
    if (result == RESULT_OK && !settled)
        return explain(database, settling, err);
    if (result == RESULT_OK)
        result = write_log(database, settling, order, err);
    return result == RESULT_OK ? work_make_due(database, &due, 1, err) : result;
}

enum result
document_settle(struct database *database, const struct settling *settling, struct error *err)
{
    struct settling copy = *settling;

    return database_transaction(database, settle_body, &copy, err);
}
