#include "http/connection.h"

#include <stdlib.h>
#include <sys/socket.h>

/* Telling an excess connection that it is one must not take long. */
#define EXCESS_HEADER_MS 2000

void
connection_set_init(struct connection_set *set, const struct listener_deadlines *deadlines)
{
    *set = (struct connection_set){.deadlines = *deadlines, .next_ms = INT64_MAX};
}

int64_t
connection_set_next_ms(const struct connection_set *set)
{
    return set->next_ms;
}

static void
enter(struct connection_set *set, struct connection *connection, enum connection_phase phase,
      int64_t deadline_ms)
{
    if (connection->phase == CONNECTION_CUT)
        return;
    connection->phase = phase;
    connection->deadline_ms = deadline_ms;
    if (deadline_ms < set->next_ms)
        set->next_ms = deadline_ms;
}

static void
cut(struct connection *connection)
{
    connection->phase = CONNECTION_CUT;
    connection->deadline_ms = INT64_MAX;
    (void)shutdown(connection->socket, SHUT_RDWR);
}

void
connection_set_expire(struct connection_set *set, int64_t now_ms)
{
    if (now_ms < set->next_ms)
        return;
    set->next_ms = INT64_MAX;
    for (struct connection *each = set->first; each != NULL; each = each->next) {
        if (each->deadline_ms <= now_ms)
            cut(each);
        else if (each->deadline_ms < set->next_ms)
            set->next_ms = each->deadline_ms;
    }
}

void
connection_set_quiesce(struct connection_set *set)
{
    set->quiescing = true;
    for (struct connection *each = set->first; each != NULL; each = each->next) {
        if (each->phase == CONNECTION_HEADER)
            cut(each);
    }
}

struct connection *
connection_open(struct connection_set *set, int socket, bool excess, int64_t now_ms)
{
    struct connection *connection = calloc(1, sizeof(*connection));

    if (connection == NULL)
        return NULL;
    connection->socket = socket;
    connection->excess = excess;
    connection->next = set->first;
    if (set->first != NULL)
        set->first->previous = connection;
    set->first = connection;
    set->count++;
    enter(set, connection, CONNECTION_HEADER,
          now_ms + (excess ? EXCESS_HEADER_MS : (int64_t)set->deadlines.header_ms));
    return connection;
}

void
connection_close(struct connection_set *set, struct connection *connection)
{
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        set->first = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    set->count--;
    free(connection);
}

void
connection_idles(struct connection_set *set, struct connection *connection, int64_t now_ms)
{
    enter(set, connection, CONNECTION_HEADER, now_ms + set->deadlines.idle_ms);
    if (set->quiescing && connection->phase != CONNECTION_CUT)
        cut(connection);
}

void
connection_reads_body(struct connection_set *set, struct connection *connection, int64_t now_ms)
{
    if (connection->phase != CONNECTION_BODY)
        connection->body_deadline_ms = now_ms + set->deadlines.body_ms;
    int64_t pause_end_ms = now_ms + set->deadlines.body_pause_ms;
    enter(set, connection, CONNECTION_BODY,
          pause_end_ms < connection->body_deadline_ms ? pause_end_ms
                                                      : connection->body_deadline_ms);
}

void
connection_waits(struct connection *connection)
{
    if (connection->phase == CONNECTION_CUT)
        return;
    connection->phase = CONNECTION_WAITING;
    connection->deadline_ms = INT64_MAX;
}

void
connection_answers(struct connection_set *set, struct connection *connection, int64_t now_ms)
{
    enter(set, connection, CONNECTION_ANSWER, now_ms + set->deadlines.answer_ms);
}
