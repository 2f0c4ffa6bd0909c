/*
 * Failure points: places between accepting and recording at which a test lets the process die or
 * stand still, to see that nothing is lost and nothing doubled. They exist only in a build with
 * -Dfailure_points=true; in any other nothing is left of them. They are the steps of the model in
 * tests/model, by the same names.
 *
 * Such a build reads AMSYNC_FAILURE_POINT=NAME[@COUNT][:SUBJECT][!freeze]: where the point NAME is
 * reached for the COUNT-th time (the first) with that subject (any), the process says so on stderr
 * and kills itself; with !freeze it stops itself, and goes on after a SIGCONT.
 */
#ifndef AMSYNC_BASE_FAILURE_POINT_H
#define AMSYNC_BASE_FAILURE_POINT_H

/* In the order in which an event passes them; beside each its subject: none, the number of the order,
 * or the kind of action. */
#define FAILURE_POINTS(POINT)                                                                      \
    POINT(INBOX_BEFORE_COMMIT)     /* none; notifications are about to be sent */                  \
    POINT(INBOX_AFTER_COMMIT)      /* none; they are kept, not answered */                         \
    POINT(INTAKE_BEFORE_COMMIT)    /* none; they are merged, not committed */                      \
    POINT(INTAKE_AFTER_COMMIT)     /* none; the claimer is not woken */                            \
    POINT(CLAIM_BEFORE_COMMIT)     /* none; orders are claimed, not committed */                   \
    POINT(CLAIM_AFTER_COMMIT)      /* number; its Magento number is not fixed */                   \
    POINT(NUMBER_AFTER_COMMIT)     /* number; no worker has it */                                  \
    POINT(WORK_BEGUN)              /* number; a worker has it */                                   \
    POINT(WRITE_BEFORE_SENDING)    /* action; the call has not left */                             \
    POINT(WRITE_AFTER_ANSWER)      /* action; nobody has looked at the answer */                   \
    POINT(OUTCOME_BEFORE_HANDOVER) /* number; the finisher does not know */                        \
    POINT(OUTCOME_BEFORE_COMMIT)   /* number; written, not committed */                            \
    POINT(OUTCOME_AFTER_COMMIT)    /* number; the claimer is not told */

#define FAILURE_POINT_ENUMERATOR(name) FAILURE_POINT_##name,
enum failure_point { FAILURE_POINTS(FAILURE_POINT_ENUMERATOR) FAILURE_POINT_COUNT };
#undef FAILURE_POINT_ENUMERATOR

/* The process has come to `point`. `subject` may be NULL, which only a choice without one fits.
 * Any thread. */
#ifdef AMSYNC_FAILURE_POINTS
void failure_point_reach(enum failure_point point, const char *subject);
#else
__attribute__((always_inline)) static inline void
failure_point_reach(enum failure_point point, const char *subject)
{
    (void)point;
    (void)subject;
}
#endif

#endif
