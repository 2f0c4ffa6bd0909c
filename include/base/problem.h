/*
 * Bodies of refusals: RFC 9457 problem details. Any thread may call.
 */
#ifndef AMSYNC_BASE_PROBLEM_H
#define AMSYNC_BASE_PROBLEM_H

#include "base/error.h"

#define PROBLEM_CONTENT_TYPE "application/problem+json"

/* The reason phrase of an HTTP status that amsync answers with, "Error" for any other. */
const char *problem_title(unsigned status);

/*
 * {"type":"about:blank","title":...,"status":...,"detail":...} with the status's reason phrase as
 * title. `detail` says what is wrong and what to send instead; bytes that are not UTF-8 are
 * replaced. The caller frees the text. RESULT_FAILED: out of memory.
 */
AMSYNC_MUST_USE enum result problem_json(unsigned status, const char *detail, char **ret_text);

#endif
