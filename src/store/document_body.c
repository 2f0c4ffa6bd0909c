#include "store/document_body.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

/* The digits of INT32_MAX. */
#define LINE_NBR_DIGITS 10

json_t *
document_body_new(void)
{
    return json_pack("{s:{s:i, s:{}}, s:{}}", "header", "ts", 0, "f", "rows");
}

int64_t
document_body_field_timestamp(const json_t *element, const char *field)
{
    const json_t *fields = json_object_get(element, "f");

    if (json_object_get(fields, field) == NULL)
        return INT64_MIN;

    const json_t *older = json_object_get(json_object_get(element, "older"), field);

    return json_integer_value(older != NULL ? older : json_object_get(element, "ts"));
}

bool
document_body_row_is_live(const json_t *row)
{
    const json_t *removed = json_object_get(row, "removed");
    json_t *fields = json_object_get(row, "f");

    if (removed == NULL)
        return json_object_size(fields) > 0;

    const char *field;
    const json_t *value;

    json_object_foreach(fields, field, value)
    {
        if (document_body_field_timestamp(row, field) >= json_integer_value(removed))
            return true;
    }
    return false;
}

enum result
document_body_row_key_parse(const char *key, int32_t *ret_line_nbr, const char **ret_tracking_nbr)
{
    const char *bar = strchr(key, '|');
    size_t digits = bar != NULL ? (size_t)(bar - key) : strlen(key);
    char line[LINE_NBR_DIGITS + 1] = "";
    int64_t line_nbr;

    if (digits > LINE_NBR_DIGITS)
        return RESULT_REJECTED;
    memcpy(line, key, digits);
    if (parse_int64(line, 0, INT32_MAX, &line_nbr) != RESULT_OK || line[0] == '-')
        return RESULT_REJECTED;
    if (line[0] == '0' && digits > 1)
        return RESULT_REJECTED;
    *ret_line_nbr = (int32_t)line_nbr;
    *ret_tracking_nbr = bar != NULL ? bar + 1 : NULL;
    return RESULT_OK;
}
