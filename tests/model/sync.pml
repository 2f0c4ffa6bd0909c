/*
 * Claim, lease, calls and outcome of one order: two processes of amsync, a Magento in which a call may
 * take effect late or never, and an Acumatica that saves the order again meanwhile.
 *
 * It follows src/store/work_claim.c, work_due.c and outcomes_record.c, src/sync/ and the deadline of
 * src/magento/client.c. The labels in capitals are the failure points of
 * include/base/failure_point.h; at each a process may die instead. What claimer, worker and finisher
 * of a process do with one order, they do one after the other; a claim that another replica holds
 * stands for one that the same process took a second time, too.
 *
 * Time: nothing takes any, unless somebody is slow, which may be for SLOW ticks in all, or everybody
 * waits for the clock. Faults are bounded as well, so every run ends; what must hold then is in Clock.
 *
 * A mutant, chosen with -D, leaves out one of the rules. Each must lead to an error:
 *   NO_REVISION     an outcome clears the work, whatever has come meanwhile
 *   NO_CLAIM_CHECK  an outcome is recorded without its claim
 *   RENEWED         a worker whose time is over has its lease renewed and goes on
 *   EARLY_LOOK      after a call of unknown outcome the order is due at once
 */
#define VERSIONS 2 /* of the order, by Acumatica */
#define TIMEOUT 1
#define QUIET 1
#define LEASE (2 * TIMEOUT + QUIET)
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef SLOW
#define SLOW 4
#endif
#ifndef LOST
#define LOST 2 /* answers and calls that are lost */
#endif
#define CALLS 3 /* on their way to Magento at the same time, at most */
#define NOBODY 2

mtype = { NONE, DONE, EXISTS, UNKNOWN, AGAIN };

/* PostgreSQL: amsync.work, and of the order itself what counts */
bool work = true;
bool in_magento = false; /* magento_entity_id is known */
byte version = 1;
byte revision = 1;
byte claim = 0; /* 0: none */
byte lease = 0;
byte quiet = 0;
byte claims = 0; /* drawn so far */

/* Magento */
bool exists = false; /* the number is taken */
byte shown = 0;      /* the version that it shows */
byte looked = 0;     /* the newest claim that has looked */
byte effects[VERSIONS + 1];

typedef Call {
    bool on_its_way;
    bool is_create;
    byte version;
    byte claim;
    byte waiting; /* the replica that waits for its answer */
    byte may_land /* ticks left in which it may take effect */
};
Call calls[CALLS];
mtype answer[2] = NONE;

/* Of each replica: until its claim ends by its own clock, and until it stops waiting for an answer. */
byte left[2];
byte patience[2];

byte crashes_left = CRASHES;
byte slow_left = SLOW;
byte lost_left = LOST;

#define CLAIMABLE (work && quiet == 0 && (claim == 0 || lease == 0))

#if CRASHES > 0
inline may_die() {
    if
    :: crashes_left > 0 -> crashes_left--; goto dead
    :: true
    fi
}
#else
#define may_die() skip
#endif

inline stop_waiting() {
    i = 0;
    do
    :: i < CALLS -> if :: calls[i].waiting == me -> calls[i].waiting = NOBODY :: else fi; i++
    :: else -> break
    od;
    i = 0;
    answer[me] = NONE;
    patience[me] = 0
}

inline look() {
    if :: mine > looked -> looked = mine :: else fi;
    if
    :: shown >= my_version -> outcome = DONE; goto OUTCOME_BEFORE_HANDOVER
    :: else -> creating = false; goto WRITE_BEFORE_SENDING
    fi
}

proctype Replica(byte me) {
    byte mine, my_revision, my_version, i;
    bool creating;
    mtype outcome;

end_idle:
    atomic { CLAIMABLE -> left[me] = LEASE }
CLAIM_BEFORE_COMMIT:
    atomic {
        may_die();
        if
        :: CLAIMABLE ->
            claims++;
            assert(claims < 12);
            claim = claims;
            lease = LEASE;
            mine = claim;
            my_revision = revision;
            my_version = version;
            creating = !in_magento
        :: else -> left[me] = 0; goto end_idle
        fi
    }
CLAIM_AFTER_COMMIT:
    atomic { may_die() } /* the number is always the same, whoever fixes it */
NUMBER_AFTER_COMMIT:
    atomic { may_die() }
WORK_BEGUN:
    atomic {
        may_die();
        if
        :: creating -> skip
        :: else -> look()
        fi
    }
WRITE_BEFORE_SENDING:
    atomic {
        may_die();
#ifdef RENEWED
        if
        :: left[me] < TIMEOUT + QUIET ->
            if :: claim == mine -> lease = LEASE :: else fi;
            left[me] = LEASE
        :: else
        fi;
#endif
        if
        :: left[me] < TIMEOUT + QUIET -> outcome = AGAIN; goto OUTCOME_BEFORE_HANDOVER
        :: else
        fi;
        i = 0;
        do
        :: i < CALLS && calls[i].on_its_way -> i++
        :: else -> break
        od;
        assert(i < CALLS);
        calls[i].on_its_way = true;
        calls[i].is_create = creating;
        calls[i].version = my_version;
        calls[i].claim = mine;
        calls[i].waiting = me;
        calls[i].may_land = QUIET;
        i = 0;
        patience[me] = TIMEOUT
    }
    atomic {
        if
        :: answer[me] != NONE -> outcome = answer[me]
        :: answer[me] == NONE && patience[me] == 0 -> outcome = UNKNOWN
        :: lost_left > 0 -> lost_left--; outcome = UNKNOWN
        :: crashes_left > 0 -> crashes_left--; goto dead
        fi;
        stop_waiting()
    }
WRITE_AFTER_ANSWER:
    atomic {
        may_die();
        if
        :: outcome == EXISTS -> look() /* adopted, and told what has changed since */
        :: else
        fi
    }
OUTCOME_BEFORE_HANDOVER:
    atomic { may_die() }
OUTCOME_BEFORE_COMMIT:
    atomic {
        may_die();
        if
#ifdef NO_CLAIM_CHECK
        :: true ->
#else
        :: claim == mine ->
#endif
            if :: outcome == DONE -> in_magento = true :: else fi;
            if
#ifdef NO_REVISION
            :: outcome == DONE ->
#else
            :: outcome == DONE && revision == my_revision ->
#endif
                work = false;
                revision = 0
            :: else
            fi;
            claim = 0;
            lease = 0;
#ifndef EARLY_LOOK
            if
            :: outcome == UNKNOWN && !creating -> quiet = QUIET
            :: else
            fi
#endif
        :: else
        fi
    }
OUTCOME_AFTER_COMMIT:
    atomic { may_die() }
dead:
    atomic {
        stop_waiting();
        left[me] = 0;
        mine = 0; my_revision = 0; my_version = 0; creating = false; outcome = NONE;
        goto end_idle
    }
}

/* Acumatica tells of a newer version, and intake has merged it. */
active proctype Acumatica() {
    do
    :: version < VERSIONS -> atomic {
        version++;
        if
        :: work -> revision++
        :: else -> work = true; revision = 1; quiet = 0
        fi
    }
    :: version == VERSIONS -> break
    od
}

inline tell(what) {
    if
    :: calls[n].waiting != NOBODY -> answer[calls[n].waiting] = what; calls[n].waiting = NOBODY
    :: else
    fi
}

inline take_effect() {
    if
    :: calls[n].is_create && exists -> tell(EXISTS)
    :: else ->
        assert(calls[n].is_create || calls[n].claim >= looked); /* not after a newer claim's look */
        assert(calls[n].version > shown);                       /* nothing older after a newer */
        exists = true;
        shown = calls[n].version;
        effects[shown]++;
        assert(effects[shown] == 1);                            /* nothing twice */
        tell(DONE)
    fi
}

inline forget(k) {
    calls[k].on_its_way = false;
    calls[k].is_create = false;
    calls[k].version = 0;
    calls[k].claim = 0;
    calls[k].waiting = NOBODY;
    calls[k].may_land = 0
}

/* What becomes of a call: it takes effect sooner or later, and tells, or it is dropped. */
proctype Magento(byte n) {
end:
    do
    :: atomic { calls[n].on_its_way -> take_effect(); forget(n) }
    :: atomic { calls[n].on_its_way && lost_left > 0 -> lost_left--; forget(n) }
    od
}

#define RUNS(timer) (timer > 0)
#define TIMERS (RUNS(quiet) || RUNS(lease) || RUNS(left[0]) || RUNS(left[1]) || \
    RUNS(patience[0]) || RUNS(patience[1]) || RUNS(calls[0].may_land) || \
    RUNS(calls[1].may_land) || RUNS(calls[2].may_land))
#define COUNT_DOWN(timer) if :: timer > 0 -> timer-- :: else fi
#define COUNT_DOWN_CALL(k)                                                                         \
    if                                                                                             \
    :: calls[k].may_land > 1 -> calls[k].may_land--                                                \
    :: else -> forget(k)                                                                           \
    fi

inline tick() {
    COUNT_DOWN(quiet); COUNT_DOWN(lease);
    COUNT_DOWN(left[0]); COUNT_DOWN(left[1]);
    COUNT_DOWN(patience[0]); COUNT_DOWN(patience[1]);
    COUNT_DOWN_CALL(0); COUNT_DOWN_CALL(1); COUNT_DOWN_CALL(2)
}

active proctype Clock() {
    do
    :: atomic { slow_left > 0 && TIMERS -> slow_left--; tick() }
    :: atomic { timeout && TIMERS -> tick() }
    :: timeout && !TIMERS -> break
    od;
    /* Faults have stopped, and nobody has anything to do. */
    assert(version == VERSIONS);
    assert(shown == version);    /* no revision is lost */
    assert(!work && claim == 0)  /* and no claim left */
}

init {
    atomic {
        calls[0].waiting = NOBODY; calls[1].waiting = NOBODY; calls[2].waiting = NOBODY;
        run Replica(0); run Replica(1);
        run Magento(0); run Magento(1); run Magento(2)
    }
}
