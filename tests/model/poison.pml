/*
 * An order whose handling kills the process, another that it is claimed together with, and two
 * processes. It follows src/store/work_claim.c, work_park.c and the claimer's idle claim
 * (src/sync/claimer.c); the labels in capitals are the failure points of
 * include/base/failure_point.h.
 *
 * The mutant TOGETHER claims orders that have crashed as any others, so that a crash is counted of all
 * that were in work.
 */
#define GOOD 0
#define POISON 1
#define NOBODY 0
#define LEASE 2
#define LONE_CRASHES_MAX 3
#ifndef CRASHES
#define CRASHES 2 /* besides those of the poison */
#endif

bool work[2] = true;
byte claim[2] = NOBODY;
byte lease[2];
byte crashes[2];
bool alone[2];
bool parked[2];
byte lone_crashes[2]; /* what really was */
byte claims = 0;
byte crashes_left = CRASHES;

#define CLAIMABLE(o) (work[o] && !parked[o] && (claim[o] == NOBODY || lease[o] == 0))

inline may_die() {
    if
    :: crashes_left > 0 -> crashes_left--; goto dead
    :: true
    fi
}

/* A row whose lease is over without an outcome is counted and left for an idle claim. */
inline claim_or_count(o) {
    if
    :: CLAIMABLE(o) && crashes[o] == 0 ->
        if
        :: claim[o] == NOBODY -> claims++; claim[o] = claims; lease[o] = LEASE; mine[o] = claim[o]
        :: else -> crashes[o] = 1; claim[o] = NOBODY; lease[o] = 0
        fi;
        alone[o] = false
    :: else
    fi
}

inline claim_alone(o) {
    if
    :: claim[o] != NOBODY && alone[o] -> crashes[o]++
    :: else
    fi;
    claims++;
    claim[o] = claims;
    lease[o] = LEASE;
    alone[o] = true;
    mine[o] = claim[o];
    if
    :: crashes[o] > LONE_CRASHES_MAX ->
        parked[o] = true; work[o] = false; claim[o] = NOBODY; lease[o] = 0; mine[o] = NOBODY
    :: else
    fi
}

proctype Replica() {
    byte mine[2]; /* it has both only where neither has crashed */
    byte o;

end_idle:
    atomic { CLAIMABLE(GOOD) || CLAIMABLE(POISON) }
CLAIM_BEFORE_COMMIT:
    atomic {
        may_die();
        assert(claims < 30);
#ifdef TOGETHER
        if :: CLAIMABLE(GOOD) -> claim_alone(GOOD) :: else fi;
        if :: CLAIMABLE(POISON) -> claim_alone(POISON) :: else fi
#else
        if
        :: CLAIMABLE(GOOD) && crashes[GOOD] > 0 -> claim_alone(GOOD)
        :: CLAIMABLE(POISON) && crashes[POISON] > 0 -> claim_alone(POISON)
        :: else -> claim_or_count(GOOD); claim_or_count(POISON)
        fi
#endif
    }
WORK_BEGUN:
    atomic {
        if
        :: mine[GOOD] != NOBODY -> o = GOOD
        :: mine[POISON] != NOBODY ->
            if :: claim[POISON] == mine[POISON] && alone[POISON] -> lone_crashes[POISON]++ :: else fi;
            goto dead
        :: mine[GOOD] == NOBODY && mine[POISON] == NOBODY -> goto end_idle
        fi;
        may_die()
    }
OUTCOME_BEFORE_COMMIT:
    atomic {
        may_die();
        if
        :: claim[o] == mine[o] -> work[o] = false; claim[o] = NOBODY; lease[o] = 0; crashes[o] = 0
        :: else
        fi;
        mine[o] = NOBODY
    }
    goto WORK_BEGUN;
dead:
    atomic { mine[GOOD] = NOBODY; mine[POISON] = NOBODY; o = 0; goto end_idle }
}

active proctype Clock() {
    do
    :: atomic { timeout && (lease[0] > 0 || lease[1] > 0) ->
        if :: lease[0] > 0 -> lease[0]-- :: else fi;
        if :: lease[1] > 0 -> lease[1]-- :: else fi }
    :: timeout && lease[0] == 0 && lease[1] == 0 -> break
    od;
    assert(!work[GOOD] && !parked[GOOD]);                         /* not stopped, not blamed */
    assert(parked[POISON] && lone_crashes[POISON] >= LONE_CRASHES_MAX);
    assert(claim[GOOD] == NOBODY && claim[POISON] == NOBODY)
}

init {
    atomic { run Replica(); run Replica() }
}
