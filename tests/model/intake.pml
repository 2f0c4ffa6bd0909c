/*
 * From a notification to its order being due: two processes that accept and take in, an Acumatica that
 * sends each notification until it is acknowledged. It follows src/store/inbox.c,
 * src/http/group_commit.c, src/store/notifications.c and src/intake/; the labels in capitals are the
 * failure points of include/base/failure_point.h.
 *
 * An id is drawn when a row is written, and seen by others from its commit on: so they are not
 * committed in their order. The mutant CURSOR takes in what stands behind the last id that was taken
 * in, instead of what stands in the queue.
 */
#define NOTIFICATIONS 3
#ifndef CRASHES
#define CRASHES 2
#endif
#define NOTHING 0

/* PostgreSQL. A row's place is its id. */
#define ROWS (NOTIFICATIONS + CRASHES)
byte row[ROWS + 1];            /* the notification that was committed with this id; NOTHING: none */
bool queued[ROWS + 1];
bool locked[ROWS + 1];         /* by an intake; passed by */
byte ids = 0;                  /* drawn so far */
byte cursor = 0;               /* the mutant's */
bool kept[NOTIFICATIONS + 1];  /* unique by day and digest */
bool merged[NOTIFICATIONS + 1];
byte times_merged[NOTIFICATIONS + 1];
byte revision = 0;

bool acknowledged[NOTIFICATIONS + 1];
byte crashes_left = CRASHES;

chan requests = [0] of { byte };
chan answers = [0] of { byte, bool };

inline may_die() {
    if
    :: crashes_left > 0 -> crashes_left--; goto dead
    :: true
    fi
}

active [2] proctype Listener() {
    byte n, id;

end_idle:
    requests?n;
INBOX_BEFORE_COMMIT:
    atomic {
        may_die();
        if :: !kept[n] -> ids++; assert(ids <= ROWS); id = ids :: else fi
    }
    atomic {
        if
        :: !kept[n] && id != NOTHING -> kept[n] = true; row[id] = n; queued[id] = true
        :: else /* a duplicate, of which nothing is written */
        fi
    }
INBOX_AFTER_COMMIT:
    atomic {
        may_die();
        acknowledged[n] = true
    }
    answers!n, true;
    n = 0; id = NOTHING;
    goto end_idle;
dead:
    answers!n, false; /* the connection breaks */
    n = 0; id = NOTHING;
    goto end_idle
}

proctype Acumatica(byte n) {
    bool ok = false;

    do
    :: !ok -> requests!n; answers?eval(n), ok
    :: ok -> break
    od
}

inline pick() {
    id = 1;
    do
    :: id <= ROWS && (row[id] == NOTHING || locked[id] ||
#ifdef CURSOR
                      id <= cursor
#else
                      !queued[id]
#endif
                      ) -> id++
    :: else -> break
    od
}

#ifdef CURSOR
#define SOMETHING(i) (row[i] != NOTHING && !locked[i] && i > cursor)
#else
#define SOMETHING(i) (row[i] != NOTHING && !locked[i] && queued[i])
#endif

active [2] proctype Intake() {
    byte id;

end_idle:
    atomic {
        SOMETHING(1) || SOMETHING(2) || SOMETHING(3) || SOMETHING(4) || SOMETHING(5) ->
        pick();
        locked[id] = true
    }
INTAKE_BEFORE_COMMIT:
    atomic {
        may_die();
        merged[row[id]] = true;
        times_merged[row[id]]++;
        assert(times_merged[row[id]] == 1);
        revision++;
        queued[id] = false;
        locked[id] = false;
        if :: id > cursor -> cursor = id :: else fi
    }
INTAKE_AFTER_COMMIT:
    atomic {
        may_die() /* the claimer finds what is due without being woken */
    }
    id = 0;
    goto end_idle;
dead:
    atomic {
        locked[id] = false;
        id = 0
    }
    goto end_idle
}

active proctype End() {
    byte n = 1;

    timeout;
    do
    :: n <= NOTIFICATIONS ->
        assert(acknowledged[n] && kept[n]); /* kept, and at last acknowledged */
        assert(merged[n]);                  /* none is forgotten */
        n++
    :: else -> break
    od;
    assert(revision == NOTIFICATIONS)
}

init {
    atomic { run Acumatica(1); run Acumatica(2); run Acumatica(3) }
}
