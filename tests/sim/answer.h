/* What the simulated shop answers to one call. */
#ifndef AMSYNC_SIM_ANSWER_H
#define AMSYNC_SIM_ANSWER_H

#include <jansson.h>
#include <stddef.h>

#define ANSWER_JSON "application/json; charset=utf-8"
#define ANSWER_XML "application/xml; charset=utf-8"
#define ANSWER_HTML "text/html; charset=UTF-8"
#define ANSWER_TEXT "text/plain;charset=UTF-8"

struct answer {
    unsigned status; /* HTTP; 0 until something is answered */
    char *body;      /* owned; the exact bytes sent */
    size_t body_length;
    const char *content_type; /* one of the constants above */
    char retry_after[16];     /* "" for no such header */
    char location[256];       /* "" for no such header */
    json_int_t created_id;    /* of the document that a write has made, else 0 */
};

void answer_clear(struct answer *answer);

/* All of these replace what was answered before. `body` is taken over (the reference is stolen). */
void answer_json(struct answer *answer, unsigned status, json_t *body);
void answer_text(struct answer *answer, unsigned status, const char *content_type,
                 const char *text);

/* {"message": ..., "parameters": ...}; `parameters` (a list, an object or NULL) is taken over. */
void answer_error(struct answer *answer, unsigned status, const char *message, json_t *parameters);

/* The recorded answers that more than one call gives. */
void answer_no_such_entity(struct answer *answer);
void answer_no_route(struct answer *answer);
void answer_field_required(struct answer *answer, const char *field);
void answer_unauthorized(struct answer *answer, const char *resource);
void answer_internal_error(struct answer *answer);
void answer_application_error(struct answer *answer);
void answer_maintenance(struct answer *answer);
void answer_bad_gateway(struct answer *answer);

#endif
