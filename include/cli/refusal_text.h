/*
 * The text with which a request was refused: why, and behind ". Next: ", if it says so, what to do.
 */
#ifndef AMSYNC_CLI_REFUSAL_TEXT_H
#define AMSYNC_CLI_REFUSAL_TEXT_H

/* How many of its bytes say why, for a printf precision. */
int refusal_reason_length(const char *message);

/* What to do, a part of `message`; NULL: it does not say. */
const char *refusal_advice(const char *message);

#endif
