#include "intake/captions.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"

#define KIND_COUNT (DOCUMENT_INVOICE + 1)

/* Ranks of what stands for a field: the merchant's own mapping, the field's name, an alternative. */
#define RANK_OWN 0
#define RANK_NAME 1
#define RANK_ALTERNATIVE 2
/* Added for a match of the part after the last underscore. */
#define RANK_PART 10

/* Folded captions of a kind: {CAPTION: index of the field's use x RANK_STEP + rank}. */
#define RANK_STEP 100

struct captions {
    json_t *of_kind[KIND_COUNT];
    struct error complaint; /* "" for none */
};

struct folded {
    char text[CAPTION_BYTES + 1];
};

/* Small letters and digits; other characters than ASCII stay as they are. */
static bool
fold(const char *caption, struct folded *ret_folded)
{
    size_t length = 0;

    for (size_t i = 0; caption[i] != '\0'; i++) {
        char c = caption[i];

        if (i == CAPTION_BYTES)
            return false;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80)
            ret_folded->text[length++] = c;
    }
    ret_folded->text[length] = '\0';
    return length > 0;
}

static enum result
add(json_t *of_kind, const char *caption, size_t use, size_t rank)
{
    struct folded folded;

    if (!fold(caption, &folded))
        return RESULT_OK;
    if (json_object_set_new(of_kind, folded.text, json_integer((int)(use * RANK_STEP + rank))) != 0)
        return RESULT_FAILED;
    return RESULT_OK;
}

static enum result
add_understood(json_t *of_kind, enum document_kind kind)
{
    size_t count;
    const struct field_use *uses = field_uses(kind, &count);

    for (size_t i = 0; i < count; i++) {
        if (add(of_kind, field_name(uses[i].field), i, RANK_NAME) != RESULT_OK)
            return RESULT_FAILED;
        for (size_t j = 0; j < FIELD_ALTERNATIVES && uses[i].alternatives[j] != NULL; j++) {
            if (add(of_kind, uses[i].alternatives[j], i, RANK_ALTERNATIVE + j) != RESULT_OK)
                return RESULT_FAILED;
        }
    }
    return RESULT_OK;
}

/* Fields are named as captions are: without regard to case. */
static bool
find_use(enum document_kind kind, const char *name, size_t *ret_use)
{
    size_t count;
    const struct field_use *uses = field_uses(kind, &count);
    struct folded wanted;
    struct folded own;

    if (name == NULL || !fold(name, &wanted))
        return false;
    for (size_t i = 0; i < count; i++) {
        (void)fold(field_name(uses[i].field), &own);
        if (strcmp(own.text, wanted.text) == 0) {
            *ret_use = i;
            return true;
        }
    }
    return false;
}

static enum result
add_own(struct captions *captions, enum document_kind kind, const json_t *mappings)
{
    json_t *own = json_object_object(mappings, document_kind_name(kind));
    const char *caption;
    const json_t *field;

    json_object_foreach(own, caption, field)
    {
        const char *name = json_string_value(field);
        size_t use;

        if (!find_use(kind, name, &use))
            error_set(
                &captions->complaint,
                "the field mapping of the %s column \"%s\" is ignored: there is no field \"%s\"",
                document_kind_name(kind), caption, name != NULL ? name : "");
        else if (add(captions->of_kind[kind], caption, use, RANK_OWN) != RESULT_OK)
            return RESULT_FAILED;
    }
    return RESULT_OK;
}

enum result
captions_new(const json_t *mappings, struct captions **ret_captions, struct error *err)
{
    AMSYNC_CLEANUP(captions_free) struct captions *captions = calloc(1, sizeof(*captions));

    if (captions == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    for (int i = 0; i < KIND_COUNT; i++) {
        enum document_kind kind = (enum document_kind)i;

        captions->of_kind[kind] = json_object();
        if (captions->of_kind[kind] == NULL ||
            add_understood(captions->of_kind[kind], kind) != RESULT_OK ||
            add_own(captions, kind, mappings) != RESULT_OK)
            return error_result(err, RESULT_FAILED, "out of memory");
    }
    *ret_captions = TAKE_PTR(captions);
    return RESULT_OK;
}

void
captions_free(struct captions **captions)
{
    struct captions *gone = *captions;

    if (gone == NULL)
        return;
    for (int i = 0; i < KIND_COUNT; i++)
        json_decref(gone->of_kind[i]);
    free(gone);
    *captions = NULL;
}

const char *
captions_complaint(const struct captions *captions)
{
    return captions->complaint.text[0] != '\0' ? captions->complaint.text : NULL;
}

static const json_t *
look_up(const struct captions *captions, enum document_kind kind, const char *caption)
{
    struct folded folded;

    return fold(caption, &folded) ? json_object_get(captions->of_kind[kind], folded.text) : NULL;
}

enum result
captions_match(const struct captions *captions, enum document_kind kind, const char *caption,
               struct caption_match *ret_match)
{
    const json_t *found = look_up(captions, kind, caption);
    unsigned part_rank = 0;

    if (found == NULL) {
        const char *underscore = strrchr(caption, '_');

        found = underscore != NULL ? look_up(captions, kind, underscore + 1) : NULL;
        part_rank = RANK_PART;
    }
    if (found == NULL)
        return RESULT_NONE;

    size_t count;
    const struct field_use *uses = field_uses(kind, &count);
    const struct field_use *use = &uses[json_integer_value(found) / RANK_STEP];

    *ret_match = (struct caption_match){
        .field = use->field,
        .place = use->place,
        .rank = (unsigned)(json_integer_value(found) % RANK_STEP) + part_rank,
    };
    return RESULT_OK;
}
